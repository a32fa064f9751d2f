# Written by gatelab build from autograder/gatelab/handed_out/checking/check.py; change it there.
"""A public check as otter runs it: record all calls once, let the cases look at them, report the first thing that is wrong.

A check has one case for each name that the question asks for, and a case stops at the first thing it finds:
one message to read, one thing to fix.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from otter.test_files import TestCase, test_case

from .. import device, hooks, left_behind, progress, runs, stub
from ..limits import ERROR_TEXT
from ..near import similar_name
from . import fingerprint, leads, leftovers, patience, render, where
from .calling import Contract, Missing, Student
from .differ import Finding, NoReturn, describe, untouched
from .record import Call
from .steady import unsteady

# The checks and their numbers are next to the package, whatever the notebook's working directory.
TESTS = Path(__file__).parents[2] / "tests"


render.install()
hooks.install()  # here too: a notebook may import the package before otter


class CheckFailed(AssertionError):
    """Ends a case. What the student reads is in the case (render.py).

    cause: the error of the student's code, if one stopped it.
    """

    def __init__(self, says: str, cause: BaseException | None = None) -> None:
        super().__init__(says)
        self.cause = cause


class NotWritten(CheckFailed):
    """The stub is untouched, or the name is missing."""


class NotRun(CheckFailed):
    """The last run of the cell failed, or no longer defines the name: what is defined is an older answer, or none."""


@dataclass(frozen=True)
class Failure:
    """What became of a case that did not pass."""

    says: str
    written: bool = True  # whether there is an answer at all
    unknown: str = ""  # the name that Python did not find, if that was what stopped it


def failure(case: TestCase) -> Failure:
    """The failure that otter's result has for a case."""
    says, ended = str(case.failure_message or ""), getattr(case.body, "ended", None)
    cause = ended.cause if isinstance(ended, CheckFailed) else ended
    return Failure(says, not isinstance(ended, NotWritten), runs.unknown(cause))


