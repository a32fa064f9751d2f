"""A public check as otter runs it: record all calls once, let the cases look at them, say what is wrong first.

A check has one case for each name that the question asks for, and a case stops at the first thing it finds:
one message to read, one thing to mend.
"""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from otter.test_files import TestCase, test_case

from seqlab.checking import fingerprint, leftovers
from seqlab.checking.differ import Finding, untouched
from seqlab.checking.record import Call, Contract, Missing, Student


# The checks and their numbers lie beside seqlab, wherever the notebook's working directory is.
TESTS = Path(__file__).parents[2] / "tests"


class CheckFailed(AssertionError):
    """What otter prints last. The message for the student stands above it."""


class NotWritten(CheckFailed):
    """The stub is untouched, or the name is missing."""


class Check:
    """The public check of one question. A test file makes one, and otter a fresh one at every grader.check."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.student: Student | None = None
        self._calls: Callable[[Student], Any] = lambda student: None
        self._results: Any = None

    def calls(self, function: Callable[[Student], Any]) -> Callable[[Student], Any]:
        """Decorator: the function that makes all calls of this check, and returns what the cases need."""
        self._calls = function
        return function

    def case(self, title: str) -> Callable[[Callable], test_case]:
        """Decorator: one otter test case, which gets what the function above returned."""
        return lambda function: _Case(self, f"{self.question} {title}", function)

    def play(self, namespace: dict[str, Any]) -> list[Call]:
        """Make all calls (once) against a notebook's namespace. Returns the record."""
        if self.student is None:
            self.student = Student(namespace)
            before = leftovers.switches()
            try:
                with torch.enable_grad():  # a cell may have switched them off; here they are asked for
                    self._results = self._calls(self.student)
            finally:
                leftovers.put_back(before)
        return self.student.record

    def results(self, namespace: dict[str, Any]) -> Any:
        self.play(namespace)
        return self._results

    @cached_property
    def _known(self) -> dict[str, Any] | None:
        """This question's part of fingerprints.json."""
        return fingerprint.load(TESTS, self.question)

    def as_stored(self, call: Call, text: str) -> None:
        """Say `text` unless the call gave the stored numbers (where there is nothing of PyTorch's to compare with).

        A change in place is told as that: it is part of the stored numbers, and `text` is not about it.
        """
        untouched(call)
        wrong = fingerprint.wrong_in(self._known, self.student.record, call) if self._known else ""
        if wrong == "graph":
            text = (
                "the values are right, but the gradient that comes back through them is not: "
                "is the graph cut somewhere, or a parameter left out of it?"
            )
        if wrong:
            raise Finding(call, f"{call.title}: {text}")

    def nothing_left(self, title: str) -> None:
        """No call of the name that a case is about left anything changed."""
        for call in self.student.record:
            if call.left and call.group == title.partition(":")[0]:
                untouched(call)

    def explain(self, finding: Finding) -> tuple[str, Exception]:
        """The message for the student, and the error for otter to print below it."""
        call = finding.call
        if text := _not_written(self.question, call):
            return _plain(text), NotWritten("see the message above")
        first = _raised(call, self.student.namespace) if call.error else str(finding)
        mistakes = fingerprint.recognise(self._known, self.student.record) if self._known else {}
        if mistakes := mistakes.get(call.group):
            return _plain(_misconception(mistakes)), CheckFailed(_plain(first))
        return _plain(first), CheckFailed("see the message above")


class _Case(test_case):
    """otter's test case, whose failure_message is written when it fails."""

    def __init__(self, check: Check, name: str, function: Callable) -> None:
        super().__init__(name=name)
        self.test_func = function
        self.title = name.partition(" ")[2]
        self.check = check

    def call_func(self, global_environment: dict[str, Any]) -> None:
        try:
            with torch.random.fork_rng(devices=[]):  # the notebook's own random numbers go on undisturbed
                self.test_func(self.check.results(global_environment))
                self.check.nothing_left(self.title)
        except Finding as finding:
            self.failure_message, error = self.check.explain(finding)
            # otter shows the test file's line that the traceback's third entry names.
            raise error.with_traceback(finding.__traceback__.tb_next) from None
        except Exception as error:
            self.failure_message = _plain(
                f"This check could not go on with what your code returned ({type(error).__name__}: {_line(error)}). "
                "Compare types and shapes with CONTRACT.md."
            )
            raise

    def to_dataclass(self) -> TestCase:
        return _Verdict(self.name, self, False, self.points, None, None)

    def __reduce__(self) -> tuple:
        """otter's log keeps a plain test case: it must open where there is no seqlab."""
        return test_case, (self.name, self.points, self.hidden, self.success_message, self.failure_message)


class _Verdict(TestCase):
    """otter reads failure_message from here, after the case has run."""

    @property
    def failure_message(self) -> str | None:
        return self.body.failure_message

    @failure_message.setter
    def failure_message(self, value: str | None) -> None:
        """Set once by otter, before anything is known: nothing to keep."""

    def __reduce__(self) -> tuple:
        words = (self.success_message, self.failure_message)
        return TestCase, (self.name, self.body, self.hidden, self.points, *words)


def _not_written(question: str, call: Call) -> str | None:
    """The sentence for a stub or a missing name; None for anything else."""
    if isinstance(call.error, Missing):
        name = call.function.partition(".")[0]
        return (
            f"{question} is not written yet: the notebook defines no `{name}`. "
            "(Written already? Then run its cell first.)"
        )
    if not isinstance(call.error, NotImplementedError):
        return None
    words = str(call.error)
    if 'required "forward"' in words:
        return f"{question} is not written yet: `{call.function}` has no forward()."
    stub = re.match(r"(q\d+)\b", words)
    if stub and stub[1] != question:
        return f"{question} builds on {stub[1]}, which is not written yet."
    return f"{question} is not written yet: `{call.function}`." if stub or not words else None


def _misconception(mistakes: list[fingerprint.Mistake]) -> str:
    says = " Or: ".join(mistake.says for mistake in mistakes)
    return f"This looks like a known mistake: {says} Hint: {mistakes[0].hint}"


def _raised(call: Call, namespace: dict[str, Any]) -> str:
    """The error, and the student's own line that it came from."""
    error = call.error
    if isinstance(error, Contract):
        return str(error)
    text = f"{call.title} stopped with {type(error).__name__}: {_line(error)}."
    own = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals is namespace
    ]
    if own:
        filename, line = own[-1]
        source = linecache.getline(filename, line).strip()
        text += f" In your line {line} of the cell" + (f": {source}" if source else ".")
    return text


def _line(error: BaseException) -> str:
    """An error's text in one line of bearable length."""
    text = " ".join(str(error).split()).rstrip(".") or "no message"
    return text if len(text) <= 300 else text[:300] + "…"


def _plain(text: str) -> str:
    """otter puts messages into HTML as they are: a `<class …>` would vanish there."""
    return re.sub(r"<(?=[A-Za-z/!?])", "‹", text)
