"""Grades into nbgrader's database, through its own API (`nbgrader.api.Gradebook`).

The assignment must be in the database, as `nbgrader generate_assignment` puts it there. The grader's points are entered as nbgrader's automatic
score; points given by a person as its manual score, and the remarks as the comment, so that all of it survives
nbgrader's own next autograding. A mark or a comment that somebody gave in formgrader is never overwritten: where it differs, it is kept and reported.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gatelab.integrations.nbgrader.sent import Sent
from gatelab.report.corrected import Counted, given_for, said_of_question
from gatelab.report.graded import ExportError, Graded, GradedClass
from gatelab.report.model import Question
from gatelab.report.table import number


@dataclass
class Entered:
    """Who was entered, and one sentence each about what was not."""

    students: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def enter(database: Path, found: GradedClass, rows: Sequence[Graded]) -> Entered:
    """Enter points, marks and overrides of these rows. Raises ExportError when the database has no such assignment, or nothing can be
    written."""
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
            people = _people(rows, entered)
            made = [_submission(book, found.lab, student, details, row) for row, student, details in people]
            sent = Sent.beside(found.folder, database)
            for (row, student, _), submission in zip(people, made, strict=True):
                _enter(submission, student, row, sent, entered)
            sent.keep(written=False)
            book.db.commit()
            sent.keep(written=True)
    except ExportError:
        raise
    except OSError as error:
        raise ExportError(
            f"{found.folder}: cannot be written ({error.strerror}); free some space or fix its permissions, and export again."
        ) from error
    except Exception as error:  # sqlalchemy's, of a file that is none or is locked
        if "file is not a database" in str(error):
            raise ExportError(f"{database}: is no database; name nbgrader's with --db.") from error
        raise ExportError(
            f"{database}: cannot be written ({str(error).splitlines()[0][:120]}); close it elsewhere."
        ) from error
    return entered


@contextmanager
def _alembic_found() -> Iterator[None]:
    """nbgrader starts `alembic` by its name; it is next to this Python and not always on the path."""
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


def _people(rows: Sequence[Graded], entered: Entered) -> list[tuple[Graded, str, dict[str, str]]]:
    """Each row with nbgrader's ID of a student and what is known about them. Of one with several rows nothing is entered."""
    people = [(row, student, details) for row in rows for student, details in _students(row)]
    count = Counter(student for _, student, _ in people)
    for student, times in count.items():
        if times > 1:
            names = ", ".join(row.name for row, who, _ in people if who == student)
            entered.notes.append(f"{student}: {times} submissions ({names}); enter the points by hand.")
    return [one for one in people if count[one[1]] == 1]


def _students(row: Graded) -> list[tuple[str, dict[str, str]]]:
    """nbgrader's IDs for those who handed this in, and what is known about them."""
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


def _submission(book: Any, lab: str, student: str, details: dict[str, str], row: Graded) -> Any:
    """nbgrader's submission of this row."""
    book.update_or_create_student(student, **details)
    time = {}
    if row.handed_in:
        time["timestamp"] = datetime.fromisoformat(row.handed_in).astimezone(UTC).replace(tzinfo=None)
    return book.update_or_create_submission(lab, student, **time)


def _enter(submission: Any, student: str, row: Graded, sent: Sent, entered: Entered) -> None:
    """Enter one row; nothing is committed."""
    assert isinstance(row.report, Counted)
    questions = {question.id: question for question in row.report.questions}
    late = row.report.given.penalty is not None or row.report.by_rule > 0
    for notebook in submission.notebooks:
        if late:  # otherwise nbgrader's own plugin decides, for a lab without a rule
            notebook.late_submission_penalty = row.report.penalty or None
        for grade in notebook.grades:
            question = questions.get(grade.name)
            if question is not None:
                _enter_points(grade, question, f"{student}/{notebook.name}/{grade.name}", row, sent, entered)
        for comment in notebook.comments:
            question = questions.get(comment.name.removesuffix("-solution"))
            if question is not None:
                key = f"{student}/{notebook.name}/{comment.name} comment"
                wanted = "\n".join(said_of_question(question)) or None
                value, done = sent.settle(key, comment.manual_comment or None, wanted)
                comment.manual_comment = value
                if not done:
                    entered.notes.append(
                        f"{row.called}, {question.id}: the comment from formgrader stands, not: {wanted}"
                    )
    entered.students.append(student)


def _enter_points(
    grade: Any, question: Question, key: str, row: Graded, sent: Sent, entered: Entered
) -> None:
    over = given_for(question)
    wanted = over.points if over else None
    if question.by_hand:
        wanted = question.points if question.parts else None
    else:
        grade.auto_score = min(question.graded, grade.max_score)
    value, done = sent.settle(key, grade.manual_score, wanted)
    grade.manual_score = value
    # Points given in formgrader that nothing contradicts were reviewed there.
    grade.needs_manual_grade = question.by_hand and value is None
    if not done:
        entered.notes.append(
            f"{row.called}, {grade.name}: {number(grade.manual_score)} points from formgrader stand, not {number(wanted or 0.0)}."
        )