class Check:
    """The public check of one question. A test file makes one, and otter a fresh one at every grader.check."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.student = Student({})
        self._calls: Callable[[Student], Any] = lambda student: None
        self._cases: list[_Case] = []
        self._outcomes: dict[str, Exception | None] | None = None  # by the name of the case
        self._stored: list[Call] = []  # those that were compared with stored numbers

    def calls(self, function: Callable[[Student], Any]) -> Callable[[Student], Any]:
        """Decorator: the function that makes all calls of this check, and returns what the cases need."""
        self._calls = function
        return function

    def case(self, name: str, about: str = "") -> Callable[[Callable[[Any], None]], test_case]:
        """Decorator: one otter test case, which gets what the function above returned. `name` is the question's name that it is about;
        `about` tells several cases of one name apart."""

        def registered(function: Callable[[Any], None]) -> _Case:
            self._cases.append(_Case(self, name, about, function))
            return self._cases[-1]

        return registered

    def play(self, namespace: dict[str, Any]) -> list[Call]:
        """Make all calls to a notebook's functions, with stand-ins. Returns the record."""
        self.student = Student(namespace)
        self._make_calls(self.student)
        return self.student.record

    def not_compared(self, namespace: dict[str, Any]) -> list[str]:
        """The types of what `as_stored` is given but cannot compare, in the calls to right solutions."""
        self.student, self._stored, self._known = Student(namespace), [], None
        results = self._make_calls(self.student)
        for case in self._cases:
            self._found(case, results)
        return [type for call in self._stored for type in fingerprint.not_compared(call)]

    def _make_calls(self, student: Student) -> Any:
        """Make the calls; torch's switches are restored afterwards."""
        before = leftovers.switches()
        try:
            with torch.enable_grad():  # a cell may have switched gradients off; here they are needed
                return self._calls(student)
        finally:
            leftovers.put_back(before)

    def outcome(self, case: str, namespace: dict[str, Any]) -> Exception | None:
        """What a case finds: None when all is right.

        The calls are made with stand-ins for what the question builds on. If a case then finds something, they are
        made again with the student's own versions, if those are sound, and the run in which more cases pass counts. If
        they are equal, the first counts, unless its mistake is not recognised and fewer calls stop with an error when
        the student's own versions are used.
        """
        if self._outcomes is None:
            try:
                student, self._outcomes = self._attempt(namespace, own=False)
            except Exception as error:
                self._outcomes = {one.name: error for one in self._cases}
                return error
            if any(self._outcomes.values()) and student.sound:
                with contextlib.suppress(Exception):
                    own, outcomes = self._attempt(namespace, own=True)
                    if self._rank(own, outcomes) > self._rank(student, self._outcomes):
                        student, self._outcomes = own, outcomes
            self.student = student
        return self._outcomes[case]

    def _attempt(self, namespace: dict[str, Any], own: bool) -> tuple[Student, dict[str, Exception | None]]:
        """Make all calls once and let every case look at them."""
        self.student = student = Student(namespace, own)
        results = self._make_calls(student)
        return student, {case.name: self._found(case, results) for case in self._cases}

    def _found(self, case: _Case, results: Any) -> Exception | None:
        """What a case says about the results."""
        try:
            case.test_func(results)
            self.nothing_left(case.group)
        except Exception as error:
            return error
        return None

    def _rank(self, student: Student, outcomes: dict[str, Exception | None]) -> tuple[int, bool, int]:
        """The key by which the better of two attempts is larger."""
        known = bool(self._known and fingerprint.recognise(self._known, student.record))
        errors = sum(call.error is not None for call in student.record)
        return sum(found is None for found in outcomes.values()), known, -errors

    @cached_property
    def _known(self) -> dict[str, Any] | None:
        """This question's part of fingerprints.json."""
        return fingerprint.load(TESTS, self.question)

    def as_stored(self, call: Call, text: str) -> None:
        """Say `text` unless the call gave the stored numbers (for results that PyTorch does not compute).

        A change in place is reported as such: the stored numbers include it, but `text` is not about it.
        """
        self._stored.append(call)
        untouched(call)
        wrong = fingerprint.wrong_in(self._known, self.student.record, call) if self._known else ""
        if wrong == "graph":
            text = (
                "the values are right, but the gradient that comes back through them is not: "
                "is the graph cut somewhere, or a parameter left out of it?"
            )
        elif wrong not in ("", "values"):
            text = f"the numbers are right, but they should be in {wrong}. Yours is {describe(call.value)}."
        if wrong:
            raise Finding(call, f"{call.title}: {text}")

    @contextlib.contextmanager
    def built_on(self, name: str, question: str, sound: bool) -> Iterator[None]:
        """Anything found within may be the mistake of what this answer builds on; unless that is `sound`, or the notebook has no
        such name, the finding says so."""
        try:
            yield
        except Finding as finding:
            if sound or name not in self.student.namespace:
                raise
            note = f"({self.question} builds on {name}, which is not right yet: look at {question} first.)"
            raise type(finding)(finding.call, f"{finding} {note}".lstrip()) from None

    def nothing_left(self, group: str) -> None:
        """No call of this name left anything changed."""
        for call in self.student.record:
            if call.left and call.group == group:
                untouched(call)

    def explain(self, finding: Finding, printed: bool = False) -> tuple[list[str], Exception]:
        """What the student reads, the most important first, and the error that ends the case. `printed`: whether the calls did."""
        call = finding.call
        if text := _not_written(self.question, call, self.student.namespace):
            return [text], NotWritten(text)
        if text := _not_finished(self.question, call, self.student.namespace):
            return [text], CheckFailed(text)
        first, *more = _raised(call, self.student, self.question) if call.error else [str(finding)]
        if call.error:
            more.append(str(finding).strip())  # of the check's own file
        mistakes = fingerprint.recognise(self._known, self.student.record) if self._known else {}
        if made := mistakes.get(call.group):
            return [_misconception(made), f"Seen in: {first}", *more], CheckFailed(first, call.error)
        if call.error:
            return [first, *more, *leads.after_error(call, self.student.namespace)], CheckFailed(
                first, call.error
            )
        if found := unsteady(self.student.record, call.group):
            return [found[1]], CheckFailed(found[1])
        sentences = [first]
        if printed and isinstance(finding, NoReturn):
            sentences.append("(`print` shows a value; `return` hands it back.)")
        return sentences, CheckFailed(first)


