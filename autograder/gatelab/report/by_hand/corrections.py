"""Staff's corrections, as stored in `corrections.csv`: points of a question, comments, late penalties.

Like marks, points and comments belong to the file they were given for: they apply to the same name and the same bytes in every regrading,
and if another file is handed in under the name, they are listed as to be given again. A late penalty belongs to the person, by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gatelab.report.by_hand.marks import (
    Mark,
    Marks,
    MarksError,
    Work,
    exact,
    ledger_rows,
    ledger_text,
    number_of,
)

COLUMNS = ("submission", "what", "question", "points", "why", "sha256", "entry", "given", "source")
POINTS, COMMENT, LATE = "points", "comment", "late"


@dataclass
class Corrections:
    """Three tables of `Mark`s. `points`: instead of the grader's; `comments`: the text is in `why`, the question is "" for the
    whole submission; `late`: points deducted instead of the rule's penalty, without question and hash."""

    points: Marks = field(default_factory=Marks)
    comments: Marks = field(default_factory=Marks)
    late: Marks = field(default_factory=Marks)

    @property
    def tables(self) -> dict[str, Marks]:
        return {POINTS: self.points, COMMENT: self.comments, LATE: self.late}

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))

    def put_back(self, older: Corrections) -> list[str]:
        """Like `Marks.put_back`."""
        return [
            f"{whose} {'' if what == POINTS else what}".strip()
            for what, table in self.tables.items()
            for whose in table.put_back(older.tables[what])
        ]

    def only(self, works: list[Work]) -> Corrections:
        """Those that count for one of these submissions, whichever class they were given in, without late penalties, which depend on the due date."""
        return Corrections(self.points.only(works), self.comments.only(works))

    def strangers(self, works: list[Work]) -> list[str]:
        """Names with corrections that belong to no submission of the class."""
        return sorted({name for table in self.tables.values() for name in table.strangers(works)})

    def penalty(self, work: Work) -> Mark | None:
        """The penalty that replaces the late rule's."""
        return self.late.by_key.get((work.name, "", ""))

    def comments_on(self, work: Work) -> dict[str, str]:
        """Question ("" for the whole submission) → comment."""
        return {
            mark.question: mark.why
            for mark in self.comments.by_key.values()
            if (mark.submission, mark.sha256) == (work.name, work.sha256)
        }

    def text(self) -> str:
        """corrections.csv, UTF-8, a header row first."""
        marks = [(what, mark) for what, table in self.tables.items() for mark in table.by_key.values()]
        return ledger_text(
            COLUMNS, ((mark, "" if what == COMMENT else exact(mark.points), what) for what, mark in marks)
        )


def read_corrections(data: bytes) -> Corrections:
    """The contents of corrections.csv. Raises MarksError, whose message has no subject, if it is incomplete or invalid."""
    found = Corrections()
    for number, row, more in ledger_rows(data, COLUMNS, ("what", "question", "points", "why", "sha256")):
        what, points = row.pop("what").strip(), number_of(row.pop("points"))
        is_whole = (points is not None or what == COMMENT) and (row["question"].strip() or what != POINTS)
        if what not in found.tables or not row["submission"] or not is_whole:
            raise MarksError(f"has no correction in line {number}")
        found.tables[what].give(Mark(points=points or 0.0, more=more, **row))
    return found
