"""Reads back what `gatelab grade` wrote, for an export, with the marks by hand that are now in grades.csv."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gatelab.classrun.folder import (
    NoClass,
    class_table,
    report_needed,
    require_no_interrupted_regrade,
    require_one_run,
)
from gatelab.classrun.lock import at_work
from gatelab.classrun.markbook import MarkBook
from gatelab.classrun.staff_input import mark_book, with_corrections
from gatelab.classrun.store import QUICK
from gatelab.lab.table import QuestionSpec
from gatelab.report.by_hand.corrected_report import (
    CorrectedReport,
    remarks_on,
    remarks_on_question,
    remarks_without_grade,
)
from gatelab.report.by_hand.marks import MarksError, Work
from gatelab.report.record.model import Report
from gatelab.report.whole_class.class_json import ClassFile, SubmissionRow
from gatelab.report.whole_class.class_report import MISSING, PENDING, submission_of
from gatelab.report.whole_class.graded_class import ExportError, Graded, GradedClass
from gatelab.submission.people import Person


def read_graded(folder: Path) -> GradedClass:
    """What is in a folder that `gatelab grade` wrote. Raises ExportError when it is not one, or not all is graded."""
    busy = at_work(folder)
    contents = _read(folder)
    table, book = contents.table, contents.book
    _refuse_parts(folder, table)
    works = {
        row["name"]: Work.of(
            row["name"], row["file"], row.get("sha256") or _sha256(contents.reports.get(row["name"]))
        )
        for row in table["submissions"]
    }
    try:
        book.read(list(works.values()))
    except MarksError as error:
        raise ExportError(str(error)) from error
    found = []
    changed = {change.name for change in book.changes}
    for row in contents.rows:
        name = row["name"]
        graded = contents.reports.get(name)
        report = None if graded is None else with_corrections(book, works[name], row, graded)
        found.append(
            Graded(
                name, row.get("called") or name, row["file"], row["status"], report, contents.people[name],
                row.get("entry") or "", row.get("handed_in") or "", row.get("attempts", 1),
                name not in changed and _as_written(row, report),
            )
        )  # fmt: skip
    questions = _questions(table)
    return GradedClass(
        folder, table["lab"], sum(q.points for q in questions), found, questions,
        [*busy, *book.notes, *book.lines_of_too_high(list(works.values()))],
        bool(table.get("late")),
    )  # fmt: skip


@dataclass(frozen=True)
class _Contents:
    """What is in the folder, before marks by hand are applied. Reports and people are found by the name of their row."""

    table: ClassFile
    rows: list[SubmissionRow]  # of its submissions, without earlier attempts
    reports: dict[str, Report]
    people: dict[str, tuple[Person, ...]]
    book: MarkBook  # not read yet


def _read(folder: Path) -> _Contents:
    """Raises ExportError when the folder is no graded class."""
    try:
        table = class_table(folder)
        rows = [row for row in table["submissions"] if not row.get("newest")]
        handed_in = [row for row in rows if row["status"] not in (PENDING, MISSING)]
        reports = {row["name"]: report_needed(folder, row) for row in handed_in}
        require_no_interrupted_regrade(folder)
        require_one_run(folder, table["submissions"], reports)
        people = {row["name"]: submission_of(row, folder).people for row in rows}
        return _Contents(table, rows, reports, people, mark_book(folder, table))
    except NoClass as error:
        raise ExportError(str(error)) from error


def _refuse_parts(folder: Path, table: ClassFile) -> None:
    """Raises ExportError when submissions, training or questions were left out of the grading."""
    waiting = sum(row["status"] == PENDING for row in table["submissions"])
    if waiting:
        raise ExportError(f"{folder}: {waiting} submissions are not graded yet; run gatelab grade again.")
    if table.get(QUICK):
        raise ExportError(
            f"{folder}: {table[QUICK]} Grade without --quick, into another -o, and export that."
        )
    if not table["all_questions"]:
        graded = ", ".join(q["id"] for q in table["questions"])
        raise ExportError(
            f"{folder}: only {graded} was graded here; grade without --question, into another -o, "
            "and export that."
        )


def _questions(table: ClassFile) -> list[QuestionSpec]:
    """The questions of the lab, those graded by hand last."""
    return [QuestionSpec(q["id"], q["title"], q["max_points"]) for q in table["questions"]] + [
        QuestionSpec(q["id"], q["title"], q["points"], by_hand=True) for q in table["by_hand"]
    ]


def _as_written(row: SubmissionRow, report: CorrectedReport | None) -> bool:
    """Whether the class was last written out, pages and all, with what counts now."""
    if report is None:
        return True
    remarks = remarks_without_grade(report.given)
    if report.status == "graded":
        of_questions = [f"{q.id}: {line}" for q in report.questions for line in remarks_on_question(q)]
        remarks = of_questions + remarks_on(report)
    written = row.get("staff_remarks", row.get("said"))
    return (row.get("marks"), written) == (report.given.marks, remarks)


def _sha256(report: Report | None) -> str:
    return report.sha256 if report else ""
