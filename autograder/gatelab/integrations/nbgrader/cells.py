"""Prepares a submitted notebook for nbgrader: the student's text with the course's metadata.

nbgrader trusts the metadata of the cells it is given. A duplicated cell stops the grading of the whole class, and
so does a cell with an edited schema version; students could change points and locks. So only a submitted cell's
type, its text and the outputs that outputs.py keeps are used; its metadata come
from the grade book.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.api import Gradebook, SourceCell
from nbgrader.preprocessors import NbGraderPreprocessor

from gatelab.faults import GraderFault
from gatelab.handed_out.marks import mark_of, question_of
from gatelab.integrations.nbgrader.outputs import ByteBudget, kept_outputs
from gatelab.lab.spec import Lab
from gatelab.limits import CELL_LIMIT, SOURCE_LIMIT
from gatelab.submission.answers import WrittenAnswer, cells_of, find
from gatelab.submission.notebook_file import Ungradable, parse, read_bytes, source_of
from gatelab.submission.written import handed_out_cells
from gatelab.text import inert_markup, utf8

MAKE: dict[str, Callable[..., NotebookNode]] = {
    "code": new_code_cell,
    "markdown": new_markdown_cell,
    "raw": new_raw_cell,
}


def read_submission(path: Path | None, lab: Lab) -> tuple[NotebookNode, dict[str, WrittenAnswer]]:
    """The notebook's cells without attachments and metadata, and its written answers; neither if it cannot be read."""
    notebook: NotebookNode = new_notebook()
    try:
        raw = parse(read_bytes(path), path.name) if path else None
    except (Ungradable, GraderFault):
        raw = None
    if raw is None:
        return notebook, {}
    budget = ByteBudget()
    for index, cell in enumerate(raw["cells"][:CELL_LIMIT]):
        made = _cell(cell, _id(index), budget)
        if made is not None:
            notebook.cells.append(made)
    return notebook, find(cells_of(raw), handed_out_cells(lab), lab.by_hand)


def _id(index: int) -> str:
    return f"cell-{index}"


def _cell(raw: Any, id: str, budget: ByteBudget | None = None) -> NotebookNode | None:
    """A clean copy of a submitted cell; of its metadata only the claimed grade_id is kept."""
    if not isinstance(raw, dict) or raw.get("cell_type") not in MAKE:
        return None
    source = source_of(raw)
    if source is None or len(source) > SOURCE_LIMIT:
        return None
    # Lone surrogates cannot be written to a file.
    source = utf8(source)
    if raw["cell_type"] != "code":
        # nbgrader's pages show it unescaped, scripts as well, to the person who marks it.
        source = inert_markup(source)
    cell = MAKE[raw["cell_type"]](source, id=id)
    if raw["cell_type"] == "code":
        cell.outputs = kept_outputs(raw.get("outputs"), budget or ByteBudget())
    grade_id = mark_of(raw).get("grade_id")
    if isinstance(grade_id, str):
        cell.metadata["nbgrader"] = {"grade_id": grade_id}
    return cell


