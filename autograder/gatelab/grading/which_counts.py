"""Whether a question is graded again, with more of the student's own versions of what it builds on, and which grading of it counts.

It is graded with the references to them. If it loses points with those, it is graded again, with the student's own versions of what
earned full points, and the grading with more points counts. If they are equal, the one with the references counts, unless its mistake is
not recognised and fewer tests end with an exception when the student's own versions are used.

If it still loses points, and some of what it builds on is not right yet, it is graded with all of the student's own versions: a wrong
answer may have something of the student's own that this one uses, and its mistake has cost its points already. That grading counts
only if it earns more, and only with the parts that this answer deserves (gains.py).
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

# Puts the names of the mistakes that an attempt shows into the question that was made of it.
NameMistake = Callable[[QuestionRun, Question], None]


class Attempts:
    """The gradings of one question: the last is under way or has ended, the earlier ones have ended."""

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
        """The grading that follows, if one does.

        usable: each says of a name that the question builds on whether the student's own version may be used; a later one allows more.
        is_right: whether the student's own version of a name has earned full points.
        """
        last, first = self.last, self.earlier[0] if self.earlier else self.last
        if last.asked or last.forks >= MAX_FORKS:
            return None
        if last.over_wrong:
            return self._control() if has_reference else None
        if not first.wrong or first.unwritten or equal(self._points(last), self._scores.full(first.spec.id)):
            return None
        for may_be_used in usable:
            own = frozenset(filter(may_be_used, first.spec.builds_on))
            if own > last.own:
                # All share the question's time by the clock.
                over_wrong = not all(map(is_right, own))
                return QuestionRun(
                    first.spec, own, Trace(first.spec.id), over_wrong=over_wrong, started=first.started
                )
        return None

    def _control(self) -> QuestionRun | None:
        """The reference solution run with the same wrong answers, to see which of the gain by them counts; None where nothing is gained."""
        last, gain = self.last, self._gain()
        if self._points(last) <= self._points(gain.best) or not (asked := gain.asked):
            return None
        return QuestionRun(
            last.spec, last.own, Trace(last.spec.id), over_wrong=True, asked=asked, started=last.started
        )

    def _gain(self) -> gains.Gain:
        """What the attempt with answers that are not right has gained; there is one."""
        attempts = [*self.earlier, self.last]
        before = [attempt for attempt in attempts if not attempt.over_wrong]
        last = next(attempt for attempt in attempts if attempt.over_wrong)
        best = max(before, key=self._scores.rank)
        return gains.Gain(before, best, last, self._scores.trained(last.spec.id))

    def can_still_help(self, share: Share, test: str) -> bool:
        """Whether a test can still make the attempt with the student's own versions the better one.

        A model is trained again only if the other parts have shown that more is right than before, or if every
        training ended with an exception then.
        """
        if self.last.asked:
            return test in self.last.asked
        rank = self._scores.rank
        before = max(self.earlier, key=rank)
        best, reached = rank(self.last, best=True), rank(before)
        if best <= reached or (self.last.over_wrong and best[0] <= reached[0]):
            return False
        if share.name not in self._scores.trained(share.question):
            return True
        if test in self.earlier[0].errors and not any(attempt.ended(test) for attempt in self.earlier):
            return True
        return self._points(self.last, training=False) > self._points(before, training=False)

    def question(self, name_mistake: NameMistake, note: Callable[[frozenset[str]], str]) -> Question:
        """The question by the attempt that counts; all have ended.

        note: added to a part that failed with the references, although the student's own versions of these names counted.
        """
        attempts = [*self.earlier, self.last]
        if attempts[-1].asked:
            control = attempts.pop()
            self._gain().take_back(control, note(control.own))
        question = self._better(name_mistake, *(attempt for attempt in attempts if not attempt.over_wrong))
        if attempts[-1].over_wrong:
            question = self._or_over_wrong(name_mistake, question, attempts[0], attempts[-1])
        return question

    def _better(
        self, name_mistake: NameMistake, first: QuestionRun, last: QuestionRun | None = None
    ) -> Question:
        """The question by the attempt with the references, or by the one with own versions that are right."""
        question = self._scores.question(first)
        if last is None:
            name_mistake(first, question)
            return question
        rank, over_references = self._scores.rank(last), self._scores.rank(first)
        if rank[0] <= over_references[0]:
            name_mistake(first, question)
        # A mistake that is recognised with the references is named, however many exceptions it caused there.
        if rank[0] > over_references[0] or (rank > over_references and not question.mistakes):
            question = self._scores.question(last)
            name_mistake(last, question)
            last = first
        question.second_grading = SecondGrading(sorted(last.own), self._scores.parts(last))
        return question

    def _or_over_wrong(
        self, name_mistake: NameMistake, question: Question, first: QuestionRun, last: QuestionRun
    ) -> Question:
        """The question by the attempt with own versions that are not all right, if that earns more; else as it is."""
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
