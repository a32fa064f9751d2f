"""A graded class, read back: who is in it, their results, their marks. Nothing is written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from gatelab.classrun import typed_names
from gatelab.classrun.folder import REPLACED, REPLACING, NoClass, class_table, newer_than, report_of
from gatelab.classrun.lock import at_work
from gatelab.classrun.staff_input import entry_for, mark_book
from gatelab.classrun.store import FOLDER, QUICK
from gatelab.report.by_hand.corrected_report import apply_corrections
from gatelab.report.by_hand.marks import MarksError, Work
from gatelab.report.record.model import Report
from gatelab.report.whole_class.class_json import SubmissionRow
from gatelab.report.whole_class.class_report import MISSING, PENDING, submission_of
from gatelab.text import visible


class GradedError(Exception):
    """The folder holds no graded class, or not the one that is asked for; one sentence that says what to do."""


@dataclass(frozen=True)
class ClassRow:
    """A row of a graded class."""

    name: str
    file: str  # stem of its output files
    status: str
    reason: str
    sha256: str
    report: Report | None  # as it counts, with points given by people; None: not graded yet
    marks: dict[str, float] = field(default_factory=dict)  # that count
    again: dict[str, str] = field(default_factory=dict)  # old marks, given to something else
    called: str = ""  # the student's name, where it is known


class ClassFolder:
    """The folder that `gatelab grade` wrote. Raises GradedError if it is not one."""

    def __init__(self, out: Path) -> None:
        self.out = Path(out)
        self.notes: list[str] = at_work(self.out)  # why marks or results are missing here, one sentence each
        try:
            table = class_table(self.out)
            if (self.out / REPLACING).exists():
                self.notes.append(f"{visible(str(self.out))}: {REPLACED}")
            if table.get(QUICK):
                self.notes.append(str(table[QUICK]))
            self.lab = str(table["lab"])
            self.title = str(table["title"])
            self._folder = Path(os.path.normpath(self.out / table.get(FOLDER, ".")))
            self._rows: dict[str, SubmissionRow] = {str(row["name"]): row for row in table["submissions"]}
            self.questions: dict[str, str] = {
                str(row["id"]): str(row["title"]) for row in [*table["questions"], *table["by_hand"]]
            }
            self._book = mark_book(self.out, table)
        except NoClass as error:
            raise GradedError(str(error)) from error
        try:
            self._book.read([self._work(row) for row in self._rows.values()])
        except MarksError as error:
            self.notes.append(f"{visible(str(error))} No mark is shown until then.")

    @property
    def names(self) -> list[str]:
        return list(self._rows)

    def find(self, typed: str) -> ClassRow:
        """The student with this name, or the one whose name begins with it. Raises GradedError with similar names."""
        try:
            name = typed_names.one_of(typed, [*map(_known_as, self._rows.values())], whole=False)
        except typed_names.NotOne as error:
            raise GradedError(str(error)) from error
        row = self._rows[name]
        report = self._report(row)
        if report is not None and row.get("status") not in (PENDING, MISSING):
            self.notes += filter(None, [newer_than(self.out, row, report)])
        work = self._work(row, report)
        given = entry_for(self._book, work, row)
        return ClassRow(
            name,
            str(row.get("file", "")),
            str(row.get("status", "")),
            str(row.get("reason", "")),
            work.sha256,
            apply_corrections(report, given) if report else None,
            given.marks,
            self._book.old_marks(work, self._book.again([work])[0]),
            _called(row),
        )

    def with_bytes(self, sha256: str) -> list[str]:
        """The names under which these bytes were handed in."""
        return [name for name, row in self._rows.items() if row.get("sha256") == sha256]

    def at(self, path: Path, names: list[str]) -> list[str]:
        """Those of these names whose notebook is this very file."""
        wanted = Path(path).resolve()
        return [
            name
            for name in names
            if (place := self._rows[name].get("place")) and (self._folder / place).resolve() == wanted
        ]

    def _report(self, row: SubmissionRow) -> Report | None:
        try:
            return report_of(self.out, row)
        except NoClass as error:
            raise GradedError(str(error)) from error

    @staticmethod
    def _work(row: SubmissionRow, report: Report | None = None) -> Work:
        """The row as marks know it; `report`: the one that is to be shown, whose bytes count."""
        sha256 = (report.sha256 if report else "") or str(row.get("sha256", ""))
        return Work.of(str(row["name"]), str(row.get("file", "")), sha256)


def _known_as(row: SubmissionRow) -> typed_names.ClassMember:
    known = typed_names.member(submission_of(row, Path()))
    return replace(known, listed=str(row.get("called", "")))


def _called(row: SubmissionRow) -> str:
    called = submission_of(row, Path()).called
    return called if called != row["name"] else ""
