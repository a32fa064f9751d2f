"""For `pytest tests/hidden --submission FILE.ipynb`: the same workers, with a fork server of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.confine import ProtectionMissing
from gatelab.lab import Lab
from gatelab.notebook import Ungradable, read_bytes, read_cells
from gatelab.suite.student import WorkerLost

from .forkserver import ForkServer
from .workers import ConfinedWorkers


def workers_for(lab: Lab, path: Path, accept_missing: bool) -> ConfinedWorkers:
    """The loaded workers of one notebook. Raises pytest.UsageError with one sentence when it cannot be graded."""
    try:
        cells = read_cells(read_bytes(path), path.name, lab)
    except Ungradable as error:
        raise pytest.UsageError(str(error)) from error
    server = ForkServer(lab.assignment / "seqlab")
    workers = ConfinedWorkers(lab, cells, server.client, server.library, accept_missing)
    shut = workers.shut

    def shut_all() -> None:
        shut()
        server.close()

    workers.shut = shut_all
    try:
        workers.load()
    except (WorkerLost, ProtectionMissing) as error:
        shut_all()
        raise pytest.UsageError(str(error)) from error
    return workers
