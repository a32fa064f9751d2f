"""Checks that a lab still has the cells that its submissions in nbgrader's grade book have."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.utils import is_grade, is_locked, is_solution

from gatelab.lab.spec import Lab


def changed_cells(lab: Lab, book_url: str) -> str:
    """A sentence that says which cells were added or removed since submissions were entered in the grade book, and what to do;
    "" if none were.

    nbgrader itself would fail with a traceback, after it had removed the release.
    """
    with Gradebook(book_url) as book:
        try:
            notebook = book.find_notebook(Path(lab.notebook).stem, lab.name)
        except MissingEntry:
            return ""
        count = len(notebook.submissions)
        known = [
            {cell.name for cell in cells}
            for cells in (notebook.grade_cells, notebook.solution_cells, notebook.source_cells)
        ]
    cells = nbformat.read(lab.assignment / lab.notebook, as_version=4).cells
    now = [
        {cell.metadata.nbgrader.grade_id for cell in cells if is_one(cell)}
        for is_one in (
            is_grade,
            is_solution,
            lambda cell: is_grade(cell) or is_solution(cell) or is_locked(cell),
        )
    ]
    if not count or now == known:
        return ""
    was, has = set().union(*known), set().union(*now)
    changes = [
        f"{what} {', '.join(sorted(names))}"
        for what, names in (("added:", has - was), ("removed:", was - has))
        if names
    ]
    return (
        f"{lab.name}: the grade book has {count} submissions of a release with other cells ({'; '.join(changes) or 'of other kinds'}). "
        f"Nothing was changed. Put the cells back as they were, or copy gradebook.db, remove the submissions from it with "
        f"`nbgrader db assignment remove {lab.name} --force`, and run this again (docs/nbgrader.md says what is lost)."
    )
