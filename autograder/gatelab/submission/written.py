"""The written answers of a notebook, for the person who marks them. They are untrusted text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatelab.faults import GraderFault
from gatelab.lab.spec import Lab
from gatelab.limits import WRITTEN_LIMIT
from gatelab.submission.answers import Cell, cells_of, find
from gatelab.submission.earlier_releases import known_releases
from gatelab.submission.notebook_file import Ungradable, parse, read_bytes


@dataclass(frozen=True)
class Written:
    """An answer: its text ("" if nothing was written), or why it is not shown."""

    text: str = ""
    problem: str = ""


def written(path: Path, lab: Lab) -> dict[str, Written]:
    """The answers to the lab's questions that are marked by hand. Does not raise, whatever the file contains.

    answers.py finds them.
    """
    ids = lab.by_hand
    try:
        cells = cells_of(parse(read_bytes(path), path.name))
    except (Ungradable, GraderFault) as error:
        return dict.fromkeys(ids, Written(problem=str(error)))
    found = find(cells, handed_out_cells(lab), ids)
    return {
        id: Written("\n\n".join(part.text for part in one.parts)[:WRITTEN_LIMIT], one.problem)
        for id, one in found.items()
    }


def unwritten(notebook: dict[str, Any], lab: Lab) -> list[str]:
    """The questions marked by hand to which nothing was written, in a notebook's JSON: their cells are as they were handed out, and
    there is no other text."""
    found = find(cells_of(notebook), handed_out_cells(lab), lab.by_hand)
    return [id for id, answer in found.items() if not answer.parts and not answer.problem]


def model_answer(solved: Path, id: str) -> str:
    """The answer in a solved notebook; "" if there is none."""
    return next((cell.text for cell in _cells_in(solved) if cell.grade_id == id), "")


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


def handed_out_cells(lab: Lab) -> list[list[Cell]]:
    """The cells of the notebook that students get, then those of earlier releases, the newest first; none if nothing is known."""
    now = _cells_in(lab.release / lab.notebook) if lab.release else []
    return [cells for cells in (now, *_earlier(lab.assignment)) if cells]


def _earlier(assignment: Path) -> list[list[Cell]]:
    releases = reversed(known_releases(assignment))
    return [[Cell(one.kind, one.text, one.grade_id) for one in release] for release in releases]


def _cells_in(path: Path) -> list[Cell]:
    try:
        return cells_of(parse(read_bytes(path), path.name))
    except (Ungradable, GraderFault):
        return []
