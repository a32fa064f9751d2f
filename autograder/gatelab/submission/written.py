"""The written answers of a notebook, for the person who marks them. They are untrusted text."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from gatelab.faults import GraderFault
from gatelab.lab.spec import Lab
from gatelab.limits import CELL_LIMIT
from gatelab.submission.notebook_file import Ungradable, mark_of, parse, read_bytes, source_of
from gatelab.text import utf8

LONGEST = 20_000  # characters to show of an answer


@dataclass(frozen=True)
class Written:
    """An answer: its text ("" if nothing was written), or why it is not shown."""

    text: str = ""
    problem: str = ""


def written(path: Path, lab: Lab) -> dict[str, Written]:
    """The answers to the lab's questions that are marked by hand. Does not raise, whatever the file contains.

    An answer's cell is found by its grade_id or, in a notebook that has lost those, by the cell above it in the release.
    """
    ids = [id for id, spec in lab.questions.items() if spec.by_hand]
    try:
        cells = _cells(parse(read_bytes(path), path.name))
    except (Ungradable, GraderFault) as error:
        return dict.fromkeys(ids, Written(problem=str(error)))
    handed_out = _cells_of(lab.release / lab.notebook) if lab.release else []
    return {id: _answer(id, cells, handed_out) for id in ids}


def model_answer(solved: Path, id: str) -> str:
    """The answer in a solved notebook; "" if there is none."""
    return next((text for found, text in _cells_of(solved) if found == id), "")


def rubric(path: Path, id: str) -> str:
    """The rubric's section on a question: from the heading that begins with its ID to the next heading of that level; "" if there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    section: list[str] = []
    level = 0
    for line in lines:
        marks = len(line) - len(line.lstrip("#"))
        words = line.lstrip("#").replace(":", " ").replace(",", " ").split()
        if marks and level and marks <= level:
            break
        if marks and not level and words[:1] == [id]:
            level = marks
        if level:
            section.append(line)
    return "\n".join(section).strip()


def _answer(id: str, cells: list[tuple[str, str]], handed_out: list[tuple[str, str]]) -> Written:
    untouched = {text.strip() for found, text in handed_out if found == id}
    texts = [text for found, text in cells if found == id]
    if not texts:
        above = {handed_out[k - 1][1].strip() for k, (found, _) in enumerate(handed_out) if found == id and k}
        texts = [text for (_, before), (_, text) in pairwise(cells) if before.strip() in above - {""}]
    if not texts:
        return Written(problem="its cell was not found; look into the notebook")
    # Of several copies the last with an answer counts, as in nbgrader's grade book.
    own = [text for text in texts if text.strip() and text.strip() not in untouched]
    return Written(own[-1][:LONGEST] if own else "")


def _cells_of(path: Path) -> list[tuple[str, str]]:
    try:
        return _cells(parse(read_bytes(path), path.name))
    except (Ungradable, GraderFault):
        return []


def _cells(notebook: dict[str, Any]) -> list[tuple[str, str]]:
    """(grade_id, text) of each cell."""
    found = []
    for cell in notebook["cells"][:CELL_LIMIT]:
        if isinstance(cell, dict):
            text = utf8(source_of(cell) or "")
            found.append((str(mark_of(cell).get("grade_id", "")), text))
    return found
