"""One grading of one question: its workers, the verdicts of its tests, and what was observed during it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from gatelab.lab.table import QuestionSpec
from gatelab.report.record.curve import Curve
from gatelab.report.record.exceptions import Raised
from gatelab.report.record.model import Kind
from gatelab.testkit.student import Backend, Student
from gatelab.testkit.trace import Trace

# The worker's exception types that mean that there is no answer yet.
UNWRITTEN = ("NotDefined", "NotWritten")
B = TypeVar("B", bound=Backend)


class Workers(Protocol[B]):
    """Provides the workers of a submission."""

    sources: dict[int, str]  # the submission's code by cell, as handed in

    def open(self, question: QuestionSpec, own: set[str], deadline: float) -> B:
        """A fresh fork of the loaded notebook for this question, usable until `deadline` (time.monotonic).

        `own`: the names in `question.builds_on` for which the student's own versions are used. Raises WorkerLost.
        """
        ...

    def close(self, backend: B) -> str:
        """End a worker and return what it printed."""
        ...

    def why_missing(self, name: str) -> str:
        """A sentence about the cell that should have defined a name and did not; "" where there is none."""
        ...


@dataclass(frozen=True)
class Share:
    """A part of a question, as its test functions declare it."""

    question: str
    name: str
    points: float


@dataclass
class Verdict:
    """The result of one test run; a part may have many. The fields are those of a Part."""

    kind: Kind | None  # why it failed; None: it passed
    message: str = ""
    hint: str = ""
    suite_error: Raised | None = None
    student_error: Raised | None = None
    test: str = ""
    time_up: bool = False  # the time for the whole grading was up, so this says nothing about the answer

    @property
    def passed(self) -> bool:
        return self.kind is None


@dataclass
class QuestionRun:
    """One grading of a question, with the references or with some of the student's own versions of the names it builds on."""

    spec: QuestionSpec
    own: frozenset[str]  # names it builds on that are the student's; the others are the references'
    trace: Trace
    uses_wrong_answers: bool = False  # some of `own` belong to questions that lost points
    # The tests that are run on the question's reference solution, with `own` (gains.py). If empty, all tests are run on the
    # student's answer.
    control_tests: frozenset[str] = frozenset()
    backend: Backend | None = None
    forks: int = 0
    started: float = field(default_factory=time.monotonic)
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)  # by part
    errors: dict[str, Raised] = field(default_factory=dict)  # test → its last exception
    # Test → (function, what it left changed).
    leftovers: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)  # names it asks for that the notebook does not define
    output: str = ""
    students: list[Student] = field(default_factory=list)  # one for each test
    lost: bool = False

    @property
    def curve(self) -> Curve | None:
        """The curve of the last training that a test of this attempt watched."""
        return next((s.curve for s in reversed(self.students) if s.curve is not None), None)

    def ended(self, test: str) -> bool:
        """Whether this test was run and no exception ended it."""
        run = any(verdict.test == test for verdicts in self.verdicts.values() for verdict in verdicts)
        return run and test not in self.errors

    @property
    def wrong(self) -> set[str]:
        """The parts that have already been lost."""
        return {part for part, verdicts in self.verdicts.items() if not all(v.passed for v in verdicts)}

    @property
    def stopped(self) -> int:
        """How many tests failed because of an exception rather than a wrong answer."""
        return len(self.trace.failed & self.errors.keys())

    @property
    def unwritten(self) -> bool:
        """Whether points were lost only because of stubs and missing definitions."""
        failed = [self.errors.get(test) for test in self.trace.failed]
        return all(error is not None and error.type in UNWRITTEN for error in failed)
