"""Finds a notebook's cells in its percent-format script, so that an error can name the line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbformat import NotebookNode

_CELL = re.compile(r"#\s*%%")


def first_lines(script: str, cells: Sequence[NotebookNode]) -> list[int]:
    """The line of the script, from 1, on which each cell's source starts; 0 where that cannot be determined.

    script: the text of the master. cells: the cells that jupytext made from it, with unchanged sources.
    """
    lines = script.splitlines()
    starts = [number for number, line in enumerate(lines) if _CELL.match(line)]
    if len(starts) != len(cells):
        return [0] * len(cells)
    ends = [*starts[1:], len(lines)]
    return [_first(lines, start, end, cell) for start, end, cell in zip(starts, ends, cells, strict=True)]


def _first(lines: list[str], start: int, end: int, cell: NotebookNode) -> int:
    wanted = cell.source.split("\n")[0].strip()
    for number in range(start + 1, end):
        line = lines[number].strip()
        if wanted in (line, line.removeprefix("#").strip()):
            return number + 1
    return 0
