"""The workers of one submission: its notebook is loaded once, and forked for each question."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gatelab.faults import GraderFault
from gatelab.grading.question_worker import QuestionWorker, checked
from gatelab.grading.references import injection
from gatelab.grading.released import released
from gatelab.handed_out.near import similar_name
from gatelab.lab.spec import Lab
from gatelab.lab.table import QuestionSpec
from gatelab.limits import (
    ANSWER,
    ANSWER_SECONDS,
    CELL_CPU,
    CELL_SECONDS,
    FORK_SECONDS,
    HINT_LIMIT,
    KILLED_SECONDS,
    LOAD_CPU,
    LOADS_SECONDS,
    MAX_LOADS,
    MESSAGE_LIMIT,
    MOST_BOUND,
    MOST_REBOUND,
    SCAN_HINTS,
    SCAN_SECONDS,
    SETUP_SECONDS,
    SLOW_CPU,
)
from gatelab.report.record.model import CellProblem, Stopped
from gatelab.sandbox.confine import check
from gatelab.sandbox.forkserver import Client
from gatelab.sandbox.lost import Loss, WorkerLost
from gatelab.sandbox.process import OutputFile, WorkerProcess, machine_can_fork
from gatelab.sandbox.worker import wire
from gatelab.sandbox.worker.scan import Hint
from gatelab.submission.notebook import CodeCell
from gatelab.testkit.words import Words, cell_name

DEFINED = re.compile(r"^(?:async )?(?:def|class) (\w+).*", re.MULTILINE)


CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
DID_NOT_RUN = ("raised", "timed out", "crashed", "skipped")  # reasons why a cell did not define something


class ConfinedWorkers:
    """Loads the cells in a worker and forks it for questions (implements `Workers`, grading/attempt.py).

    Questions that ask students to write what the library provides get a separate loading, in which the library's
    implementation is withheld from the first cell on. Only one loaded notebook is alive at a time.
    """

    def __init__(
        self,
        lab: Lab,
        cells: list[CodeCell],
        client: Client,
        library: Path,
        accept_missing: Sequence[str] = (),
    ) -> None:
        self.lab, self.cells, self.client, self.library = lab, cells, client, library
        self.accept_missing = accept_missing
        self.policy = lab.policy
        self.known = released(lab).to_worker(lab)
        self.main: WorkerProcess | None = None
        self.has_library = True  # whether the loaded notebook can use the library's implementation
        self.sources = {cell.index: cell.source for cell in cells}
        self.problems: dict[int, CellProblem] = {}
        self.crash_counts: dict[int, int] = {}  # cell → how often it ended its process
        self.slow: set[int] = set()  # cells that ran out of time in an earlier loading
        self.hints: list[Hint] = []
        self.scanned = False  # whether scanning the code was tried
        self.protection: dict[str, bool] = {}
        self.output = ""
        self.cpu_seconds = 0.0
        self.loads = {True: 0, False: 0}
        self.left = LOADS_SECONDS
        self.has_begun = False  # whether a question has begun

    def load(self, library: bool = True) -> None:
        """Run the notebook's cells in a fresh worker. If a cell ends the process, only its definitions are run the next time, and
        then nothing of it. Raises WorkerLost if nothing helps.

        library: whether the library's own implementation (policy.toml) can be used.
        """
        self.has_library = library
        while True:
            if self.loads[library] >= MAX_LOADS:
                raise WorkerLost(f"The notebook's cells brought their process down {MAX_LOADS} times.")
            self.loads[library] += 1
            self.main = WorkerProcess(self.client, self.library)
            self.protection = self.main.protection
            check(self.protection, self.accept_missing, self.main.lacks)
            started = time.monotonic()
            try:
                self._run_cells(library)
                return
            except _ScanLost:
                self.unload()
                self.loads[library] -= 1
            except _CellLost as lost:
                self.unload()
                times = self.crash_counts[lost.index] = self.crash_counts.get(lost.index, 0) + 1
                what: Stopped = "timed out" if lost.time_up else "crashed"
                rest = "only its definitions were kept" if times == 1 else "it was left out"
                self.problems[lost.index] = CellProblem(lost.index, what, f"{lost.message} Therefore {rest}.")
            finally:
                self.left -= time.monotonic() - started

    @property
    def loaded(self) -> WorkerProcess:
        """The worker that is loaded or being loaded; there is one between `load` and `unload`."""
        assert self.main is not None
        return self.main

    def _run_cells(self, library: bool) -> None:
        began, spent = time.monotonic(), 0.0
        self._begin(library)
        if not self.scanned:
            self._scan()
        refused: set[str] = set()  # names that are missing because the library is withheld
        for cell in self.cells:
            times = self.crash_counts.get(cell.index, 0)
            if times > 1 or cell.kind != "code":
                continue
            left = self.left - (time.monotonic() - began)
            if left <= 0:
                message = f"The cells before took more than {LOADS_SECONDS:g} s."
                self.problems.setdefault(cell.index, CellProblem(cell.index, "skipped", message))
                continue
            most = SLOW_CPU if cell.index in self.slow else CELL_CPU
            request = {
                "op": "cell", "source": cell.source, "index": cell.index,
                "quick": times == 1 or spent >= LOAD_CPU, "seconds": max(SLOW_CPU, min(most, LOAD_CPU - spent)),
            }  # fmt: skip
            answer = self._ask_cell(cell, request, min(CELL_SECONDS, left))
            took = answer.get("cpu")  # as reported by the worker, which may lie; the wall clock is ours
            spent += took if isinstance(took, float) and 0 <= took < LOAD_CPU else CELL_CPU
            error = answer.get("error")
            if isinstance(error, dict) and error.get("type") == "TimeUp":
                self.slow.add(cell.index)
            self._record_problem(cell, answer, refused)
        self._run_answers_in_other_cells()

    def _begin(self, library: bool) -> None:
        """Prepare the worker for this lab. Raises GraderFault if that fails, because nothing of the submission has run in it yet."""
        held = None if library or self.policy.withheld is None else self.policy.withheld.to_worker()
        try:
            answer = self.loaded.ask({"op": "begin", "withheld": held, "known": self.known}, SETUP_SECONDS)
        except WorkerLost as lost:
            raise GraderFault("The worker was lost before the submission's first cell.") from lost
        if "problem" in answer:
            raise GraderFault(f"No worker can be prepared for this lab ({answer['problem']}).")

    def _scan(self) -> None:
        """Scan the code for shortcuts, once. Raises _ScanLost if that ends the process or takes too long; a late answer would be
        taken for the answer to the next request."""
        self.scanned = True
        cells = [[cell.index, cell.source] for cell in self.cells]
        scan = {"op": "scan", "cells": cells, "shortcuts": self.policy.shortcuts}
        try:
            hints = self.loaded.ask(scan, SCAN_SECONDS).get("hints")
        except WorkerLost as lost:
            self.hints = [(0, 0, f"the code could not be scanned for shortcuts: {lost}"[:HINT_LIMIT])]
            raise _ScanLost from lost
        self.hints = [
            (hint[0], hint[1], hint[2][:HINT_LIMIT])
            for hint in (hints[:SCAN_HINTS] if isinstance(hints, list) else ())
            if isinstance(hint, tuple) and list(map(type, hint)) == [int, int, str]
        ]

    def _ask_cell(self, cell: CodeCell, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        try:
            return self.loaded.ask(request, seconds)
        except WorkerLost as error:
            raise _CellLost(cell, str(error), error.kind is Loss.LATE) from error

    def _record_problem(self, cell: CodeCell, answer: dict[str, Any], refused: set[str]) -> None:
        """Record what went wrong in a cell, for the student, unless the grader's environment is the cause."""
        if not answer.get("error"):
            return
        error, missing = checked(answer)["error"], answer["error"].get("missing")
        missing = missing if error["type"] == "NameError" and isinstance(missing, str) else ""
        binds = answer.get("binds")
        binds = [name for name in binds if isinstance(name, str)] if isinstance(binds, list) else []
        if (answer.get("withheld") is True and not self.has_library) or missing in refused:
            refused.update(binds[:MOST_BOUND])
            return
        # If they are run again after a question, the cells could reveal the reference code that the question received.
        if cell.index in self.problems or self.has_begun or error["type"] == "NotWritten":
            return
        timed_out = error["type"] == "TimeUp"
        error = Words(self.sources).error(error)
        if timed_out:
            message = (
                f"It took too long ({error['message']}). Its imports, definitions and assignments were kept."
            )
            self.problems[cell.index] = CellProblem(cell.index, "timed out", message)
            return
        line = f" ({error['line']})" if error["line"] else ""
        message = f"{error['type']}: {error['message']}{line}"
        if error["type"] == "SyntaxError" and CONFLICT.search(cell.source):
            message += (
                ". The cell holds the marks of a merge conflict (`<<<<<<<`): keep one of the two versions."
            )
        self.problems[cell.index] = CellProblem(
            cell.index, "raised", message, missing=missing[:MESSAGE_LIMIT]
        )

    def why_missing(self, name: str) -> str:
        """A sentence about the cell that should have defined a name and did not, or that defines a similar name; "" if there is none."""
        defines = re.compile(
            rf"^[ \t]*(?:(?:async )?def|class) {re.escape(name)}\b|^[ \t]*{re.escape(name)} *=", re.MULTILINE
        )
        for index, problem in self.problems.items():
            if problem.what in DID_NOT_RUN and defines.search(self.sources.get(index, "")):
                return f"C{cell_name(index, self.sources)[1:]} defines it and did not run: {problem.message}"
        asked = {own for question in self.lab.questions.values() for own in question.names}
        given = released(self.lab).elsewhere
        others = {
            found[1]: index
            for index, text in self.sources.items()
            for found in DEFINED.finditer(text)
            if found[0].strip() not in given
        }
        if not (other := similar_name(name, others.keys() - asked)):
            return ""
        return f"Is `{other}` in {cell_name(others[other], self.sources)} meant? It must be called `{name}`."

    def _run_answers_in_other_cells(self) -> None:
        """Finish loading: make each name refer to the student's answer. If a name has none, run answers in cells that Jupyter does
        not run (raw or Markdown cells)."""
        inactive = [cell for cell in self.cells if cell.kind != "code"]
        answer = self._ask_cell(self.cells[0], {"op": "loaded"}, SETUP_SECONDS) if self.cells else {}
        missing = names if isinstance(names := answer.get("missing"), list) else []
        for cell in inactive:
            if not set(cell.names).intersection(missing) or self.crash_counts.get(cell.index):
                continue
            request = {
                "op": "cell", "source": cell.source, "index": cell.index, "quick": True, "seconds": CELL_CPU,
            }  # fmt: skip
            self._ask_cell(cell, request, CELL_SECONDS)
            message = (
                f"This is a {cell.kind} cell, which Jupyter does not run; its code was graded all the same."
            )
            self.problems.setdefault(cell.index, CellProblem(cell.index, "asleep", message))
        self._report_rebound(answer)

    def _report_rebound(self, answer: dict[str, Any]) -> None:
        """Report names that several cells bind, and which definition was graded."""
        names = {name for question in self.lab.questions.values() for name in question.names}
        for kind in ("kept", "twice"):
            entries = answer.get(kind)
            for entry in entries[:MOST_REBOUND] if isinstance(entries, list) else ():
                if not isinstance(entry, dict) or entry.get("name") not in names:
                    continue
                name, cell, before = entry["name"], entry.get("cell"), entry.get("before")
                if cell not in self.sources or (kind == "twice" and before not in self.sources):
                    continue
                message = (
                    f"It binds `{name}` to something else after your answer; your answer was graded."
                    if kind == "kept"
                    else f"It defines `{name}` again, after cell {before}; the last definition was graded, as in Jupyter."
                )
                self.problems.setdefault(cell, CellProblem(cell, "bound again", message))

    def open(self, question: QuestionSpec, own: set[str], deadline: float) -> QuestionWorker:
        """Fork the loaded notebook and define the references that the question builds on. Raises WorkerLost."""
        if self.main is not None and self.has_library != question.library:
            self.unload()
        for attempt in (1, 2):
            if self.main is None:
                self.load(question.library)
            self.has_begun = True
            try:
                worker = self._fork(deadline, question)
                break
            except (WorkerLost, GraderFault):
                # The loaded notebook itself is gone (because of its own threads, or of a question that killed its parent).
                self.unload()
                if attempt == 2:
                    raise
        request = injection(self.lab, question, own)
        if request:
            try:
                answer = worker.request(request)
                if answer.get("error"):
                    raise WorkerLost(
                        "Your notebook changed Python itself so that the question could not be set up."
                    )
            except WorkerLost:
                self.close(worker)
                raise
        return worker

    def _fork(self, deadline: float, question: QuestionSpec) -> QuestionWorker:
        main = self.loaded
        with contextlib.ExitStack() as cleanup:  # a notebook may make every fork fail
            output = OutputFile()
            cleanup.callback(output.close)
            sock, far = socket.socketpair()
            cleanup.callback(sock.close)
            names = [*question.names, *question.builds_on]
            seconds = float(question.cpu_seconds)
            limits = {"cpu_seconds": seconds, "names": names, "question": question.id}
            try:
                with far:
                    main.sock.settimeout(FORK_SECONDS)
                    wire.send(main.sock, {"op": "fork"} | limits)
                    socket.send_fds(main.sock, [b"F"], [far.fileno(), output.fd])
                    answer = wire.receive(main.sock, time.monotonic() + ANSWER_SECONDS, limits=ANSWER)
            except (wire.WireProblem, OSError) as error:
                raise WorkerLost("The process of your notebook ended on its own.") from error
            if not isinstance(answer, dict) or not isinstance(answer.get("pid"), int) or answer["pid"] <= 0:
                if not machine_can_fork():
                    raise GraderFault("The machine has no room for another process.")
                raise WorkerLost("Your notebook leaves no room for another process.", Loss.ROOM)
            cleanup.pop_all()
            return QuestionWorker(main, sock, output, answer["pid"], deadline, seconds)

    def close(self, backend: QuestionWorker) -> str:
        """End a question's worker; returns what it printed."""
        backend.sock.close()
        if self.main is not None:
            try:
                self.main.ask({"op": "end", "pid": backend.pid}, KILLED_SECONDS)
            except WorkerLost:
                self.unload()
        text = backend.output.text()
        backend.output.close()
        return text

    def unload(self) -> None:
        """End the loaded notebook and all its processes; a later question loads it again."""
        main, self.main = self.main, None
        if main is None:
            return
        main.close()
        self.cpu_seconds += main.cpu_seconds
        if not self.output:
            self.output = main.output.text()
        main.output.close()


class _ScanLost(Exception):
    """The code could not be scanned."""


class _CellLost(Exception):
    def __init__(self, cell: CodeCell, message: str, time_up: bool) -> None:
        super().__init__(message)
        self.cell, self.index, self.message, self.time_up = cell, cell.index, message, time_up
