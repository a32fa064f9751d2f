"""What nbgrader's grade book, an SQLite file, holds of a class."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def read_book(path: Path) -> dict[str, dict[str, float | None]]:
    """Student → grade cell → automatic points."""
    book: dict[str, dict[str, float | None]] = {}
    for student, cell, points in _grades(path, "auto_score"):
        book.setdefault(student, {})[cell] = points
    return book


def left_to_mark(path: Path) -> dict[str, set[str]]:
    """Student → grade cells that nbgrader's formgrader asks a person to mark."""
    found: dict[str, set[str]] = {}
    for student, cell, waits in _grades(path, "needs_manual_grade"):
        found.setdefault(student, set()).update({cell} if waits else ())
    return found


def _grades(path: Path, column: str) -> list[tuple]:
    """Student, grade cell and this column of its grade, of every submission."""
    book = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = book.execute(
        f"""select submitted_assignment.student_id, base_cell.name, grade.{column} from grade
           join base_cell on base_cell.id = grade.cell_id
           join submitted_notebook on submitted_notebook.id = grade.notebook_id
           join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id"""
    )
    return rows.fetchall()
