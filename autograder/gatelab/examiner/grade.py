"""Grade one submission: read it, load it, run the hidden suites on it, write its report."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import gatelab
from gatelab.bank.load import Bank
from gatelab.lab import Lab
from gatelab.notebook import Ungradable, read_bytes, read_cells
from gatelab.report.model import Report
from gatelab.suite.grading import Grading
from gatelab.suite.plugin import Given
from gatelab.suite.student import WorkerLost
from gatelab.suite.words import first_words, named_cells

from .forkserver import Client, ForkServerLost
from .workers import ConfinedWorkers


class Examiner:
    """Grades submissions of one lab, one after the other.

    Args:
        lab: the lab with its hidden suites.
        bank: chaffs that name mistakes; None leaves them unnamed.
        client: a line to the fork server.
        library: folder with the students' package, readable in workers.
        accept_missing: go on where a piece of confinement that must be on is off.
    """

    def __init__(
        self, lab: Lab, bank: Bank | None, client: Client, library: Path, accept_missing: bool
    ) -> None:
        torch.set_num_threads(1)
        self.lab, self.bank, self.client, self.library = lab, bank, client, library
        self.accept_missing = accept_missing

    def grade(
        self, path: Path, name: str, seed: int, questions: Sequence[str] = (), training: bool = True
    ) -> Report:
        """The report of one submission. Whatever is wrong with it becomes the report's status and reason.

        Raises ProtectionMissing when the machine cannot confine it, ForkServerLost when no worker can be had.
        """
        started, cpu = time.monotonic(), time.process_time()
        report = Report(name, "graded", seed=seed, lab=self.lab.name, versions=versions())
        workers = None
        try:
            data = read_bytes(path)
            report.sha256 = hashlib.sha256(data).hexdigest()
            cells = read_cells(data, path.name, self.lab)
            workers = ConfinedWorkers(self.lab, cells, self.client, self.library, self.accept_missing)
            workers.load()
            grading = Grading(self.lab, seed, workers, self.bank)
            run_suites(self.lab, grading, questions, training)
            report.questions = grading.questions()
        except (Ungradable, WorkerLost) as error:
            report.status, report.reason = "ungradable", str(error)
            if not isinstance(error, Ungradable):
                report.reason = f"{path.name}: {error} Restart the kernel, run all cells, mend the one that stops, hand it in again."
        finally:
            if workers is not None:
                workers.shut()
            if self.client.lost:
                raise ForkServerLost("the fork server is gone")  # which is not the submission's fault
            if workers is not None:
                report.cells = [
                    replace(problem, start=first_words(workers.sources.get(index, "")))
                    for index, problem in sorted(workers.problems.items())
                ]
                report.hints = [named_cells(hint, workers.sources) for hint in workers.hints]
                report.output = workers.output
                report.protection = workers.protection
                report.cpu_seconds = round(time.process_time() - cpu + workers.cpu_seconds, 3)
            report.wall_seconds = round(time.monotonic() - started, 3)
        return report


def run_suites(lab: Lab, grading: Grading, questions: Sequence[str] = (), training: bool = True) -> None:
    """Run the hidden suites (of some questions, or all) in this process; verdicts go into `grading`."""
    suites = sorted(lab.hidden.glob("test_*.py"))
    if questions:
        suites = [suite for suite in suites if suite.name.split("_")[1] in questions]
    arguments = [
        "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:unraisableexception",
        "-p", "no:threadexception", "-p", "no:logging", "-p", "no:warnings", "-p", "no:doctest", "-p", "no:stepwise",
        "-p", "no:junitxml", "-p", "no:pastebin", "--capture=no",
        "--override-ini=addopts=", f"--rootdir={lab.hidden}", f"--confcutdir={lab.hidden}",
        "-W", "ignore", f"--seed={grading.seed}",
    ]  # fmt: skip
    if not training:
        arguments += ["-m", "not training"]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        code = pytest.main([*arguments, *map(str, suites)], plugins=[Given(grading)])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"the hidden suites did not run (pytest says {code!r}): {said.getvalue()[-2000:]}")


def versions() -> dict[str, str]:
    """What graded, as the report says it: name → version."""
    return {"gatelab": gatelab.__version__, "torch": torch.__version__, "python": platform.python_version()}