class _Case(test_case):  # type: ignore[misc]  # otter has no types
    """otter's test case. When it fails, `sentences` is what render.py shows, and `ended` the error that ended it."""

    def __init__(self, check: Check, group: str, about: str, function: Callable[[Any], None]) -> None:
        self.title = f"{group}: {about}" if about else group  # "softmax: the shape"
        super().__init__(name=f"{check.question} {self.title}")
        self.test_func = function
        self.group = group  # the name that it is about
        self.check = check
        self.sentences: list[str] = []
        self.ended: BaseException | None = None

    def call_func(self, global_environment: dict[str, Any]) -> None:
        passed: bool | None = False
        try:
            self._require_successful_run(global_environment)
            # The notebook's own random numbers continue undisturbed.
            with (
                torch.random.fork_rng(devices=[]),
                device.on_cpu(),
                render.quiet(),
                patience.watched(self.check.question, global_environment),
                patience.show_first_lines() as printed,
            ):
                found = self.check.outcome(self.name, global_environment)
                explained = None
                if isinstance(found, Finding):
                    explained = self.check.explain(found, bool(printed.lines))  # calls again
            passed = None if self._not_run_yet(global_environment) else found is None
        except KeyboardInterrupt:
            passed = None  # stopped by hand
            raise
        finally:
            if passed is not None:  # otherwise what is known of it stays
                progress.note(self.check.question, self.title, passed)
        # otter looks for the test file's line, which the traceback's third entry names.
        if found is not None and explained is not None:
            self.sentences, error = explained
            self.ended = error
            self.failure_message = "\n".join(text for text in self.sentences if text)
            raise error.with_traceback(_from_the_test(found)) from None
        if found is not None:
            self.ended = found
            self.failure_message = (
                f"This check could not continue with what your code returned ({type(found).__name__}: {_line(found)}). "
                "Compare types and shapes with CONTRACT.md."
            )
            self.sentences = [self.failure_message]
            raise found.with_traceback(_from_the_test(found))

    def _require_successful_run(self, namespace: dict[str, Any]) -> None:
        """An answer whose cell failed in its last run, or no longer defines it, is not checked: the current definition is an older one."""
        value = namespace.get(self.group)
        failed = runs.failed(self.group, value)
        if says := failed.says if failed else left_behind.says(self.group, value):
            self.failure_message, self.sentences = says, [says]
            self.ended = NotRun(says, failed.error if failed else None)
            raise self.ended

    def _not_run_yet(self, namespace: dict[str, Any]) -> bool:
        """Whether the answer passed before a restart of the kernel, and nothing that could be it was run since."""
        return (
            self.group not in namespace
            and progress.passed_before(self.check.question, self.title)
            and not any(run.parsed and left_behind.may_bind(run, self.group) for run in runs.listen())
            and not leads.instead_of(self.group, namespace)
        )

    def to_dataclass(self) -> TestCase:
        return _Verdict(self.name, self, False, self.points, None, None)

    def __reduce__(self) -> tuple[Any, ...]:
        """otter's log keeps a plain test case, so that it can be opened without this package."""
        return test_case, (self.name, self.points, self.hidden, self.success_message, self.failure_message)


