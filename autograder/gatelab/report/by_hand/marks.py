"""Marks by hand, as stored in `marks.csv`: who, which question, how many points, for which file.

A mark belongs to the file that was marked. It counts for a submission with the same name and the same bytes, and if the same bytes in the same
entry get another name, it moves along; for anything else it is an old mark, listed as "to be marked again".
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from gatelab.submission.spreadsheet import SheetError, read_table
from gatelab.text import escape_formula, unescape_formula

COLUMNS = ("submission", "question", "points", "sha256", "entry", "given", "source", "why")
NUMBER = re.compile(r"\d+(?:[.,]\d*)?|[.,]\d+")


class MarksError(Exception):
    """A mark cannot be read; the message names the file, the row, the column and what to do."""


class Work(NamedTuple):
    """What one student handed in, as far as marks need it. The texts have passed `escape_formula`, as in the tables."""

    name: str
    file: str  # stem of its output files
    sha256: str  # of the notebook; empty if there is none
    entry: str = ""  # the notebook's path in the class's folder

    @classmethod
    def of(cls, name: str, file: str, sha256: str, entry: str = "") -> Work:
        return cls(escape_formula(name), escape_formula(file), sha256, escape_formula(entry))


@dataclass(frozen=True)
class Mark:
    """One row of marks.csv. `more` has columns that this version of the kit does not know; they are kept."""

    submission: str
    question: str
    points: float
    sha256: str
    entry: str = ""
    given: str = ""  # UTC, ISO 8601
    source: str = ""  # the table it was read from, or the command
    more: tuple[tuple[str, str], ...] = ()
    why: str = ""  # the reason, one line; shown to the student too

    @property
    def key(self) -> tuple[str, str, str]:
        return self.submission, self.question, self.sha256


@dataclass
class Marks:
    """All marks of a class, by name, question and bytes, in the order in which they were given."""

    by_key: dict[tuple[str, str, str], Mark] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.by_key)

    def give(self, mark: Mark) -> None:
        """Enter a mark; it replaces one for the same bytes."""
        was = self.by_key.pop(mark.key, None)
        self.by_key[mark.key] = replace(mark, more=was.more) if was and not mark.more else mark

    def withdraw(self, name: str, question: str) -> list[Mark]:
        """Remove every mark given to somebody for a question, whatever bytes it was given for."""
        withdrawn = [
            mark for mark in self.by_key.values() if (mark.submission, mark.question) == (name, question)
        ]
        for mark in withdrawn:
            del self.by_key[mark.key]
        return withdrawn

    def points(self, name: str, question: str, sha256: str) -> float | None:
        """The mark for these bytes."""
        mark = self.by_key.get((name, question, sha256))
        return mark.points if mark else None

    def put_back(self, older: Marks) -> list[str]:
        """Enter the marks in `older` that are missing here; returns whose and which they were."""
        missing = [mark for key, mark in older.by_key.items() if key not in self.by_key]
        for mark in missing:
            self.give(mark)
        return [f"{mark.submission} {mark.question}" for mark in missing]

    def follow(self, works: list[Work]) -> None:
        """Move marks to the name that their submission has now: the same entry with the same bytes is the same submission, whoever joined the class.

        Marks that belong to a person, without bytes, move with the entry if nobody has the old name any more.
        """
        names = {work.name for work in works}
        here = {(work.name, work.sha256) for work in works}
        now = {
            (work.entry, sha256): work.name for work in works if work.entry for sha256 in {work.sha256, ""}
        }
        for mark in [*self.by_key.values()]:
            name = now.get((mark.entry, mark.sha256))
            if (
                name is None
                or (mark.submission, mark.sha256) in here
                or (not mark.sha256 and mark.submission in names)
            ):
                continue
            del self.by_key[mark.key]
            if (moved := replace(mark, submission=name)).key not in self.by_key:
                self.give(moved)

    def counting(self, work: Work, questions: dict[str, float]) -> dict[str, float]:
        """Question → points, of the marks that count for this work; `questions`: ID → maximum points."""
        found = {id: self.points(work.name, id, work.sha256) for id in questions}
        return {id: points for id, points in found.items() if points is not None and points <= questions[id]}

    def too_high(self, work: Work, questions: dict[str, float]) -> dict[str, float]:
        """Question → points, of the marks for this very work that do not count because they are more than the question is worth now."""
        found = {id: self.points(work.name, id, work.sha256) for id in questions}
        return {id: points for id, points in found.items() if points is not None and points > questions[id]}

    def again(self, works: list[Work], questions: dict[str, float]) -> list[dict[str, tuple[float, str]]]:
        """For each submission: question → points and name of its last mark that no longer counts.

        That is a mark under its name for other bytes; one for the same entry or the same bytes under another name, if no other
        submission claims it; or one above the question's current maximum. Marks under its own name take precedence.
        """
        here = {(work.name, work.sha256) for work in works}
        alone = _alone(works)
        named: dict[str, list[Mark]] = defaultdict(list)
        moved: dict[str, list[Mark]] = defaultdict(list)  # by entry and by bytes
        for mark in self.by_key.values():
            named[mark.submission].append(mark)
            if (mark.submission, mark.sha256) not in here:
                for sign in {mark.entry, mark.sha256} - {""}:
                    moved[sign].append(mark)
        found = []
        for work in works:
            signs = [work.entry, *([work.sha256] if work.sha256 in alone else [])]
            old = [*(mark for sign in signs for mark in moved.get(sign, ())), *named[work.name]]
            open = questions.keys() - self.counting(work, questions).keys()
            found.append(
                {mark.question: (mark.points, mark.submission) for mark in old if mark.question in open}
            )
        return found

    def strangers(self, works: list[Work]) -> list[str]:
        """Names with marks that belong to no submission of the class and are not in the result of `again`."""
        names = {work.name for work in works}
        here = ({work.entry for work in works} | _alone(works)) - {""}
        return sorted(
            {
                mark.submission
                for mark in self.by_key.values()
                if mark.submission not in names and not here & {mark.entry, mark.sha256}
            }
        )

    def only(self, works: list[Work]) -> Marks:
        """Those that count for one of these submissions, whichever class they were given in."""
        here = {(work.name, work.sha256) for work in works if work.sha256}
        return Marks({key: mark for key, mark in self.by_key.items() if (key[0], key[2]) in here})

    def text(self) -> str:
        """marks.csv, UTF-8, a header row first."""
        return ledger_text(COLUMNS, ((mark, exact(mark.points), "") for mark in self.by_key.values()))


def _alone(works: list[Work]) -> set[str]:
    """Hashes of files that only one of them handed in."""
    return {sha256 for sha256, count in Counter(work.sha256 for work in works).items() if count == 1} - {""}


def read_marks(data: bytes) -> Marks:
    """The contents of marks.csv. Raises MarksError, whose message has no subject, if it is incomplete or invalid."""
    found = Marks()
    for number, row, more in ledger_rows(data, COLUMNS, ("question", "points", "sha256")):
        points = number_of(row.pop("points"))
        if points is None or not row["submission"] or not row["question"].strip():
            raise MarksError(f"has no mark in line {number}")
        found.give(Mark(points=points, more=more, **row))
    return found


def ledger_text(columns: Sequence[str], entries: Iterable[tuple[Mark, str, str]]) -> str:
    """A table of marks as CSV, a header row first. An entry has the mark, its points and its kind (`what`) as written."""
    rows = list(entries)
    more = list(dict.fromkeys(title for mark, *_ in rows for title, _ in mark.more))
    text = io.StringIO()
    table = csv.DictWriter(text, [*columns, *more], "", "ignore", lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writeheader()
    for mark, points, what in rows:
        own = {**vars(mark), "points": points, "what": what, "why": escape_formula(mark.why)}
        table.writerow({**dict(mark.more), **{title: own[title] for title in columns}})
    return text.getvalue()


def ledger_rows(
    data: bytes, columns: Sequence[str], needed: Sequence[str]
) -> Iterator[tuple[int, dict[str, str], tuple[tuple[str, str], ...]]]:
    """The rows of such a table: line, own columns, columns that this version of the kit does not know.

    Raises MarksError, whose message has no subject, if it is not a table or lacks a `needed` column.
    """
    try:
        table = read_table(data, "submission", columns)
    except SheetError as error:
        raise MarksError(str(error)) from error
    for title in needed:
        if title not in table.columns:
            raise MarksError(f"has no column {title!r}")
    for line in table.lines:
        if line.above:
            continue
        row = {title: table.raw(line, title) for title in columns}
        row["why"] = unescape_formula(row["why"])
        yield (
            line.number,
            row,
            tuple(
                (title, line.cells[k]) for k, title in table.others.items() if title and k < len(line.cells)
            ),
        )


def number_of(text: str) -> float | None:
    """The points in a cell, which may be written 1,5; None if it is not a number."""
    text = text.strip().removeprefix("'").strip()
    return float(text.replace(",", ".")) if NUMBER.fullmatch(text) else None


def exact(points: float) -> str:
    """All digits of a number of points: 2, 1.5, 0.3333333333333333."""
    return f"{Decimal(repr(points)):f}".removesuffix(".0")
