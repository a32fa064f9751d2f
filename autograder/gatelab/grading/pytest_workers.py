"""The workers for `pytest tests/<lab>/hidden --submission FILE.ipynb`, with their own fork server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gatelab.faults import GraderFault
from gatelab.grading.workers import ConfinedWorkers
from gatelab.lab.spec import Lab
from gatelab.sandbox.confine import ProtectionMissing
from gatelab.sandbox.forkserver import ForkServer, ForkServerLost
from gatelab.sandbox.lost import WorkerLost
from gatelab.submission.collect import one
from gatelab.submission.notebook import Ungradable, read_bytes, read_cells


def workers_for(
    lab: Lab, path: Path, accept_missing: Sequence[str], at_end: Callable[[Callable[[], None]], None]
) -> ConfinedWorkers:
    """The loaded workers of one notebook. Resources are passed to `at_end`, to be closed in reverse order.

    `path` may be a student's folder: its notebook is then chosen as in a class. Raises pytest.UsageError with one
    sentence if it cannot be graded.
    """
    if path.is_dir():
        chosen = one(path, lab)
        if chosen.path is None:
            raise pytest.UsageError(chosen.problem)
        path = chosen.path
    try:
        cells = read_cells(read_bytes(path), path.name, lab)
    except (Ungradable, GraderFault) as error:
        raise pytest.UsageError(str(error)) from error
    try:
        server = ForkServer(lab.package, lab.policy.preload)
    except ForkServerLost as error:
        raise pytest.UsageError(str(error)) from error
    at_end(server.close)
    workers = ConfinedWorkers(lab, cells, server.client, server.library, accept_missing)
    at_end(workers.unload)
    try:
        workers.load()
    except (WorkerLost, GraderFault, ProtectionMissing) as error:
        raise pytest.UsageError(str(error)) from error
    return workers
