"""What people gave a class, read with its class.json: for readers of an output folder, who have neither the lab nor the submissions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gatelab.classrun.markbook import MarkBook
from gatelab.classrun.store import QUICK
from gatelab.lab.late import Lateness
from gatelab.report.by_hand.corrected_report import (
    CorrectedReport,
    HandMarkedQuestion,
    StaffInput,
    apply_corrections,
)
from gatelab.report.by_hand.marks import Work
from gatelab.report.outputs.grade_table import header
from gatelab.report.record.model import Report
from gatelab.report.whole_class.class_json import ClassFile, SubmissionRow


def mark_book(out: Path, table: ClassFile) -> MarkBook:
    """The mark book of the class with this class.json; nothing is read yet."""
    by_hand = [
        HandMarkedQuestion(str(row["id"]), str(row["title"]), float(row["points"]))
        for row in table["by_hand"]
    ]
    automatic = {str(row["id"]): float(row["max_points"]) for row in table["questions"]}
    order = header(list(automatic), [one.id for one in by_hand], bool(table.get("late")))
    # A first look is at all questions, though it can grade only some.
    is_part = not table["all_questions"] and not table.get(QUICK)
    return MarkBook(out, {one.id: one.points for one in by_hand}, order, automatic, tuple(by_hand), is_part)


def entry_for(book: MarkBook, work: Work, row: SubmissionRow) -> StaffInput:
    """The grade book's entry for a row of class.json, with what the late rule said about it."""
    return replace(book.given(work), lateness=Lateness(**row.get("lateness", {})))


def with_corrections(book: MarkBook, work: Work, row: SubmissionRow, report: Report) -> CorrectedReport:
    """The report of a row of class.json as it counts."""
    return apply_corrections(report, entry_for(book, work, row))
