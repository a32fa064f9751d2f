# Written by gatelab build from autograder/gatelab/handed_out/marks.py; change it there.
"""Reads what the build stores in a cell's metadata: nbgrader's entry, whose checksum shows whether the cell was changed, and the tags.

Both sides use this module: the student's own commands and the grader.
"""

from __future__ import annotations

import hashlib
from typing import Any

EXPERIMENT = "experiment"  # the tag of cells that draw, train and compare: no check and no grade needs what they compute

# The kinds of cells, in nbgrader's words. One string, because the build would take the second word alone for a master's marker.
KINDS = "grade solution locked"


def mark_of(cell: Any) -> dict[str, Any]:
    """A cell's nbgrader metadata; empty if it has none."""
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return mark if isinstance(mark, dict) else {}


def question_of(grade_id: object) -> str:
    """The question that a cell belongs to, by its grade_id: `q1` for `q1`, `q1-solution`, `q1-second-solution`; "" if it has none."""
    return str(grade_id or "").partition("-")[0]


def is_experiment(cell: dict[str, Any]) -> bool:
    """Whether no check needs what the cell computes; the lab tags such cells."""
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return isinstance(tags, list) and EXPERIMENT in tags


def unchanged(cell: dict[str, Any], text: str) -> bool:
    """Whether a cell with this text is as it was handed out, according to its checksum. Without a checksum it is not."""
    # Editors remove or add white space at the end; Windows writes other line ends.
    texts = {text, text.rstrip(), text.replace("\r\n", "\n").rstrip()}
    return any(mark_of(cell).get("checksum") == checksum(cell, one) for one in texts)


def checksum(cell: dict[str, Any], text: str) -> str:
    """nbgrader's checksum of a cell (nbgrader.utils.compute_checksum, without nbgrader).

    For a cell that nbgrader itself could not read (points that are not a number, characters that no file can contain), it is
    some other digest, which differs from all that were handed out.
    """
    mark = mark_of(cell)
    is_grade, is_solution, is_locked = (mark.get(key) is True for key in KINDS.split())
    is_locked = not is_solution and (is_grade or is_locked)
    parts = [text, str(cell.get("cell_type")), str(is_grade), str(is_solution), str(is_locked)]
    parts.append(str(mark.get("grade_id")))
    if is_grade:
        parts.append(_points(mark.get("points")))
    return hashlib.md5("".join(parts).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _points(points: Any) -> str:
    """The points as nbgrader writes them; a value that is not a number, or too large for a float, in some other form."""
    try:
        return str(float(points)) if isinstance(points, int | float) else repr(points)
    except OverflowError:
        return "too many"
