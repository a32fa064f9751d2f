"""What nbgrader's grade book, an SQLite file, contains about a class."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from nbgrader.api import Gradebook

from gatelab.integrations.nbgrader.course import find_programs
from helpers.tiny_class import Tiny


def make_book(tiny: Tiny) -> Path:
    """Make a grade book with the class's lab, as after `nbgrader generate_assignment`, but without students."""
    find_programs()  # alembic, with which nbgrader creates the book
    path = tiny.base / "gradebook.db"
    with Gradebook(f"sqlite:///{path}") as book:
        book.add_assignment("softmax")
        book.add_notebook("lab", "softmax")
        for question in tiny.book()["questions"]:
            id = question["id"]
            book.add_grade_cell(id, "lab", "softmax", max_score=question["max_points"], cell_type="code")
            book.add_solution_cell(f"{id}-solution", "lab", "softmax")
        for question in tiny.book()["by_hand"]:
            id = question["id"]
            book.add_grade_cell(id, "lab", "softmax", max_score=question["points"], cell_type="markdown")
            book.add_solution_cell(id, "lab", "softmax")
    return path


def read_book(path: Path, assignment: str | None = None) -> dict[str, dict[str, float | None]]:
    """Student → grade cell → automatic points, in a book with one assignment, or for the one that is named."""
    book: dict[str, dict[str, float | None]] = {}
    for student, cell, points, of in _grades(path, "auto_score"):
        if assignment in (None, of):
            book.setdefault(student, {})[cell] = points
    return book


def left_to_mark(path: Path) -> dict[str, set[str]]:
    """Student → grade cells that nbgrader's formgrader asks a person to mark."""
    found: dict[str, set[str]] = {}
    for student, cell, waits, _ in _grades(path, "needs_manual_grade"):
        found.setdefault(student, set()).update({cell} if waits else ())
    return found


def _grades(path: Path, column: str) -> list[tuple]:
    """Student, grade cell, this column of its grade and the assignment, of every submission."""
    book = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = book.execute(
        f"""select submitted_assignment.student_id, base_cell.name, grade.{column}, assignment.name from grade
           join base_cell on base_cell.id = grade.cell_id
           join submitted_notebook on submitted_notebook.id = grade.notebook_id
           join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
           join assignment on assignment.id = submitted_assignment.assignment_id"""
    )
    return rows.fetchall()
