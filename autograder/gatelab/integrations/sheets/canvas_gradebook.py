"""The sheet that Canvas's grade book exports: an assignment's column is titled "… (ID)", and its maximum is in a row of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from gatelab.integrations.sheets.cells import folded
from gatelab.integrations.sheets.downloaded import Sheet, read_sheet
from gatelab.integrations.sheets.fill import Rules, fill
from gatelab.integrations.sheets.filled import Filled
from gatelab.integrations.sheets.scale import scale_to
from gatelab.report.record.model import Report
from gatelab.report.whole_class.graded_class import ExportError
from gatelab.submission.people import Person
from gatelab.submission.spreadsheet import normal

NUMBER = "ID"
STUDENT = ("Student", NUMBER, "SIS User ID", "SIS Login ID")


def canvas(
    path: Path, reports: Iterable[Report], assignment: str | None = None, rules: Rules | None = None
) -> Filled:
    """Fill the assignment's column of a sheet that Canvas's grade book exported.

    `assignment` is that column's title, with Canvas's "(ID)" or without, or its ID; without it, the one column titled "… (ID)" is taken, since Canvas
    makes a new assignment of a title it does not know. Raises ExportError.
    """
    sheet = read_sheet(path)
    if NUMBER not in sheet.header or "Section" not in sheet.header:
        raise ExportError(
            f"{path}: no columns ID and Section as Canvas exports them; download it from Canvas's grade book."
        )
    gradebook = Gradebook(sheet.header, _assignment_column(sheet, path, assignment))
    rules = rules or Rules()
    scale = scale_to(gradebook.points_possible(sheet.rows), rules.out_of, path)
    return fill(sheet, gradebook, reports, rules, scale)


class Gradebook:
    """The columns of Canvas's sheet (layout.py)."""

    def __init__(self, header: list[str], grade: int) -> None:
        self._grade = grade
        self._student = {title: header.index(title) for title in STUDENT if title in header}
        self.ids = {self._student[NUMBER]}
        self.to_fill = (grade,)

    def keys(self, row: list[str]) -> list[str]:
        cells = {title: row[k] for title, k in self._student.items()}
        return list(cells.values()) if cells[NUMBER].strip() else []

    def person(self, row: list[str]) -> Person:
        cells = {title: row[k].strip() for title, k in self._student.items()}
        ids = tuple(filter(None, (cells.get(title, "") for title in STUDENT[2:])))
        return Person(cells.get("Student", ""), number=cells[NUMBER].strip(), ids=ids, canvas=True)

    def fixed(self, row: list[str]) -> str:
        return "excused" if folded(row[self._grade]) == "ex" else ""

    def points_possible(self, rows: list[list[str]]) -> list[str]:
        """The assignment's maximum: in a row that belongs to no student."""
        first = self._student.get("Student", 0)
        return [row[self._grade] for row in rows if folded(row[first]) == "points possible"]


def _assignment_column(sheet: Sheet, path: Path, assignment: str | None) -> int:
    titled = {k: re.search(r"\((\d+)\)\s*$", title) for k, title in enumerate(sheet.header)}
    found = [
        k
        for k, match in titled.items()
        if match
        and (
            assignment is None
            or normal(assignment) in map(normal, (sheet.header[k], match.string[: match.start()], match[1]))
        )
    ]
    if len(found) != 1:
        titles = ", ".join(sheet.header[k] for k, match in titled.items() if match)
        if not titles:
            raise ExportError(
                f"{path}: it has no assignment; make the lab an assignment in Canvas and export the grade book again."
            )
        wanted = (
            f"{'more than one' if found else 'no'} column {assignment!r}"
            if assignment
            else "not exactly one assignment"
        )
        raise ExportError(
            f"{path}: it has {wanted}; choose with --assignment one of its assignments: {titles}."
        )
    return found[0]
