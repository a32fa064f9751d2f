"""Decides whether a question is graded again, with more of the student's own earlier answers, and which grading counts.

A question is first graded with the references for the names that it builds on. If it loses points, it is graded again with the student's
own versions of those that earned full points, and the grading with more points counts. If the points are equal, the one with the
references counts, unless its mistake is not recognised and fewer tests end with an exception with the student's own versions.

If the question still loses points, and some of the answers that it builds on are not right yet, it is graded with all of the student's own
versions: a wrong answer may contain something that this one uses, and its mistake has already cost points. That grading counts only if
it earns more, and only for the parts that this answer deserves (gains.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gatelab.grading import gains
from gatelab.grading.attempt import QuestionRun, Share
from gatelab.grading.scores import Scores
from gatelab.limits import MAX_FORKS
from gatelab.report.record.model import Question, SecondGrading
from gatelab.report.record.points import equal
from gatelab.testkit.trace import Trace

# Enters the mistakes that an attempt shows in the question that was made from it.
NameMistake = Callable[[QuestionRun, Question], None]


class Attempts:
    """The gradings of one question. The earlier ones have ended; the last may still be running."""

    def __init__(self, first: QuestionRun, scores: Scores) -> None:
        self.last, self.earlier, self._scores = first, list[QuestionRun](), scores

    def add(self, attempt: QuestionRun) -> None:
        self.earlier.append(self.last)
        self.last = attempt

    def next(
        self,
        usable: Iterable[Callable[[str], bool]],
        is_right: Callable[[str], bool],
        has_reference: bool,
    ) -> QuestionRun | None:
        """The next grading, if there is one.

        usable: predicates that say for a name whether the student's own version may be used; each allows more than the one before.
        is_right: whether the student's own version of a name has earned full points.
        """
        last, first = self.last, self.earlier[0] if self.earlier else self.last
        if last.control_tests or last.forks >= MAX_FORKS:
            return None
        if last.uses_wrong_answers:
            return self._control() if has_reference else None
        if (
            not first.wrong
            or first.unwritten
            or equal(self._points(last), self._scores.full_points(first.spec.id))
        ):
            return None
        for may_be_used in usable:
            own = frozenset(filter(may_be_used, first.spec.builds_on))
            if own > last.own:
                # All gradings of a question share its wall-clock time.
                uses_wrong_answers = not all(map(is_right, own))
                return QuestionRun(
                    first.spec,
                    own,
                    Trace(first.spec.id),
                    uses_wrong_answers=uses_wrong_answers,
                    started=first.started,
                )
        return None

    def _control(self) -> QuestionRun | None:
        """A run of the reference solution with the same wrong answers, to see which part of the gain counts; None if nothing was gained."""
        last, gain = self.last, self._gain()
        if self._points(last) <= self._points(gain.best) or not (control_tests := gain.control_tests):
            return None
        return QuestionRun(
            last.spec,
            last.own,
            Trace(last.spec.id),
            uses_wrong_answers=True,
            control_tests=control_tests,
            started=last.started,
        )

    def _gain(self) -> gains.Gain:
        """The gain of the attempt with answers that are not right. There must be one."""
        attempts = [*self.earlier, self.last]
        before = [attempt for attempt in attempts if not attempt.uses_wrong_answers]
        last = next(attempt for attempt in attempts if attempt.uses_wrong_answers)
        best = max(before, key=self._scores.rank)
        return gains.Gain(before, best, last, self._scores.training_parts(last.spec.id))

    def can_still_help(self, share: Share, test: str) -> bool:
        """Whether a test can still make the attempt with the student's own versions the better one.

        A model is trained again only if the other parts earn more than before, or if every earlier training ended with an
        exception.
        """
        if self.last.control_tests:
            return test in self.last.control_tests
        rank = self._scores.rank
        before = max(self.earlier, key=rank)
        best, reached = rank(self.last, best=True), rank(before)
        if best <= reached or (self.last.uses_wrong_answers and best[0] <= reached[0]):
            return False
        if share.name not in self._scores.training_parts(share.question):
            return True
        if test in self.earlier[0].errors and not any(attempt.ended(test) for attempt in self.earlier):
            return True
        return self._points(self.last, training=False) > self._points(before, training=False)

    def question(self, name_mistake: NameMistake, note: Callable[[frozenset[str]], str]) -> Question:
        """The question with the results of the attempt that counts. All attempts must have ended.

        note: returns the sentence for parts that failed with the references, if the student's own versions of these names
            counted.
        """
        attempts = [*self.earlier, self.last]
        if attempts[-1].control_tests:
            control = attempts.pop()
            self._gain().discard_unearned(control, note(control.own))
        question = self._better(
            name_mistake, *(attempt for attempt in attempts if not attempt.uses_wrong_answers)
        )
        if attempts[-1].uses_wrong_answers:
            question = self._or_with_wrong_answers(name_mistake, question, attempts[0], attempts[-1])
        return question

    def _better(
        self, name_mistake: NameMistake, first: QuestionRun, last: QuestionRun | None = None
    ) -> Question:
        """The question from the attempt with the references or, if that is better, the one with own versions that are right."""
        question = self._scores.question(first)
        if last is None:
            name_mistake(first, question)
            return question
        rank, with_references = self._scores.rank(last), self._scores.rank(first)
        if rank[0] <= with_references[0]:
            name_mistake(first, question)
        # If a mistake is recognised with the references, it is named, however many exceptions it caused there.
        if rank[0] > with_references[0] or (rank > with_references and not question.mistakes):
            question = self._scores.question(last)
            name_mistake(last, question)
            last = first
        question.second_grading = SecondGrading(sorted(last.own), self._scores.parts(last))
        return question

    def _or_with_wrong_answers(
        self, name_mistake: NameMistake, question: Question, first: QuestionRun, last: QuestionRun
    ) -> Question:
        """The question from the attempt with own versions that are not all right, if that earns more; otherwise unchanged."""
        if self._points(last) > question.graded and not equal(self._points(last), question.graded):
            question = self._scores.question(last)
            name_mistake(last, question)
            last = first
        elif question.second_grading is not None:
            return question
        question.second_grading = SecondGrading(sorted(last.own), self._scores.parts(last))
        return question

    def _points(self, attempt: QuestionRun, training: bool = True) -> float:
        return self._scores.points(attempt, training)
