"""What earlier releases of a lab handed out: `assignment/<lab>/released.earlier.json`.

Students keep the copy that they began with. Once a question's text or its points have changed, that copy is known only by this
file. `gatelab build --accept` adds the release that is replaced; a cell that several releases have is stored once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "released.earlier.json"
ABOUT = "What earlier releases handed out; gatelab build --accept adds to it. After a merge conflict keep the cells and releases of both sides."


@dataclass(frozen=True)
class EarlierCell:
    """A cell as it was handed out; `grade_id`: "" if it had none."""

    kind: str
    text: str
    grade_id: str = ""
    tags: tuple[str, ...] = ()


Release = tuple[EarlierCell, ...]


class Unreadable(Exception):
    """The file is not as the build wrote it; the message names it and says why."""


def earlier_releases(folder: Path) -> list[Release]:
    """The earlier releases of the lab in this folder, the oldest first; none if there is no such file. Raises Unreadable."""
    path = folder / NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        cells = [_cell(one) for one in found["cells"]]
        return [tuple(cells[index] for index in release) for release in found["releases"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise Unreadable(f"{path}: cannot be read ({type(error).__name__}: {error})") from error


def known_releases(folder: Path) -> list[Release]:
    """The same for a grading: a file that cannot be read costs no grade, and none is known; the build refuses it."""
    try:
        return earlier_releases(folder)
    except Unreadable:
        return []


def text_of(releases: Sequence[Release]) -> str:
    """The file's text, a line for each cell."""
    cells = list(dict.fromkeys(cell for release in releases for cell in release))
    numbers = {cell: number for number, cell in enumerate(cells)}
    lines = [json.dumps([one.kind, one.grade_id, one.tags, one.text], ensure_ascii=False) for one in cells]
    orders = [json.dumps([numbers[cell] for cell in release]) for release in releases]
    about = json.dumps(ABOUT)
    return (
        f'{{"about": {about},\n"cells": [\n'
        + ",\n".join(lines)
        + '\n],\n"releases": [\n'
        + ",\n".join(orders)
        + "\n]}\n"
    )


def _cell(raw: Any) -> EarlierCell:
    kind, grade_id, tags, text = raw
    if not all(isinstance(one, str) for one in (kind, grade_id, text, *tags)):
        raise TypeError("a cell has something else than text")
    return EarlierCell(kind, text, grade_id, tuple(tags))
