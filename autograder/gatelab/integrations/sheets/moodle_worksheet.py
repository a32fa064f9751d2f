"""Moodle's offline grading worksheet: its header is in the site's language, and its first column holds "Participant 4711" in that language."""

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
from gatelab.submission.languages import IDENTIFIER, NO
from gatelab.submission.people import Person

PARTICIPANT = re.compile(r"^\D*\b(\d+)$")
STUDENT = (IDENTIFIER, "Full name", "Email address", "ID number", "Username")
CHANGEABLE = "Grade can be changed"  # Moodle passes over the rows that say no here


def moodle(
    path: Path,
    reports: Iterable[Report],
    grade_column: str = "Grade",
    feedback_column: str = "Feedback comments",
    rules: Rules | None = None,
    maximum_column: str = "Maximum Grade",
) -> Filled:
    """Fill grade and feedback of Moodle's offline grading worksheet. Raises ExportError."""
    sheet = read_sheet(path)
    maximum = sheet.columns(maximum_column)
    if sheet.columns("Scale") and not maximum:
        raise ExportError(
            f"{path}: its assignment is graded by a scale, which takes no points; set its grade to Point in Moodle and download the sheet again."
        )
    grade = sheet.column(grade_column, path, "--grade-column")
    feedback = sheet.column(feedback_column, path, "--feedback-column")
    rules = rules or Rules()
    scale = scale_to([row[k] for row in sheet.rows for k in maximum[:1]], rules.out_of, path)
    return fill(sheet, Worksheet(sheet, grade, feedback), reports, rules, scale)


class Worksheet:
    """The columns of Moodle's sheet (layout.py)."""

    def __init__(self, sheet: Sheet, grade: int, feedback: int) -> None:
        titles = enumerate(sheet.titles)
        self._student = {k: title for k, title in titles if title in STUDENT and k}
        self._changeable = sheet.columns(CHANGEABLE)
        self.ids = {0}
        self.to_fill = (grade, feedback)

    def keys(self, row: list[str]) -> list[str]:
        return [row[0], *(row[k] for k in self._student)]

    def person(self, row: list[str]) -> Person:
        found = PARTICIPANT.match(row[0].strip())
        cells = {title: row[k].strip() for k, title in self._student.items()}
        ids = tuple(filter(None, (cells.get("ID number", ""), cells.get("Username", ""))))
        number = found[1] if found else ""
        return Person(
            cells.get("Full name", ""), cells.get("Email address", ""), number, ids, moodle=bool(number)
        )

    def fixed(self, row: list[str]) -> str:
        return "locked" if any(folded(row[k]) in NO for k in self._changeable) else ""
