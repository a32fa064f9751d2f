"""Grades one submission: reads it, loads it, runs the hidden suites on it and writes its report."""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import gatelab
from gatelab.faults import OutOfTime
from gatelab.grading.plugin import LocalWorkers, PresetGrading
from gatelab.grading.verdicts import Grading
from gatelab.grading.workers import ConfinedWorkers
from gatelab.lab.bank import Bank
from gatelab.lab.check import question_of, wrong_sum
from gatelab.lab.spec import Lab
from gatelab.lab.table import QuestionSpec
from gatelab.limits import PYTEST_LIMIT
from gatelab.report.record.model import CellProblem, Kind, Part, Question, Report
from gatelab.sandbox.forkserver import Client, ForkServerLost
from gatelab.sandbox.lost import WorkerLost
from gatelab.submission.notebook import Ungradable, cells_of, parse, read_bytes
from gatelab.submission.untouched import as_handed_out
from gatelab.submission.written import unwritten
from gatelab.testkit.words import cell_name
from gatelab.text import cell_start

CHECKER = "grader"  # otter's object in the student's notebook
NOTHING_WRITTEN = (
    "Nothing was written here. If you wrote this answer somewhere else, tell the course staff where."
)


class Examiner:
    """Grades submissions of one lab, one after the other.

    Args:
        lab: the lab with its hidden suites.
        bank: chaffs that name mistakes; None leaves them unnamed.
        client: a connection to the fork server.
        library: folder with the students' package, which workers can read.
        accept_missing: required pieces of confinement that are allowed to be off.
    """

    def __init__(
        self, lab: Lab, bank: Bank | None, client: Client, library: Path, accept_missing: Sequence[str] = ()
    ) -> None:
        torch.set_num_threads(1)
        self.lab, self.bank, self.client, self.library = lab, bank, client, library
        self.accept_missing = accept_missing

    def grade(
        self,
        path: Path,
        name: str,
        seed: int,
        questions: Sequence[str] = (),
        training: bool = True,
        until: float = math.inf,
        on_question_start: Callable[[str], None] | None = None,
    ) -> Report:
        """The report of one submission. Whatever is wrong with it becomes the report's status and reason. `on_question_start` is called
        for each question that begins.

        `until`: a time of `time.monotonic()`. Whatever is not graded by then is reported as unfinished (`Report.unfinished`).

        Raises ProtectionMissing when the machine cannot confine it, ForkServerLost when no worker can be started, and
        whatever else goes wrong in the grader itself or on its machine.
        """
        started, cpu = time.monotonic(), time.process_time()
        report = Report(name, "graded", seed=seed, lab=self.lab.name, versions=versions())
        workers = None
        try:
            data = read_bytes(path)
            report.sha256 = hashlib.sha256(data).hexdigest()
            notebook = parse(data, path.name)
            cells = cells_of(notebook, path.name, self.lab)
            report.as_handed_out = as_handed_out(notebook, self.lab)
            workers = ConfinedWorkers(self.lab, cells, self.client, self.library, self.accept_missing)
            workers.left = min(workers.left, until - time.monotonic())
            if (
                first := self._first_question(questions)
            ) is not None:  # else no code of the notebook has to run
                workers.load(first.library)
            grading = Grading(self.lab, seed, workers, self.bank)
            grading.until = until
            grading.on_question_start = on_question_start
            run_suites(self.lab, grading, questions, training)
            report.questions = grading.questions()
            raise_fault(grading, report)
            report.questions = with_unwritten(report.questions, notebook, self.lab)
        except (Ungradable, WorkerLost) as error:
            report.status, report.reason = "ungradable", str(error)
            if not isinstance(error, Ungradable):
                report.reason = f"{path.name}: {error} Restart the kernel, run all cells, fix the one that stops, hand it in again."
        finally:
            if workers is not None:
                workers.unload()
            if self.client.lost:
                raise ForkServerLost("the fork server is gone")  # not the submission's fault
            if workers is not None:
                report_loading(report, workers)
                report.cpu_seconds = round(time.process_time() - cpu + workers.cpu_seconds, 3)
            report.wall_seconds = round(time.monotonic() - started, 3)
        return report

    def _first_question(self, questions: Sequence[str]) -> QuestionSpec | None:
        """The question that is graded first; None if all of the lab are marked by hand."""
        specs = [spec for spec in self.lab.questions.values() if not spec.by_hand]
        return next((spec for spec in specs if not questions or spec.id in questions), None)


def with_unwritten(questions: list[Question], notebook: dict[str, Any], lab: Lab) -> list[Question]:
    """The questions, with 0 points for each written answer if nothing was written in its cell or elsewhere. All other written answers
    wait to be marked by hand."""
    found = unwritten(notebook, lab)
    return [
        replace(question, parts=[Part("answer", 0.0, question.max_points, Kind.UNTOUCHED, NOTHING_WRITTEN)])
        if question.id in found
        else question
        for question in questions
    ]