class _Verdict(TestCase):  # type: ignore[misc]
    """otter reads failure_message from here, after the case has run."""

    @property
    def failure_message(self) -> str | None:
        text: str | None = self.body.failure_message
        return text

    @failure_message.setter
    def failure_message(self, value: str | None) -> None:
        """Set once by otter, before anything is known, so nothing is stored."""

    def __reduce__(self) -> tuple[Any, ...]:
        words = (self.success_message, self.failure_message)
        return TestCase, (self.name, self.body, self.hidden, self.points, *words)


def _from_the_test(error: BaseException) -> TracebackType | None:
    """Its traceback from the test file's line on."""
    return error.__traceback__.tb_next if error.__traceback__ else None


def _not_written(question: str, call: Call, namespace: dict[str, Any]) -> str | None:
    """The sentence for a stub or a missing name; None for anything else."""
    if isinstance(call.error, Missing):
        return (
            f"{question} is not written yet: the notebook defines no `{call.group}`. "
            "(Written already? Then run its cell first.)" + leads.instead_of(call.group, namespace)
        )
    if not isinstance(call.error, NotImplementedError):
        return None
    words = str(call.error)
    own = namespace.get(call.group)
    if isinstance(own, type) and _lacks_forward(call.error, own):
        other = similar_name("forward", vars(own))
        other = f" It has `{other}`: is that it?" if other else ""
        if not other and (dedented := leads.outside("forward", namespace)):
            other = f" {dedented}"
        return f"{question} is not written yet: `{call.function}` has no forward().{other}"
    if words and not stub.is_of(question, words):
        earlier = stub.question_of(words)
        return f"{question} builds on {earlier}, which is not written yet." if earlier else None
    if leads.unfinished(question, call, namespace):
        return None
    return f"{question} is not written yet: `{call.function}`.{leads.still_a_stub(call, namespace)}"


def _not_finished(question: str, call: Call, namespace: dict[str, Any]) -> str:
    """The sentence for a stub's line that was left beside an answer; "" for anything else."""
    if not isinstance(call.error, NotImplementedError):
        return ""
    words = str(call.error)
    return leads.unfinished(question, call, namespace) if not words or stub.is_of(question, words) else ""


def _lacks_forward(error: NotImplementedError, own: type) -> bool:
    """Whether PyTorch raised it because an object of this class has no forward()."""
    frame = where.last_frame(error)
    if frame is None or frame.f_code is not torch.nn.Module.forward.__code__:
        return False
    return isinstance(frame.f_locals.get("self"), own)


def _misconception(mistakes: list[fingerprint.Mistake]) -> str:
    says = " Or: ".join(mistake.says for mistake in mistakes)
    return f"This looks like a known mistake: {says} Hint: {mistakes[0].hint}"


def _raised(call: Call, student: Student, question: str) -> list[str]:
    """The error with the student's own line that it came from; then what else is known of where, each a sentence of its own line."""
    error = call.error
    assert error is not None
    if isinstance(error, Contract):
        return [str(error)]
    text = f"{call.title} stopped with {type(error).__name__}: {_line(error)}."
    line, led = where.said(error, student.namespace, question)
    standin = ""
    if student.unsound and isinstance(error, TypeError | AttributeError | LookupError):
        names = ", ".join(f"`{name}`" for name in sorted(student.unsound))
        standin = (
            f"(A stand-in replaced your {names} here, because yours is not right yet: fix that first. "
            "The stand-in has only what CONTRACT.md says.)"
        )
    return [f"{text} {line}".rstrip(), led, standin]


def _line(error: BaseException) -> str:
    """An error's text in one line of limited length, without PyTorch's list of what it would take and without Python's word for a
    function in another."""
    text = " ".join(str(error).split()).partition(", but expected one of: * (")[0]
    text = re.sub(r"\b\w+\.<locals>\.", "", text).rstrip(".") or "no message"
    return text if len(text) <= ERROR_TEXT else text[:ERROR_TEXT] + "…"
