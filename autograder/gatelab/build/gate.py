"""The gate before anything is written: the solution earns everything, the release earns and shows nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from gatelab.build import leaks
from gatelab.build.errors import BuildError
from gatelab.lab import Lab
from gatelab.report.model import Question, Report

Grade = Callable[[Path], Report]


def check_leaks(
    release: Path, lab: Lab, masters: dict[str, NotebookNode], shared: Iterable[str] = ()
) -> None:
    """Raise BuildError when a file of the release shows a line of a solution or of tests/hidden.

    masters: file name → the notebook of a master, solution regions and all.
    shared: lines that may stand in both.
    """
    secrets = list(leaks.hidden_needles(lab.hidden))
    for name, notebook in masters.items():
        secrets += leaks.solution_needles(notebook, name)
    found = leaks.search(release, secrets, shared)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise BuildError(f"{found[0]}{more}.")


def check_points(release: Path, solved: Path, lab: Lab, grade: Grade) -> list[str]:
    """Raise BuildError unless the solved notebook earns all automatic points and the untouched release none.

    Only the questions with a check cell count; the IDs of the others are returned.
    """
    asked = set(graded_ids(solved))
    report = grade(solved)
    if report.status != "graded":
        raise BuildError(f"The solved notebook could not be graded: {report.reason}")
    for question in report.questions:
        if question.id in asked and not question.by_hand and question.points != question.max_points:
            raise BuildError(_too_few(question))
    report = grade(release / lab.notebook)
    if report.status != "graded":
        raise BuildError(f"The untouched release could not be graded: {report.reason}")
    for question in report.questions:
        if question.points != 0:
            given = next((part.name for part in question.parts if part.points), "?")
            raise BuildError(
                f"The untouched release earns {question.points:g} points in {question.id} ({given})."
            )
    return [id for id in lab.questions if id not in asked]


def _too_few(question: Question) -> str:
    """Why the solution does not earn all points of a question: a part that fails, or parts that share out others."""
    earned = f"The solution earns {question.points:g} of {question.max_points:g} points in {question.id}"
    failed = next((part for part in question.parts if not part.passed), None)
    if failed:
        return f"{earned} ({failed.name}: {failed.message})."
    if question.parts:
        return (
            f"{earned}, and passes everything: the parts of its hidden suite share out {question.points:g} points, "
            "questions.toml says otherwise."
        )
    return f"{earned} ({question.note or 'no part was graded'})."


def graded_ids(path: Path) -> list[str]:
    """The IDs of a notebook's grade cells."""
    notebook = nbformat.read(path, as_version=4)
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return [mark["grade_id"] for mark in marks if mark.get("grade")]
