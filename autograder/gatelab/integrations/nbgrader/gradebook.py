"""Grades into nbgrader's database, through its own API (`nbgrader.api.Gradebook`).

The assignment must be in the database, as `nbgrader generate_assignment` puts it there. A mark that somebody gave in formgrader
is never written over: where it differs, it stands and is told.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gatelab.report.graded import ExportError, Graded, GradedClass
from gatelab.report.table import number


@dataclass
class Entered:
    """Who is entered, and one sentence each for what is not."""

    students: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def enter(database: Path, found: GradedClass, rows: Sequence[Graded]) -> Entered:
    """Enter points and marks of these rows. Raises ExportError when the database has no such assignment."""
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
            _check(
                database, found, {cell.name: cell.max_score for one in notebooks for cell in one.grade_cells}
            )
            for row in rows:
                for student, details in _students(row):
                    _enter(book, found.lab, student, details, row, entered)
    except ExportError:
        raise
    except Exception as error:  # sqlalchemy's, of a file that is none or is locked
        raise ExportError(
            f"{database}: cannot be written ({str(error).splitlines()[0][:120]}); close it elsewhere."
        ) from error
    return entered


@contextmanager
def _alembic_found() -> Iterator[None]:
    """nbgrader starts `alembic` by its name, which lies beside this Python and not always on the path."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join(filter(None, [str(Path(sys.executable).parent), before]))
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _check(database: Path, found: GradedClass, cells: dict[str, float]) -> None:
    points = {question["id"]: question["points"] for question in found.questions}
    wrong = [id for id in points if id not in cells or abs(cells[id] - points[id]) > 1e-9]
    if wrong:
        id = wrong[0]
        has = f"{number(cells[id])} points" if id in cells else "no cell"
        raise ExportError(
            f"{database}: it has {has} for {id}, the lab {number(points[id])} points; run `nbgrader generate_assignment "
            f"{found.lab}` again."
        )


def _students(row: Graded) -> list[tuple[str, dict[str, str]]]:
    """nbgrader's IDs for who handed this in, and what is known of them."""
    if not row.people:
        return [(row.name, {})]
    students = []
    for person in row.people:
        first, _, last = person.called.rpartition(" ")
        details = {"first_name": first or last, "last_name": last if first else "", "email": person.email}
        students.append(
            (person.id or person.email or row.name, {key: value for key, value in details.items() if value})
        )
    return students


def _enter(book: Any, lab: str, student: str, details: dict[str, str], row: Graded, entered: Entered) -> None:
    assert row.report is not None
    book.update_or_create_student(student, **details)
    time = {}
    if row.handed_in:
        time["timestamp"] = datetime.fromisoformat(row.handed_in).astimezone(UTC).replace(tzinfo=None)
    submission = book.update_or_create_submission(lab, student, **time)
    questions = {question.id: question for question in row.report.questions}
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            question = questions.get(grade.name)
            if question is None:
                continue
            if not question.by_hand:
                grade.auto_score = min(question.points, grade.max_score)
                grade.needs_manual_grade = False
            elif not question.parts:
                grade.needs_manual_grade = grade.manual_score is None
            elif grade.manual_score is None or abs(grade.manual_score - question.points) < 1e-9:
                grade.manual_score, grade.needs_manual_grade = question.points, False
            else:
                entered.notes.append(
                    f"{row.called}, {grade.name}: {number(grade.manual_score)} points from formgrader stand, not "
                    f"{number(question.points)}."
                )
    book.db.commit()
    entered.students.append(student)
