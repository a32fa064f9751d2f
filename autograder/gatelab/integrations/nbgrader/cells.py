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
from gatelab.integrations.nbgrader.outputs import Room, kept_outputs
from gatelab.limits import CELL_LIMIT, SOURCE_LIMIT
from gatelab.submission.notebook_file import Ungradable, mark_of, parse, read_bytes, source_of
from gatelab.text import utf8

# The beginning of an HTML tag. nbgrader's pages show a student's text unescaped, including scripts, to the person who marks it;
# with a space after it, `<` is only a character, in formulas as well.
_TAG = re.compile(r"<(?=[A-Za-z/!?])")

# A link that runs code or opens a page of its own when clicked; nbconvert makes one from `[x](javascript:…)`, however
# the letters are encoded. (With a space after the colon, `data:` is an ordinary word.)
_ENTITY = re.compile(r"&(?=#|\w+;)")
_SCRIPT = re.compile(
    r"(?:java|vb|live|j|ecma)script(?=\\?:)|(?:mocha|data|blob|file|filesystem|view-source|mhtml|jar)(?=\\?:\S)",
    re.IGNORECASE,
)

MAKE: dict[str, Callable[..., NotebookNode]] = {
    "code": new_code_cell,
    "markdown": new_markdown_cell,
    "raw": new_raw_cell,
}


def read_submission(path: Path | None) -> NotebookNode:
    """The notebook's cells without attachments and metadata; no cells if it cannot be read."""
    try:
        raw = parse(read_bytes(path), path.name)["cells"] if path else []
    except (Ungradable, GraderFault):
        raw = []
    notebook: NotebookNode = new_notebook()
    room = Room()
    for index, cell in enumerate(raw[:CELL_LIMIT]):
        made = _cell(cell, f"cell-{index}", room)
        if made is not None:
            notebook.cells.append(made)
    return notebook


def _cell(raw: Any, id: str, room: Room | None = None) -> NotebookNode | None:
    """A clean copy of a submitted cell; of its metadata only the claimed grade_id is kept."""
    if not isinstance(raw, dict) or raw.get("cell_type") not in MAKE:
        return None
    source = source_of(raw)
    if source is None or len(source) > SOURCE_LIMIT:
        return None
    # Lone surrogates cannot be written to a file.
    source = utf8(source)
    if raw["cell_type"] != "code":
        source = _SCRIPT.sub(r"\g<0> ", _ENTITY.sub("& ", _TAG.sub("< ", source)))
    cell = MAKE[raw["cell_type"]](source, id=id)
    if raw["cell_type"] == "code":
        cell.outputs = kept_outputs(raw.get("outputs"), room or Room())
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
            for index, cell in enumerate(nb.cells):
                id = kept.get(index)
                cell.metadata.pop("nbgrader", None)
                if id is not None:
                    nb.cells[index] = _restored(cell, cell.id, originals[id], points, solutions)
            for id in sorted(points.keys() - set(kept.values()), key=_natural):
                cell = _restored(None, f"restored-{id}", originals[id], points, solutions)
                nb.cells.insert(_place(nb, id), cell)
        return nb, resources


def _choose(nb: NotebookNode, originals: dict[str, SourceCell]) -> dict[int, str]:
    """Cell index → grade_id, every grade_id once.

    Of several copies of a cell the last one that was edited counts: somebody who copied an answer cell and wrote in the
    copy meant the copy. The others stay in the notebook as ordinary cells, for a person to see.
    """
    copies: dict[str, list[int]] = {}
    for index, cell in enumerate(nb.cells):
        id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if id in originals:
            copies.setdefault(id, []).append(index)
    chosen = {}
    for id, indices in copies.items():
        written = [index for index in indices if nb.cells[index].source != originals[id].source]
        chosen[(written or indices)[-1]] = id
    return chosen


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
    question = id.split("-")[0]
    for index in reversed(range(len(nb.cells))):
        mark = nb.cells[index].metadata.get("nbgrader", {})
        if mark.get("grade_id", "").split("-")[0] == question:
            return index + 1
    return len(nb.cells)


def _natural(id: str) -> list[tuple[int, str]]:
    """Sort key that puts 2 before 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", id)]