class RestoreCells(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no stubs
    """Give each of the lab's cells its metadata back, once, and put deleted grade cells where they belong.

    Replaces nbgrader's DeduplicateIds, whose emptied metadata the next step rejects as too old, and
    OverwriteCells.add_missing_cells, which fails if the cell before the missing one is missing too.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        ids = resources["nbgrader"]
        with Gradebook(ids["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(ids["notebook"], ids["assignment"])
            originals = {cell.name: cell for cell in notebook.source_cells}
            points = {cell.name: cell.max_score for cell in notebook.grade_cells}
            solutions = {cell.name for cell in notebook.solution_cells}
            kept = _choose(nb, originals)
            for id, answer in self.parent.answers.items():
                if id in points and not originals[id].locked:
                    _put_answer(nb, answer, originals[id], kept)
            for index, cell in enumerate(nb.cells):
                id = kept.get(cell.id)
                cell.metadata.pop("nbgrader", None)
                if id is not None:
                    nb.cells[index] = _restored(cell, cell.id, originals[id], points, solutions)
            for id in sorted(points.keys() - set(kept.values()), key=_natural):
                cell = _restored(None, f"restored-{id}", originals[id], points, solutions)
                nb.cells.insert(_place(nb, id), cell)
        return nb, resources


def _choose(nb: NotebookNode, originals: dict[str, SourceCell]) -> dict[str, str]:
    """Cell ID → grade_id, every grade_id once.

    Of several copies of a cell the last one that was edited counts: somebody who copied an answer cell and wrote in the
    copy meant the copy. The others stay in the notebook as ordinary cells, for a person to see; but of written answers nothing is left
    out (`_put_answer`).
    """
    copies: dict[str, list[NotebookNode]] = {}
    for cell in nb.cells:
        id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if id in originals:
            copies.setdefault(id, []).append(cell)
    chosen = {}
    for id, cells in copies.items():
        written = [cell for cell in cells if cell.source != originals[id].source]
        chosen[(written or cells)[-1].id] = id
    return chosen


def _put_answer(nb: NotebookNode, answer: WrittenAnswer, original: SourceCell, kept: dict[str, str]) -> None:
    """Put all that was written for a question into one cell, and enter that cell into `kept`.

    Text cells that are a part of the answer are removed, since their text is in that cell; code cells stay, with their outputs.
    """
    id = original.name
    own = next((cell for cell in nb.cells if kept.get(cell.id) == id), None)
    if own is None:
        places = {_id(part.index) for part in answer.cells if part.whole and part.kind != "code"}
        own = next((cell for cell in nb.cells if cell.id in places), None)
    if own is None:
        around = {_id(part.index) for part in answer.cells} | {
            _id(-1 if answer.above is None else answer.above)
        }
        before = [index for index, cell in enumerate(nb.cells) if cell.id in around]
        if not before:
            return
        own = new_markdown_cell(original.source, id=f"restored-{id}")
        nb.cells.insert(before[-1] + 1, own)
    kept[own.id] = id
    if answer.parts:
        texts = [part.text for part in answer.parts if part.is_text] or [part.text for part in answer.parts]
        own.source = inert_markup("\n\n".join(texts))[:SOURCE_LIMIT]
        put = {_id(part.index) for part in answer.parts if part.whole and part.kind != "code"} - {own.id}
        nb.cells = [cell for cell in nb.cells if cell.id not in put]
    elif not answer.problem:
        # Its text may be an earlier release's, or none: nbgrader is to see that nothing was written.
        own.source = original.source


def _restored(
    submitted: NotebookNode | None,
    id: str,
    original: SourceCell,
    points: dict[str, float],
    solutions: set[str],
) -> NotebookNode:
    """A cell as in the release; only unlocked ones keep the student's text and outputs. `submitted`: None if it was deleted."""
    name = original.name
    own = submitted is not None and not original.locked
    cell = MAKE[original.cell_type](
        submitted.source if submitted is not None and own else original.source, id=id
    )
    if own and cell.cell_type == "code":
        cell.outputs = submitted.get("outputs", []) if submitted is not None else []
    cell.metadata["nbgrader"] = {
        "grade_id": name,
        "grade": name in points,
        "solution": name in solutions,
        "locked": original.locked,
        "task": False,
        "schema_version": 3,
        "cell_type": original.cell_type,
        "checksum": original.checksum,
    }
    if name in points:
        cell.metadata["nbgrader"]["points"] = points[name]
    return cell


def _place(nb: NotebookNode, id: str) -> int:
    """The index at which to restore a deleted cell: after the last cell of its question, else at the end."""
    question = question_of(id)
    for index in reversed(range(len(nb.cells))):
        mark = nb.cells[index].metadata.get("nbgrader", {})
        if question_of(mark.get("grade_id")) == question:
            return index + 1
    return len(nb.cells)


def _natural(id: str) -> list[tuple[int, str]]:
    """Sort key that puts 2 before 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", id)]
