"""The report as it counts: with the marks by hand, with what staff put in place of the grader's points, and less the late penalty.

The report itself stays the record of what the grader did; this is made of it whenever something is shown or handed on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from gatelab.lab.late import Lateness
from gatelab.report.marks import Mark
from gatelab.report.model import Kind, Part, Question, Report
from gatelab.report.plain import number

NO_REASON = "no reason was given"


@dataclass(frozen=True)
class ByHand:
    """A question that the lab has now and that is marked by hand."""

    id: str
    title: str
    points: float


@dataclass(frozen=True)
class Given:
    """What staff gave one work. By question ID: `marks`, `reasons` of these, `overrides`, `comments` ("": on the whole)."""

    marks: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, Mark] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    penalty: Mark | None = None  # in place of what the rule for late work takes
    lateness: Lateness = field(default_factory=Lateness)
    # Of the lab as it is now, whatever it had when the work was graded; None: those of the report.
    by_hand: tuple[ByHand, ...] | None = None

    @classmethod
    def of(cls, marks: dict[str, float]) -> Given:
        return cls(marks)


@dataclass(slots=True)
class Corrected(Question):
    """A question that people gave something, as it counts. `given`: the points that staff gave in place of `graded`."""

    given: Mark | None = None
    why: str = ""  # of a mark by hand
    comment: str = ""

    @property
    def points(self) -> float:
        return self.graded if self.given is None else self.given.points

    @property
    def followed_through(self) -> bool:
        return self.given is None and self.credit > self.earned

    @property
    def said(self) -> list[str]:
        """Remarks of staff, for student and staff: one sentence each."""
        said = []
        if self.given is not None:
            said.append(
                f"Staff gave {number(self.given.points)} of {number(self.max_points)} points here, instead of the grader's "
                f"{number(self.graded)}: {self.given.why or NO_REASON}."
            )
        if self.why:
            said.append(f"Marked by hand: {self.why}")
        if self.comment:
            said.append(f"Comment: {self.comment}")
        return said


def _taken_off(points: float) -> str:
    return f"{number(points)} {'point is' if points == 1 else 'points are'} taken off"


@dataclass
class Counted(Report):
    """A report as it counts; `points` is the total, less the late penalty."""

    given: Given = field(default_factory=Given)

    @property
    def before_penalty(self) -> float:
        """Points of the questions."""
        return round(sum(question.points for question in self.questions), 6)

    @property
    def out_of(self) -> float:
        """What the questions give at most that count so far: a mark that is missing is in neither total."""
        return sum(
            question.max_points for question in self.questions if question.parts or not question.by_hand
        )

    @property
    def by_rule(self) -> float:
        """The penalty by the late rule."""
        if self.status != "graded":
            return 0.0
        return self.given.lateness.points(self.before_penalty, self.out_of)

    @property
    def penalty(self) -> float:
        """The penalty that counts."""
        if self.given.penalty is None or self.status != "graded":
            return self.by_rule
        return min(self.given.penalty.points, self.before_penalty)

    @property
    def points(self) -> float:
        return round(self.before_penalty - self.penalty, 6)

    @property
    def said(self) -> list[str]:
        """What staff and the late rule say about the work as a whole: one sentence each."""
        said, rule, by = [], self.given.lateness.text, self.given.penalty
        if rule:
            said.append(rule)
        if by is not None and self.status == "graded":
            what = _taken_off(self.penalty) if self.penalty else "Nothing is taken off"
            said.append(f"{what} for lateness, instead of {number(self.by_rule)}: {by.why or NO_REASON}.")
        elif self.penalty:
            said.append(f"{_taken_off(self.penalty)} for lateness.")
        if self.status != "graded":  # no question is shown, so comments on one are listed here
            return [*said, *comments_said(self.given)]
        if comment := self.given.comments.get(""):
            said.append(f"Comment: {comment}")
        return said


def comments_said(given: Given) -> list[str]:
    """All comments, where no questions are shown: one sentence each."""
    return [f"Comment{f' on {id}' if id else ''}: {text}" for id, text in given.comments.items()]


def counted(report: Report, given: Given) -> Counted:
    """The report as it counts."""
    values = {f.name: getattr(report, f.name) for f in fields(Report)}
    values["questions"] = [_corrected(question, given) for question in _questions(report, given)]
    return Counted(**values, given=given)


def _questions(report: Report, given: Given) -> list[Question]:
    """Its questions, with those that are marked by hand as the lab has them now."""
    if given.by_hand is None or report.status != "graded":
        return report.questions
    left = {one.id: Question(one.id, one.title, one.points, by_hand=True) for one in given.by_hand}
    found = [left.pop(q.id, None) if q.by_hand else q for q in report.questions]
    graded = {question.id for question in report.questions}
    return [*filter(None, found), *(question for id, question in left.items() if id not in graded)]


def _corrected(question: Question, given: Given) -> Question:
    id = question.id
    if not any(id in people for people in (given.marks, given.reasons, given.overrides, given.comments)):
        return question  # most are as the grader left them, and a class has many
    values: dict[str, Any] = {f.name: getattr(question, f.name) for f in fields(Question)}
    if question.by_hand and id in given.marks:
        points = given.marks[id]
        values["parts"] = [Part("by hand", points, question.max_points, None if points > 0 else Kind.WRONG)]
    # `given` may not be called for a question that is marked by hand: its mark is what staff gave.
    over = None if question.by_hand else given.overrides.get(id)
    return Corrected(**values, given=over, why=given.reasons.get(id, ""), comment=given.comments.get(id, ""))


def said_of(report: Report) -> list[str]:
    """`Counted.said`; nothing for a report that only the grader has touched."""
    return report.said if isinstance(report, Counted) else []


def given_for(question: Question) -> Mark | None:
    """`Corrected.given`; None for a question that only the grader has touched."""
    return question.given if isinstance(question, Corrected) else None


def said_of_question(question: Question) -> list[str]:
    """`Corrected.said`; nothing for a question that only the grader has touched."""
    return question.said if isinstance(question, Corrected) else []
