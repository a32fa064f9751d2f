"""Converts a master (percent-format .py) to a notebook; the same master always gives the same bytes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from gatelab.build import cell_lines, facts, handout, links, placeholders, questions, regions
from gatelab.build.errors import BuildError
from gatelab.build.settings import Settings
from gatelab.folders import write_whole
from gatelab.lab import colab
from gatelab.lab.spec import Lab
from gatelab.lab.table import FILE as TABLE
from gatelab.text import cell_start

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# Without the version, which would be that of the builder's Python and change the release.
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
FOR_CLASS = ("demo.py", "practice.py")  # masters of what is shown and done in class
COLAB_MARK = "{{COLAB_URL}}"
NBGRADER_DEFAULTS = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}


def masters_of(lab: Lab) -> list[Path]:
    """The lab's masters, the homework's first; those for class are optional."""
    paths = dict.fromkeys([lab.master, *(lab.assignment / name for name in FOR_CLASS)])
    return [path for path in paths if path.is_file()]


def convert(master: Path, lab: Lab, settings: Settings) -> NotebookNode:
    """The notebook of a master, solutions included.

    Raises BuildError, naming file, cell and line, if a marker, a region or a cell is faulty.
    """
    try:
        notebook: NotebookNode = jupytext.read(master, fmt="py:percent")
    except Exception as error:  # whatever jupytext and nbformat raise on a damaged file
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BuildError(
            f"{master}: jupytext cannot read it as a percent-format notebook ({reason}); fix its head or cells."
        ) from error
    if not notebook.cells:
        raise BuildError(f"{master}: holds no cell; each begins with a line `# %%`.")
    notebook.metadata = NotebookNode(kernelspec=dict(KERNEL), language_info=dict(LANGUAGE))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    is_homework = master.name == lab.master.name
    given = {lab.notebook, *handout.files(lab, settings)} if is_homework else None
    if not is_homework and any(COLAB_MARK in cell.source for cell in notebook.cells):
        raise BuildError(
            f"{master}: {COLAB_MARK} is where a release puts {lab.notebook}, and this notebook is in no release; take the badge out."
        )
    url = colab.address(settings.colab_base, lab.name, lab.notebook)
    lines = cell_lines.first_lines(master.read_text(encoding="utf-8"), notebook.cells)
    for cell, line in zip(notebook.cells, lines, strict=True):
        cell.metadata.pop("lines_to_next_cell", None)
        text = handout.filled(cell.source.replace(COLAB_MARK, url), lab, settings)
        cell.source = facts.filled(text, lab, master)
        if "nbgrader" in cell.metadata:
            _complete_metadata(cell, lab, master)
        try:
            questions.check_cell(cell, lab)
            _check_placeholders(cell)
            if given is not None and cell.cell_type == "markdown" and not regions.is_solution(cell):
                for at, why in links.broken(cell.source, lab.notebook, given, lab.assignment):
                    raise regions.Fault(at, why)
        except regions.Fault as fault:
            raise BuildError(f"{master}, {_place(cell, line, fault.line)}: {fault}.") from fault
    _set_ids(notebook, master)
    if is_homework:
        questions.check_notebook(notebook, lab, master)
    return notebook


def _check_placeholders(cell: NotebookNode) -> None:
    """Raise Fault if what was not filled in looks like a placeholder."""
    find = placeholders.in_code if cell.cell_type == "code" else placeholders.in_markdown
    for line, written in find(cell.source):
        raise regions.Fault(line, f"{written} {placeholders.why_none(written)}")


def dumps(notebook: NotebookNode) -> str:
    """The file's text, keys sorted, one line end at the end."""
    text: str = nbformat.writes(notebook, version=4)
    return text.rstrip("\n") + "\n"


