"""Finds what a lab's notebook gives to its students: the names that its other cells bind, and the lines around their answers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import jupytext
from nbformat import NotebookNode

from gatelab.build import markers, regions
from gatelab.handed_out import given, progress
from gatelab.lab.spec import Lab


def of(lab: Lab) -> dict[str, Any]:
    """For the table of questions: `names`, each with the lines that bind it, and `lines`. A master or a cell that cannot be read gives
    none; converting it says why."""
    cells: list[Any] = []
    with contextlib.suppress(Exception):  # whatever jupytext and nbformat raise on a damaged file
        cells = jupytext.read(lab.master, fmt="py:percent").cells
    names: dict[str, set[str]] = {}
    lines: set[str] = set()
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        with contextlib.suppress(SyntaxError, ValueError):  # a Fault is a ValueError
            if regions.is_solution(cell):
                lines.update(_around_the_answer(cell))
                continue
            for name, line in _bound(cell.source):
                names.setdefault(name, set()).add(line)
    return {"names": {name: sorted(names[name]) for name in sorted(names)}, "lines": sorted(lines)}


def _bound(source: str) -> Iterator[tuple[str, str]]:
    """Each name that a cell binds, and the first line of the statement that does."""
    lines = source.split("\n")
    for statement in progress.statements(source):
        for name in given.bound([statement]):
            yield name, lines[statement.lineno - 1].strip()


def _around_the_answer(cell: NotebookNode) -> Iterator[str]:
    """The lines of an answer's cell that students get, without the space around them."""
    found = regions.find(cell)
    for number, line in enumerate(markers.without_given(cell.source).split("\n"), 1):
        if line.strip() and not any(region.begin <= number <= region.end for region in found):
            yield line.strip()
