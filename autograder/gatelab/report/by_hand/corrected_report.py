"""The report with marks by hand, overrides and the late penalty applied.

The report itself remains the record of what the grader did; the corrected one is made from it whenever something is shown or exported.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from gatelab.lab.late import Lateness
from gatelab.report.by_hand.marks import Mark
from gatelab.report.record.model import Kind, Part, Question, Report
from gatelab.report.record.points import instead_of, number, plural

NO_REASON = "no reason was given"


@dataclass(frozen=True)
class HandMarkedQuestion:
    """A question marked by hand, as the lab has it now."""

    id: str
    title: str
    points: float


@dataclass(frozen=True)
class StaffInput:
    """What staff gave one submission. By question ID: `marks`, `reasons` for these, `overrides`, `comments` ("": on the whole)."""

    marks: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, Mark] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    penalty: Mark | None = None  # instead of the late rule's penalty
    lateness: Lateness = field(default_factory=Lateness)
    # The lab's questions marked by hand as they are now, not when the submission was graded; None: those in the report.
    by_hand: tuple[HandMarkedQuestion, ...] | None = None

    @classmethod
    def of(cls, marks: dict[str, float]) -> StaffInput:
        return cls(marks)


@dataclass(slots=True)
class CorrectedQuestion(Question):
    """A question with what staff gave it. `given`: the points from staff that replace `graded`."""

    given: Mark | None = None
    why: str = ""  # the reason for a mark by hand
    comment: str = ""

    @property
    def points(self) -> float:
        return self.graded if self.given is None else self.given.points

    @property
    def followed_through(self) -> bool:
        return self.given is None and self.credit > self.earned

    @property
    def remarks(self) -> list[str]:
        """Remarks by staff, for student and staff, one sentence each."""
        remarks = []
        if self.given is not None:
            instead = instead_of(self.given.points, self.graded, "the grader's ")
            remarks.append(
                f"Staff gave {number(self.given.points)} of {number(self.max_points)} points here"
                f"{instead and ','}{instead}: {self.given.why or NO_REASON}."
            )
        if self.why:
            remarks.append(f"Marked by hand: {self.why}")
        if self.comment:
            remarks.append(f"Comment: {self.comment}")
        return remarks


def _taken_off(points: float) -> str:
    return f"{number(points)} {'point is' if points == 1 else 'points are'} taken off"


@dataclass
class CorrectedReport(Report):
    """A report with all corrections; `points` is the total minus the late penalty."""

    given: StaffInput = field(default_factory=StaffInput)

    @property
    def before_penalty(self) -> float:
        """The sum of the questions' points."""
        return round(sum(question.points for question in self.questions), 6)

    @property
    def out_of(self) -> float:
        """The maximum of the questions that count so far: one whose mark is missing is in neither total."""
        return sum(question.max_points for question in self.questions if not waits(self, question))

    @property
    def by_rule(self) -> float:
        """The penalty according to the late rule."""
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
    def remarks(self) -> list[str]:
        """What staff and the late rule say about the work as a whole: one sentence each."""
        remarks, rule, by = [], self.given.lateness.text, self.given.penalty
        if rule:
            remarks.append(rule)
        if by is not None and self.status == "graded":
            what = _taken_off(self.penalty) if self.penalty else "Nothing is taken off"
            instead = instead_of(self.penalty, self.by_rule)
            remarks.append(f"{what} for lateness{instead and ','}{instead}: {by.why or NO_REASON}.")
        elif self.penalty:
            remarks.append(f"{_taken_off(self.penalty)} for lateness.")
        if self.status != "graded":  # no question is shown, so what was given for one is listed here
            return [*remarks, *remarks_without_grade(self.given)]
        if comment := self.given.comments.get(""):
            remarks.append(f"Comment: {comment}")
        return remarks


def remarks_without_grade(given: StaffInput) -> list[str]:
    """Everything that staff gave, one sentence each, for work without a grade, whose questions are shown nowhere."""
    worth = {one.id: f" of {number(one.points)}" for one in given.by_hand or ()}
    remarks = [
        f"Staff gave {plural(mark.points, 'point')} for {id}: {mark.why or NO_REASON}."
        for id, mark in given.overrides.items()
    ]
    for id, points in given.marks.items():
        gave = f"{number(points)}{worth[id]} points" if id in worth else plural(points, "point")
        remarks.append(
            f"Staff gave {gave} for {id}{': ' if id in given.reasons else ''}{given.reasons.get(id, '')}."
        )
    if by := given.penalty:
        remarks.append(f"Staff set the late penalty to {plural(by.points, 'point')}: {by.why or NO_REASON}.")
    return remarks + [f"Comment{f' on {id}' if id else ''}: {text}" for id, text in given.comments.items()]


def apply_corrections(report: Report, given: StaffInput) -> CorrectedReport:
    """The report with what staff gave."""
    values = {f.name: getattr(report, f.name) for f in fields(Report)}
    values["questions"] = [_corrected(question, given) for question in _questions(report, given)]
    return CorrectedReport(**values, given=given)


def _questions(report: Report, given: StaffInput) -> list[Question]:
    """The report's questions, those marked by hand as the lab has them now; one for which nothing was written keeps its 0 points."""
    if given.by_hand is None or report.status != "graded":
        return report.questions
    left = {one.id: Question(one.id, one.title, one.points, by_hand=True) for one in given.by_hand}
    found = [_as_now(q, left.pop(q.id, None)) if q.by_hand else q for q in report.questions]
    graded = {question.id for question in report.questions}
    return [*filter(None, found), *(question for id, question in left.items() if id not in graded)]


def _as_now(question: Question, now: Question | None) -> Question | None:
    if now is not None:
        now.parts = [replace(part, max_points=now.max_points) for part in question.parts]
    return now


def _corrected(question: Question, given: StaffInput) -> Question:
    id = question.id
    if not any(id in people for people in (given.marks, given.reasons, given.overrides, given.comments)):
        return question  # most are unchanged, and a class has many
    values: dict[str, Any] = {f.name: getattr(question, f.name) for f in fields(Question)}
    if question.by_hand and id in given.marks:
        points = given.marks[id]
        values["parts"] = [Part("by hand", points, question.max_points, None if points > 0 else Kind.WRONG)]
    # A question marked by hand has no override: its mark is what staff gave.
    over = None if question.by_hand else given.overrides.get(id)
    return CorrectedQuestion(
        **values, given=over, why=given.reasons.get(id, ""), comment=given.comments.get(id, "")
    )


def waits(report: Report, question: Question) -> bool:
    """Whether its mark is still to come. In a class: it has none yet, although something was written. On a platform: it is marked by hand
    at all, since the platform has a question of its own for it."""
    in_a_class = isinstance(report, CorrectedReport) and report.given.by_hand is not None
    return question.by_hand and not (question.parts and (in_a_class or question.attempted))


def remarks_on(report: Report) -> list[str]:
    """`CorrectedReport.remarks`; empty for a report without corrections."""
    return report.remarks if isinstance(report, CorrectedReport) else []


def given_for(question: Question) -> Mark | None:
    """`CorrectedQuestion.given`; None for a question without corrections."""
    return question.given if isinstance(question, CorrectedQuestion) else None


def remarks_on_question(question: Question) -> list[str]:
    """`CorrectedQuestion.remarks`; empty for a question without corrections."""
    return question.remarks if isinstance(question, CorrectedQuestion) else []
