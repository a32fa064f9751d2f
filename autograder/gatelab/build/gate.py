"""The gate that a build must pass before anything is written: the solution earns all points, the release earns none and reveals nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from gatelab.build import leaks, prose, regions, stubs
from gatelab.build.errors import BuildError
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Question, Report

Grade = Callable[[Path], Report]
# Staff's pages in the lab's folder, and how many of their words in a row give one away.
STAFF_PAGES = {"RUBRIC.md": prose.OF_THE_RUBRIC, "LESSON_PLAN.md": prose.OF_THE_LESSON_PLAN}


def check_leaks(
    release: Path, lab: Lab, masters: dict[str, NotebookNode], shared: Iterable[str] = ()
) -> None:
    """Raise BuildError if a file of the release shows something that is for staff only.

    That is: a line of a solution, of tests/<lab>/hidden or of the bank; a run of words from a written answer, the rubric or the
    lesson plan; the key of the concept questions.

    masters: file name → the notebook of a master, solution regions included.
    shared: lines that both may contain.
    """
    shared = [*shared, *_given_lines(masters)]
    secrets = list(leaks.hidden_needles(lab.hidden))
    if lab.bank is not None:
        secrets += leaks.bank_needles(lab.bank)
    for name, notebook in masters.items():
        secrets += leaks.solution_needles(notebook, name)
    texts = leaks.texts(release)
    found = [str(leak) for leak in leaks.search(texts, secrets, shared)]
    titles = [question.title for question in lab.questions.values()]
    found += prose.search(texts, _prose_of(lab, masters), [*shared, *titles])
    found += prose.search_key(texts, prose.key_of(lab))
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise BuildError(
            f"{found[0]}{more}; take it out there, or list it in shared_lines of lab.toml "
            "if students may read it."
        )


def _given_lines(masters: dict[str, NotebookNode]) -> Iterator[str]:
    """The lines of solution cells that the masters mark as given."""
    for notebook in masters.values():
        for cell in notebook.cells:
            if cell.cell_type == "code" and regions.is_solution(cell):
                secret = set(regions.solution_lines(cell))
                given = [
                    line for line in regions.solved(cell).split("\n") if line.strip() and line not in secret
                ]
                yield from given
                yield from leaks.plain_lines("\n".join(line.strip() for line in given if _is_whole(line)))


def _is_whole(line: str) -> bool:
    """Whether a line of code is a complete statement."""
    return bool(leaks.plain_lines(line.strip()))


def _prose_of(lab: Lab, masters: dict[str, NotebookNode]) -> Iterator[prose.Secret]:
    for name, notebook in masters.items():
        for cell in notebook.cells:
            if cell.cell_type != "code" and regions.is_solution(cell):
                text = "\n".join(regions.solution_lines(cell))
                origin = f"a solution line of {regions.question_id(cell)} in {name}"
                yield prose.Secret(text, origin, prose.OF_AN_ANSWER)
    for name, run in STAFF_PAGES.items():
        path = lab.assignment / name
        if path.is_file():
            text = prose.for_staff_alone(path.read_text(encoding="utf-8"), lab.settings.shared_sections)
            yield prose.Secret(text, f"words of {name}", run)
    yield from prose.reasons_of(lab)


def check_form(release: Path, lab: Lab, master: NotebookNode) -> None:
    """Raise BuildError if a solution cell of the release is not its master's cell with stubs."""
    notebook = nbformat.read(release / lab.notebook, as_version=4)
    released = {
        cell.metadata["nbgrader"]["grade_id"]: cell for cell in notebook.cells if regions.is_solution(cell)
    }
    asked = {
        cell.metadata["nbgrader"]["grade_id"]: cell for cell in master.cells if regions.is_solution(cell)
    }
    if released.keys() != asked.keys():
        different = ", ".join(sorted(released.keys() ^ asked.keys()))
        raise BuildError(
            f"{lab.notebook}: the solution cells of the release are not those of the master: {different}."
        )
    for grade_id, cell in released.items():
        try:
            stubs.check_cell(cell, asked[grade_id])
        except BuildError as error:
            raise BuildError(f"{lab.notebook}, {error}") from error


def check_points(release: Path, solved: Path, lab: Lab, grade: Grade) -> None:
    """Raise BuildError unless the solved notebook earns all automatic points and the untouched release none."""
    report = grade(solved)
    if report.status != "graded":
        raise BuildError(f"The solved notebook could not be graded: {report.reason}")
    for question in report.questions:
        if not question.by_hand and question.points != question.max_points:
            raise BuildError(_why_not_full(question))
    report = grade(release / lab.notebook)
    if report.status != "graded":
        raise BuildError(f"The untouched release could not be graded: {report.reason}")
    for question in report.questions:
        if question.points != 0:
            given = next((part.name for part in question.parts if part.points), "?")
            raise BuildError(
                f"The untouched release earns {question.points:g} points in {question.id} ({given})."
            )


def _why_not_full(question: Question) -> str:
    """Why the solution does not earn all points of a question: a part that fails, or parts with the wrong sum."""
    earned = f"The solution earns {question.points:g} of {question.max_points:g} points in {question.id}"
    failed = next((part for part in question.parts if not part.passed), None)
    if failed:
        return f"{earned} ({failed.name}: {failed.student_text})."
    if question.parts:
        return (
            f"{earned}, and passes everything: the parts of its hidden suite share out {question.points:g} points, "
            "lab.toml says otherwise."
        )
    return f"{earned} ({question.note or 'no part was graded'})."
