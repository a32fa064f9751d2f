"""Enters grades into nbgrader's database, through its own API (`nbgrader.api.Gradebook`).

The assignment must be in the database already (`nbgrader generate_assignment`). The grader's points are entered as nbgrader's automatic
score; points given by a person as its manual score, and the remarks as the comment, so that all of it survives
nbgrader's own next autograding. A mark or a comment that somebody gave in formgrader is never overwritten: if it differs, it is kept and reported.
`people.py` finds the student of each submission.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gatelab.integrations.nbgrader.agreement import disagreement
from gatelab.integrations.nbgrader.gradebook_record import GradebookRecord
from gatelab.integrations.nbgrader.late_penalties import PenaltyRecord
from gatelab.integrations.nbgrader.manual_scores import is_too_high, too_high
from gatelab.integrations.nbgrader.people import students_of
from gatelab.lab.late import Lateness
from gatelab.lab.table import QuestionSpec
from gatelab.limits import LIBRARY_WORDS
from gatelab.report.by_hand.corrected_report import (
    CorrectedReport,
    given_for,
    remarks_on,
    remarks_on_question,
)
from gatelab.report.record.model import Question
from gatelab.report.record.points import equal, number
from gatelab.report.whole_class.graded_class import ExportError, Graded, GradedClass
from gatelab.text import brief


@dataclass
class Entered:
    """Who was entered, which of them are new to nbgrader, and one sentence for each thing that was not entered or is doubtful."""

    students: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def enter(
    database: Path, found: GradedClass, rows: Sequence[Graded], lab: Mapping[str, QuestionSpec] | None = None
) -> Entered:
    """Enter points, marks and overrides of these rows. `lab`: the questions of lab.toml, if it is known. Raises ExportError if the database
    has no such assignment, has other points, or cannot be written."""
    if not database.is_file():
        raise ExportError(
            f"{database}: there is no such database; run `nbgrader generate_assignment {found.lab}` first."
        )
    from nbgrader.api import Gradebook, MissingEntry

    entered = Entered()
    try:
        with _alembic_found(), Gradebook(f"sqlite:///{database.resolve()}") as book:
            try:
                notebooks = book.find_assignment(found.lab).notebooks
            except MissingEntry as error:
                raise ExportError(
                    f"{database}: it has no assignment {found.lab}; run `nbgrader generate_assignment {found.lab}` first."
                ) from error
            cells = {cell.name: cell.max_score for one in notebooks for cell in one.grade_cells}
            if why := disagreement(database, found, cells, lab):
                raise ExportError(why)
            there = book.students
            people, entered.notes = students_of(rows, found.lab, there)
            if there:
                entered.new = [one.student for one in people if one.new]
            made = [_submission(book, found.lab, one.student, one.details, one.row) for one in people]
            record, penalties = GradebookRecord.beside(found.folder, database), PenaltyRecord(str(database))
            for one, submission in zip(people, made, strict=True):
                _enter(submission, one.student, one.row, found.late, record, penalties, entered)
            record.keep(written=False)
            book.db.commit()
            record.keep(written=True)
            penalties.keep()
    except ExportError:
        raise
    except OSError as error:
        raise ExportError(
            f"{found.folder}: cannot be written ({error.strerror}); free some space or fix its permissions, and export again."
        ) from error
    except Exception as error:  # sqlalchemy's errors, if the file is not a database or is locked
        sqlite_error = getattr(error, "orig", None)
        if getattr(sqlite_error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise ExportError(f"{database}: is not a database; name nbgrader's with --db.") from error
        if sqlite_error is not None and (
            "no such column" in str(sqlite_error) or "has no column" in str(sqlite_error)
        ):
            raise ExportError(
                f"{database}: was made by an older nbgrader ({sqlite_error}); run `nbgrader db upgrade --db=sqlite:///{database.resolve()}`, and export again."
            ) from error
        raise ExportError(
            f"{database}: cannot be written ({brief(str(error).splitlines()[0], LIBRARY_WORDS)}); close it elsewhere."
        ) from error
    return entered


@contextmanager
def _alembic_found() -> Iterator[None]:
    """Make `alembic` available, which nbgrader starts by name; it is next to this Python but not always on the path."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join(filter(None, [str(Path(sys.executable).parent), before]))
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _submission(book: Any, lab: str, student: str, details: Mapping[str, str], row: Graded) -> Any:
    """nbgrader's submission for this row."""
    book.update_or_create_student(student, **details)
    time = {}
    if row.handed_in:
        time["timestamp"] = datetime.fromisoformat(row.handed_in).astimezone(UTC).replace(tzinfo=None)
    return book.update_or_create_submission(lab, student, **time)