def _complete_metadata(cell: NotebookNode, lab: Lab, master: Path) -> None:
    """Fill in what the metadata leaves out; the points of a grade cell come from lab.toml."""
    typed = cell.metadata["nbgrader"]
    if not isinstance(typed, dict) or not isinstance(typed.get("grade_id", ""), str):
        raise BuildError(
            f"{master}: the nbgrader metadata of the cell that starts {_start(cell)} cannot be read; write it as "
            '{"grade_id": "q1-solution", "solution": true}.'
        )
    mark = {**NBGRADER_DEFAULTS, **typed}
    if not mark.get("grade_id"):
        raise BuildError(
            f'{master}: the cell that starts {_start(cell)} has nbgrader metadata without a grade_id; add one, as in "q1-solution".'
        )
    question = lab.questions.get(regions.question_id(cell))
    if question is None and (mark["grade"] or mark["solution"]):
        raise BuildError(
            f"{master}: grade_id {mark['grade_id']}: there is no question {regions.question_id(cell)} in {TABLE}; add it there or "
            "correct the cell's metadata."
        )
    written_points = mark.pop("points", None)
    if mark["grade"]:
        assert question is not None
        if mark["grade_id"] != question.id:
            raise BuildError(
                f"{master}: the grade cell {mark['grade_id']} must have its question's ID, {question.id}."
            )
        if question.by_hand != mark["solution"]:
            raise BuildError(
                f"{master}: {question.id} is marked by hand in {TABLE}, but its grade cell here is automatic; set by_hand = false "
                f'there, or "solution": true here.'
                if question.by_hand
                else f"{master}: the grade cell {question.id} is one for a written answer here, but {TABLE} does not mark {question.id} by "
                f'hand; set by_hand = true there, or "solution": false here.'
            )
        if written_points not in (None, question.points):
            raise BuildError(
                f"{master}: the cell {question.id} says {written_points!r} points, and {TABLE} {question.points:g}. Points are the "
                f"table's: write yours there. `gatelab build --accept` then gives the cell the table's number."
            )
        mark["points"] = question.points
    cell.metadata["nbgrader"] = mark


def bring_points_up_to_date(master: Path, lab: Lab) -> list[str]:
    """Set the points that a master's grade cells state (nbgrader's panel writes them) to the table's. Returns a sentence for
    each cell that changed."""
    changes = []

    def corrected(head: re.Match[str]) -> str:
        found, id = _CELL_POINTS.search(head[0]), _GRADE_ID.search(head[0])
        question = lab.questions.get(id[1]) if id else None
        if found is None or question is None or float(found[2]) == question.points:
            return head[0]
        changes.append(
            f"{master.name}: the cell {question.id} said {found[2]} points; now {question.points:g}, as {TABLE}"
        )
        return head[0][: found.start(2)] + f"{question.points:g}" + head[0][found.end(2) :]

    text = master.read_text(encoding="utf-8")
    new = _CELL_HEAD.sub(corrected, text)
    if changes:
        write_whole(master, new)
    return changes


_CELL_HEAD = re.compile(r"^# %%.*\bnbgrader=\{.*$", re.MULTILINE)
_CELL_POINTS = re.compile(r'("points": )(-?\d+(?:\.\d+)?)')
_GRADE_ID = re.compile(r'"grade_id": "(\w+)"')


def _set_ids(notebook: NotebookNode, master: Path) -> None:
    """Derive cell IDs from grade_id or position, because jupytext draws new ones at every conversion."""
    seen: dict[str, str] = {}
    for index, cell in enumerate(notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        key = f"grade_id {grade_id}" if grade_id else f"position {index}"
        id = hashlib.sha256(f"{master.stem} {key}".encode()).hexdigest()[:8]
        if id in seen:
            raise BuildError(f"{master}: two cells have {key}; give one of them another.")
        seen[id] = key
        cell["id"] = id


def _place(cell: NotebookNode, first: int, line: int) -> str:
    """`line 214 (cell q1-solution)`; the line of the script if it is known, otherwise that of the cell."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    name = f"cell {grade_id}" if grade_id else f"the cell that starts {_start(cell)}"
    return f"line {first + line - 1} ({name})" if first else f"line {line} of {name}"


def _start(cell: NotebookNode) -> str:
    return repr(cell_start(cell.source))