def raise_fault(grading: Grading, report: Report) -> None:
    """Raise what went wrong in the grader itself, or OutOfTime if time was up before any part was graded."""
    if grading.fault is not None:
        raise grading.fault
    parts = [part for question in report.questions for part in question.parts]
    if parts and all(part.kind is Kind.TIME_UP for part in parts):
        raise OutOfTime


def report_loading(report: Report, workers: ConfinedWorkers) -> None:
    """Add to the report what the workers found out about the notebook: cells that stopped, hints for staff, output, confinement."""
    stopped, hint = without_missing_grader([problem for _, problem in sorted(workers.problems.items())])
    report.cells = [
        replace(problem, start=cell_start(workers.sources.get(problem.index, ""))) for problem in stopped
    ]
    report.hints = [*(_hint(*found, workers.sources) for found in workers.hints), *hint]
    report.output = workers.output
    report.protection = workers.protection


def _hint(cell: int, line: int, what: str, sources: Mapping[int, str]) -> str:
    """A hint of the scan as staff read it: `cell 7 ("def softmax…"), line 3: uses torch.ops`."""
    if cell not in sources:
        return what
    return (
        f"{cell_name(cell, sources)}, line {line}: {what}" if line else f"{cell_name(cell, sources)} {what}"
    )


def without_missing_grader(cells: list[CellProblem]) -> tuple[list[CellProblem], list[str]]:
    """The cells that did not run to the end, without those that failed only because otter's `grader` is not defined during
    grading; and one line for staff about the latter."""
    without_grader = [cell for cell in cells if cell.missing == CHECKER]
    rest = [cell for cell in cells if cell not in without_grader]
    if not without_grader:
        return rest, []
    which = f"{len(without_grader)} cells" if len(without_grader) > 1 else "One cell"
    return rest, [
        f"{which} called `grader`, which was not defined: the student's own checks; no points were lost."
    ]


def run_suites(lab: Lab, grading: Grading, questions: Sequence[str] = (), training: bool = True) -> None:
    """Run the hidden suites (of some questions, or all) in this process; verdicts go into `grading`."""
    _pytest(lab, grading, questions, *([] if training else ["-m", "not training"]))


def share_mismatch(lab: Lab) -> str:
    """A sentence that says how the points of a question's parts differ from its total; "" if all add up.

    This imports the suites, because some parts are created in a loop (gatelab/lab/check.py counts the others).
    """
    grading = Grading(lab, 0, LocalWorkers(lab, []), None)
    try:
        _pytest(lab, grading, (), "--collect-only")
    except RuntimeError as error:
        return str(error)
    for id, spec in lab.questions.items():
        shares = [share.points for share in grading.scores.shares.values() if share.question == id]
        if not spec.by_hand and (wrong := wrong_sum(id, spec.points, shares)):
            return f"{lab.hidden}, test_{id}_….py: {wrong}"
    return ""


def _pytest(lab: Lab, grading: Grading, questions: Sequence[str], *more: str) -> None:
    suites = sorted(lab.hidden.glob("test_*.py"))
    if questions:
        suites = [suite for suite in suites if question_of(suite) in questions]
    if not suites:  # otherwise pytest would look for tests in the working folder
        return
    arguments = [
        "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:unraisableexception",
        "-p", "no:threadexception", "-p", "no:logging", "-p", "no:warnings", "-p", "no:doctest", "-p", "no:stepwise",
        "-p", "no:junitxml", "-p", "no:pastebin", "--capture=no",
        "--override-ini=addopts=", f"--rootdir={lab.hidden}", f"--confcutdir={lab.hidden}",
        "-W", "ignore", f"--seed={grading.seed}", *more,
    ]  # fmt: skip
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as printed:
        code = pytest.main(
            [*arguments, *map(str, suites)],
            plugins=[PresetGrading(grading), import_errors := _ImportErrors()],
        )
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        why = import_errors.why or printed.getvalue()[-PYTEST_LIMIT:].strip() or f"pytest says {code!r}"
        raise RuntimeError(
            f"{lab.hidden}: pytest could not run the suites (`pytest {lab.hidden} --collect-only` shows the whole error): {why}"
        )


class _ImportErrors:
    """Records why a suite cannot be imported (the file and the last line), which pytest writes only to the terminal."""

    why = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.why:
            self.why = (
                f"{report.nodeid}: {report.longreprtext.strip().splitlines()[-1].removeprefix('E').strip()}"
            )


def versions() -> dict[str, str]:
    """The software that graded, for the report: name → version."""
    return {"gatelab": gatelab.__version__, "torch": torch.__version__, "python": platform.python_version()}
