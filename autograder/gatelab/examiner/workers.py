"""The workers of one submission: its notebook loaded once, a fork of that for each question."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path
from typing import Any

from gatelab.confine import check
from gatelab.lab import Lab, QuestionSpec
from gatelab.notebook import CodeCell
from gatelab.report.model import Cell
from gatelab.suite.grading import injection
from gatelab.suite.student import WorkerLost
from gatelab.suite.words import Words
from gatelab.worker import leftovers, wire
from gatelab.worker.runtime import MESSAGE_LIMIT, TRACEBACK_LIMIT

from .forkserver import Client
from .process import NO_ANSWER, OutputFile, WorkerProcess

CELL_SECONDS = 10.0
LOAD_SECONDS = 60.0
CALL_SECONDS = 8.0  # one call of a function; training has the whole time of its question
MOST_LEFT = 32  # things that a call may be told to have left changed
MAX_LOADS = 6  # a notebook may bring its process down this often
# The texts of an error and the characters that are kept of each, as in worker/runtime.py.
TEXTS = {"type": MESSAGE_LIMIT, "message": MESSAGE_LIMIT, "line": MESSAGE_LIMIT, "traceback": TRACEBACK_LIMIT}


class QuestionWorker:
    """The fork of one question: a Backend."""

    def __init__(
        self, main: WorkerProcess, line: socket.socket, output: OutputFile, pid: int, deadline: float
    ) -> None:
        self.main, self.line, self.output, self.pid, self.deadline = main, line, output, pid, deadline

    def request(self, request: dict[str, Any], replay: bool = True) -> dict[str, Any]:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise WorkerLost("The time for this question was used up.")
        answer = self.main.ask(request, min(left, CALL_SECONDS) if replay else left, self.line)
        return _checked(answer)


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer in the form that a runtime gives. It comes from a hostile process."""
    error, left = answer.get("error"), _left(answer)
    if error is not None:
        if not isinstance(error, dict) or not all(isinstance(error.get(key, ""), str) for key in TEXTS):
            raise WorkerLost(NO_ANSWER)
        return {"error": {key: error.get(key, "")[:most] for key, most in TEXTS.items()}} | left
    checked = {key: answer[key] for key in ("value", "grads", "after") if key in answer}
    if not all(isinstance(checked.get(key, {}), dict) for key in ("grads", "after")):
        raise WorkerLost(NO_ANSWER)
    problem = answer.get("grad_error")
    if isinstance(problem, str) and problem:
        checked["grad_error"] = problem[:MESSAGE_LIMIT]
    return checked | left


