"""Computes what an attempt at a question earns, part by part."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from gatelab.grading.attempt import QuestionRun, Share
from gatelab.report.record.model import Kind, Part, Question


class Scores:
    """The shares of all parts, as the suites declare them, and the points of attempts computed from them."""

    def __init__(self, time_up: Callable[[], bool]) -> None:
        """`time_up`: whether the time for the whole grading is up."""
        self.shares: dict[tuple[str, str], Share] = {}
        self.training: set[tuple[str, str]] = set()  # the shares of parts whose tests train a model
        self._time_up = time_up

    def shares_of(self, question: str) -> list[Share]:
        return [share for share in self.shares.values() if share.question == question]

    def full_points(self, question: str) -> float:
        return math.fsum(share.points for share in self.shares_of(question))

    def training_parts(self, question: str) -> set[str]:
        """The parts of a question that train a model."""
        return {name for id, name in self.training if id == question}

    def points(self, attempt: QuestionRun, training: bool = True) -> float:
        """The points of an attempt; without `training`, only those of parts that train no model."""
        training_parts = self.training_parts(attempt.spec.id)
        return sum(part.points for part in self.parts(attempt) if training or part.name not in training_parts)

    def rank(self, attempt: QuestionRun, best: bool = False) -> tuple[float, int]:
        """A sort key that is larger for the better attempt; with `best`, the largest that it can still become."""
        reachable = (
            share.points for share in self.shares_of(attempt.spec.id) if share.name not in attempt.wrong
        )
        return (round(sum(reachable) if best else self.points(attempt), 6), -attempt.stopped)

    def parts(self, attempt: QuestionRun) -> list[Part]:
        """The question's parts, with this attempt's results."""
        return [self._part(share, attempt) for share in self.shares_of(attempt.spec.id)]

    def _part(self, share: Share, attempt: QuestionRun) -> Part:
        verdicts = attempt.verdicts.get(share.name, [])
        wrong = next((v for v in verdicts if not v.passed), None)
        passed = bool(verdicts) and wrong is None
        part = Part(share.name, share.points if passed else 0, share.points, None)
        if wrong is not None:
            part.kind, part.message, part.hint = wrong.kind, wrong.message, wrong.hint
            part.suite_error, part.student_error = wrong.suite_error, wrong.student_error
        elif not verdicts:
            part.kind, part.message = Kind.NOT_RUN, "This check was not run."
        if not passed and self._time_up() and all(v.passed or v.time_up for v in verdicts):
            part.kind, part.message, part.hint = (
                Kind.TIME_UP, "Time was up before this was graded to the end.", "",
            )  # fmt: skip
        return part

    def question(self, attempt: QuestionRun) -> Question:
        """The question with the results of this attempt."""
        spec = attempt.spec
        return Question(
            spec.id,
            spec.title,
            spec.points,
            self.parts(attempt),
            own=sorted(attempt.own),
            output=attempt.output,
            seconds=round(time.monotonic() - attempt.started, 3),
            curve=attempt.curve,
        )