def _enter(
    submission: Any,
    student: str,
    row: Graded,
    rule: bool,
    record: GradebookRecord,
    penalties: PenaltyRecord,
    entered: Entered,
) -> None:
    """Enter one row, without committing. `rule`: whether the lab has a rule for late work."""
    assert isinstance(row.report, CorrectedReport)
    questions = {question.id: question for question in row.report.questions}
    whole = remarks_on(row.report)
    for notebook in submission.notebooks:
        key = f"{student}/{notebook.name}"
        for grade in notebook.grades:
            question = questions.get(grade.name)
            if question is not None:
                _enter_points(grade, question, f"{key}/{grade.name}", row, record, entered)
        _enter_penalty(notebook, f"{key} late penalty", row, row.report, rule, record, penalties)
        comments = {comment.name.removesuffix("-solution"): comment for comment in notebook.comments}
        for question in questions.values():
            if question.id in comments:
                remarks = [*remarks_on_question(question), *(["On the whole:", *whole] if whole else [])]
                whole = []  # goes into the first answer's comment, because nbgrader has no other place for it
                _enter_comment(comments[question.id], question, key, remarks, row, record, entered)
    if whole:
        entered.notes.append(f"{row.called}: nbgrader has no place for this: {' '.join(whole)}")
    entered.students.append(student)


def _enter_penalty(
    notebook: Any,
    key: str,
    row: Graded,
    report: CorrectedReport,
    rule: bool,
    record: GradebookRecord,
    penalties: PenaltyRecord,
) -> None:
    """Enter the late penalty, or withdraw one that an export entered. By the rule it is that of the book's points, with formgrader's
    marks. If the lab has no rule, nbgrader's own plugin decides."""
    if report.given.penalty is not None:
        penalties.forget(notebook)
        notebook.late_submission_penalty = record.now[key] = report.penalty or None
    elif report.by_rule > 0 or (rule and bool(row.handed_in)):
        lateness = report.given.lateness if report.status == "graded" else Lateness()
        record.now[key] = penalties.enter(notebook, lateness) or None
    else:
        notebook.late_submission_penalty, _ = record.settle(key, notebook.late_submission_penalty, None)


def _enter_comment(
    comment: Any,
    question: Question,
    key: str,
    remarks: list[str],
    row: Graded,
    record: GradebookRecord,
    entered: Entered,
) -> None:
    wanted = "\n".join(remarks) or None
    value, done = record.settle(f"{key}/{comment.name} comment", comment.manual_comment or None, wanted)
    comment.manual_comment = value
    if not done:
        entered.notes.append(
            f"{row.called}, {question.id}: the grade book's comment was not written by an export from here and is kept; not entered: {wanted}"
        )


def _enter_points(
    grade: Any, question: Question, key: str, row: Graded, record: GradebookRecord, entered: Entered
) -> None:
    over = given_for(question)
    wanted = over.points if over else None
    waiting = question.by_hand and not question.parts
    if question.by_hand and question.attempted:
        wanted = question.points if question.parts else None
    else:  # the grader's points, or 0 for an answer that was not written
        grade.auto_score = min(question.graded, grade.max_score)
    waits = grade.manual_score is not None and grade.needs_manual_grade
    grade.manual_score, _ = record.settle(key, grade.manual_score, wanted)
    ours = wanted is not None and grade.manual_score is not None and equal(grade.manual_score, wanted)
    # Points from formgrader that agree with ours count as reviewed there. Others that wait to be looked at again, because they
    # were given to an earlier file, go on waiting.
    high = is_too_high(grade)
    grade.needs_manual_grade = waiting if grade.manual_score is None else high or (waits and not ours)
    if high:
        entered.notes.append(too_high(row.called, grade))
    elif grade.needs_manual_grade and grade.manual_score is not None:
        entered.notes.append(
            f"{row.called}, {grade.name}: the grade book's {number(grade.manual_score)} points wait to be looked at again in "
            "formgrader: the work was handed in again after they were given."
        )
    if wanted is None and not waiting:
        wanted = grade.auto_score  # nothing to enter, but a score that the grade book's may differ from
    there = grade.manual_score
    if there is not None and wanted is not None and not equal(there, wanted):
        entered.notes.append(
            f"{row.called}, {grade.name}: the grade book's {number(there)} points were not written by an export from here and are kept; not "
            f"entered: {number(wanted)}."
        )
