"""Finds the solution regions of a cell, and refuses text that merely looks like their markers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbformat import NotebookNode

from gatelab.build import markers
from gatelab.build.markers import BEGIN, BEGINS, END, ENDS, GIVEN, given_mark
from gatelab.handed_out.marks import question_of
from gatelab.text import brief

# Characters that Python treats as line ends, or that editors do not show, but that nbgrader treats as letters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\x85\u200b-\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)


class Fault(ValueError):
    """Something is wrong in a cell: a sentence without its full stop. `line` counts from 1 in the cell."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(frozen=True)
class Region:
    """The lines of the two markers, from 1."""

    begin: int
    end: int

    def holds(self, line: int) -> bool:
        return self.begin < line < self.end


def is_solution(cell: NotebookNode) -> bool:
    """Whether students write their answer in this cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def question_id(cell: NotebookNode) -> str:
    """The question a cell belongs to: `q1` for the grade_ids `q1`, `q1-solution`, `q1-second-solution`."""
    return question_of(cell.metadata["nbgrader"]["grade_id"])


def find(cell: NotebookNode) -> list[Region]:
    """The regions of a cell, from top to bottom.

    Raises Fault if markers do not form pairs, are in a wrong place, or are only nearly markers.
    """
    hidden = _INVISIBLE.search(cell.source)
    if hidden:
        line = cell.source.count("\n", 0, hidden.start()) + 1
        raise Fault(
            line,
            f"the invisible character U+{ord(hidden[0]):04X} is here; delete it or write it as an escape",
        )
    found: list[tuple[int, bool]] = []  # line, whether it begins a region
    for remark in markers.remarks(cell.cell_type, cell.source):
        text = remark.text.strip()
        begins = text in BEGINS[cell.cell_type]
        exact = remark.alone and remark.kind != "code" and (begins or text in ENDS[cell.cell_type])
        if exact:
            found.append((remark.line, begins))
        elif markers.looks_like_marker(text, prose=remark.kind == "string" or cell.cell_type == "markdown"):
            raise Fault(remark.line, _why_not_a_marker(cell.cell_type, remark))
        elif remark.kind == "comment" and given_mark(text) and not is_solution(cell):
            raise Fault(
                remark.line,
                f'`{GIVEN}` means nothing here, because the cell\'s nbgrader metadata does not say "solution": true',
            )
    regions = _pair(found)
    if regions and not is_solution(cell):
        raise Fault(
            regions[0].begin,
            'it holds a solution region, but its nbgrader metadata does not say "solution": true',
        )
    return regions


def _why_not_a_marker(cell_type: str, remark: markers.Remark) -> str:
    """Why a remark that looks like a marker is not one, and what to do."""
    text = remark.text.strip()
    shown = brief(text)
    if cell_type == "raw":
        return f"`{shown}` looks like a marker, and a raw cell may hold none; make it a code cell or word it differently"
    if remark.kind == "string" and cell_type == "code":
        return f"`{shown}` looks like a marker but is inside a string; close the string before it or word it differently"
    if not remark.alone and text in (BEGIN, END):
        return f"`{text}` follows code; a marker needs a line of its own"
    forms = " or ".join(f"`{form[-1]}`" for form in (BEGINS[cell_type], ENDS[cell_type]))
    return f"`{shown}` looks like a marker but is not one; write exactly {forms} on a line of its own, or word it differently"


def _pair(found: list[tuple[int, bool]]) -> list[Region]:
    regions, open_line = [], 0
    for line, begins in found:
        if begins and open_line:
            raise Fault(
                line,
                f"a second {BEGIN} before the {END} of line {open_line} of the cell; end that region first",
            )
        if not begins and not open_line:
            raise Fault(line, f"{END} without {BEGIN} above it; add the missing marker or delete this one")
        if begins:
            open_line = line
        else:
            regions.append(Region(open_line, line))
            open_line = 0
    if open_line:
        raise Fault(open_line, f"{BEGIN} without {END} below it in this cell; add the missing marker")
    return regions


def solution_lines(cell: NotebookNode) -> list[str]:
    """The lines of a cell's regions: what students must not see."""
    lines = cell.source.split("\n")
    return [line for region in find(cell) for line in lines[region.begin : region.end - 1]]


def solved(cell: NotebookNode) -> str:
    """The solved source: everything except the markers."""
    marks = {line for region in find(cell) for line in (region.begin, region.end)}
    lines = enumerate(cell.source.split("\n"), start=1)
    source = "\n".join(line for number, line in lines if number not in marks)
    return markers.without_given(source) if cell.cell_type == "code" and is_solution(cell) else source