def _left(answer: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """`left` of an answer: pairs of a short text and one of the known words, or nothing."""
    said = answer.get("left")
    pairs = said[:MOST_LEFT] if isinstance(said, list) else []
    good = [
        (pair[0][:MESSAGE_LIMIT], pair[1])
        for pair in pairs
        if isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
        if pair[1] in leftovers.KINDS
    ]
    return {"left": good} if good else {}


class ConfinedWorkers:
    """Loads the cells in a worker and forks it for questions (the `Workers` of suite/grading.py)."""

    def __init__(
        self, lab: Lab, cells: list[CodeCell], client: Client, library: Path, accept_missing: bool = False
    ) -> None:
        self.lab, self.cells, self.client, self.library = lab, cells, client, library
        self.accept_missing = accept_missing
        self.main: WorkerProcess | None = None
        self.sources = {cell.index: cell.source for cell in cells}
        self.problems: dict[int, Cell] = {}
        self.hints: list[str] = []
        self.protection: dict[str, bool] = {}
        self.output = ""
        self.cpu_seconds = 0.0
        self.loads = 0
        self.opened = False  # whether a question has been put

    def load(self) -> None:
        """Run the notebook's cells in a fresh worker. A cell that brings it down is run without its statements,
        then not at all. Raises WorkerLost when nothing helps."""
        while True:
            if self.loads >= MAX_LOADS:
                raise WorkerLost(f"The notebook's cells brought their process down {MAX_LOADS} times.")
            self.loads += 1
            self.main = WorkerProcess(self.client, self.library)
            self.protection = self.main.protection
            if not self.accept_missing:
                check(self.protection)
            try:
                self._run_cells()
                return
            except _CellLost as lost:
                self.shut()
                before = self.problems.get(lost.index)
                what = "timed out" if "finish" in lost.message else "crashed"
                rest = "only its definitions were kept" if before is None else "it was left out"
                self.problems[lost.index] = Cell(lost.index, what, f"{lost.message} Therefore {rest}.")
                lost.cell.skip = before is not None
                lost.cell.definitions_only = True

    def _run_cells(self) -> None:
        started = time.monotonic()
        if self.loads == 1:
            with contextlib.suppress(WorkerLost):
                hints = self.main.ask(
                    {"op": "scan", "cells": [[c.index, c.source] for c in self.cells if not c.skip]}, 10
                )["hints"]
                self.hints = [str(hint)[:200] for hint in hints[:20]]
        for cell in self.cells:
            if cell.skip:
                continue
            left = LOAD_SECONDS - (time.monotonic() - started)
            if left <= 0:
                self.problems.setdefault(
                    cell.index,
                    Cell(cell.index, "skipped", f"The cells before took more than {LOAD_SECONDS:g} s."),
                )
                continue
            request = {
                "op": "cell", "source": cell.source, "index": cell.index, "definitions_only": cell.definitions_only,
            }  # fmt: skip
            try:
                answer = self.main.ask(request, min(CELL_SECONDS, left))
            except WorkerLost as error:
                raise _CellLost(cell, str(error)) from error
            # Loaded again after a question, the cells could say what that question was given.
            if answer.get("error") and cell.index not in self.problems and not self.opened:
                error = Words(self.sources).error(_checked(answer)["error"])
                if error["type"] != "NotImplementedError":
                    line = f" ({error['line']})" if error["line"] else ""
                    self.problems[cell.index] = Cell(
                        cell.index, "raised", f"{error['type']}: {error['message']}{line}"
                    )

    def open(self, question: QuestionSpec, own: set[str], deadline: float) -> QuestionWorker:
        """Fork the loaded notebook, with the references that the question builds on put in. Raises WorkerLost."""
        self.opened = True
        for attempt in (1, 2):
            if self.main is None:
                self.load()
            try:
                worker = self._fork(deadline, question)
                break
            except WorkerLost:
                # The loaded notebook itself is gone (its own threads, or a question that killed its parent).
                self.shut()
                if attempt == 2:
                    raise
        request = injection(self.lab, question, own)
        if request:
            answer = worker.request(request)
            if answer.get("error"):
                raise WorkerLost(
                    "Your notebook changed Python itself so that the question could not be set up."
                )
        return worker

    def _fork(self, deadline: float, question: QuestionSpec) -> QuestionWorker:
        output = OutputFile()
        line, far = socket.socketpair()
        try:
            with far:
                self.main.line.settimeout(5)
                limits = {"cpu_seconds": float(question.cpu_seconds), "library": question.library}
                wire.send(self.main.line, {"op": "fork"} | limits)
                socket.send_fds(self.main.line, [b"F"], [far.fileno(), output.fd])
                answer = wire.receive(self.main.line, time.monotonic() + 10, limits=wire.ANSWER)
            if not isinstance(answer, dict) or not isinstance(answer.get("pid"), int) or answer["pid"] <= 0:
                raise WorkerLost("Your notebook leaves no room for another process.")
            return QuestionWorker(self.main, line, output, answer["pid"], deadline)
        except (wire.WireProblem, OSError) as error:
            line.close()
            raise WorkerLost("The process of your notebook ended on its own.") from error

    def close(self, backend: QuestionWorker) -> str:
        """End a question's worker; what it printed."""
        backend.line.close()
        if self.main is not None:
            try:
                self.main.ask({"op": "end", "pid": backend.pid}, 5)
            except WorkerLost:
                self.shut()
        text = backend.output.text()
        backend.output.close()
        return text

    def shut(self) -> None:
        """Nothing of the submission runs after this; a question put later has the notebook loaded again."""
        main, self.main = self.main, None
        if main is None:
            return
        main.close()
        self.cpu_seconds += main.cpu_seconds
        if not self.output:
            self.output = main.output.text()
        main.output.close()


class _CellLost(Exception):
    def __init__(self, cell: CodeCell, message: str) -> None:
        super().__init__(message)
        self.cell, self.index, self.message = cell, cell.index, message
