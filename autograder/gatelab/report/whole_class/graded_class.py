"""A graded class, ready for exporting grades and feedback: people, reports with the marks by hand, what is still missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from gatelab.lab.table import QuestionSpec
from gatelab.report.record.model import Report
from gatelab.report.record.points import plural
from gatelab.submission.people import Person


class ExportError(Exception):
    """Nothing can be exported; the message names the file and says what to do."""


@dataclass(frozen=True)
class Graded:
    """One row of the class: the newest attempt."""

    name: str
    called: str  # the student's name, for people to read
    file: str
    status: str
    report: Report | None  # with the marks by hand; None if nothing was handed in
    people: tuple[Person, ...] = ()
    entry: str = ""
    handed_in: str = ""
    attempts: int = 1
    on_page: bool = True  # whether the feedback page is up to date

    @property
    def graded(self) -> bool:
        return self.report is not None and self.report.status == "graded"

    @property
    def open(self) -> tuple[tuple[str, float], ...]:
        """The questions that still lack marks by hand, with their points."""
        if self.report is None or not self.graded:
            return ()
        return tuple((q.id, q.max_points) for q in self.report.questions if q.by_hand and not q.parts)


@dataclass(frozen=True)
class GradedClass:
    """`out_of`: the points of the whole lab, including marks by hand. `notes`: remarks from reading the marks, one sentence each.
    `late`: whether the lab has a rule for late work."""

    folder: Path
    lab: str
    out_of: float
    rows: list[Graded]
    questions: list[QuestionSpec] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    late: bool = False

    def reports(self) -> list[Report]:
        return [row.report for row in self.rows if row.report is not None]

    def people(self) -> dict[str, tuple[Person, ...]]:
        return {row.name: row.people for row in self.rows}

    def lacking(self) -> list[Graded]:
        """Rows whose totals still lack marks by hand."""
        return [row for row in self.rows if row.open]


def lacking_lines(rows: list[Graded], partial: bool) -> list[str]:
    """One line for each set of questions for which somebody's marks are missing."""
    missing = Counter(row.open for row in rows)
    lines = []
    for open_, count in missing.items():
        what = f"{', '.join(id for id, _ in open_)} ({plural(sum(most for _, most in open_), 'point')})"
        if partial:
            lines.append(
                f"without {what} for {plural(count, 'student')}: write the marks into grades.csv and export again."
            )
        else:
            verb = "lacks" if count == 1 else "lack"
            lines.append(
                f"{plural(count, 'total')} left out that still {verb} {what}: write the marks into grades.csv and export "
                "again, or export what there is with --partial."
            )
    return lines
