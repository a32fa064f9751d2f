"""An exception that ended a check, for staff: what was raised, and the lines that it came through.

A part has up to two: its `suite_error` is the suite's own, its `student_error` the last one of the student's code, whose texts come from a
hostile process and are only shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gatelab.report.record.curve import STRICT
from gatelab.text import one_line


@dataclass(frozen=True, slots=True)
class Frame:
    """A line that an exception came through: of a cell of the notebook, or of a file of the suites."""

    __pydantic_config__ = STRICT

    line: int
    cell: int = 0  # the cell's number; 0: the line is of `file`
    file: str = ""
    function: str = ""  # "" if it is not known
    code: str = ""  # the line's text; "" if it is not known

    @property
    def place(self) -> str:
        """`cell 3:2, softmax`"""
        where = f"cell {self.cell}" if self.cell else self.file
        return f"{where}:{self.line}{f', {self.function}' if self.function else ''}"


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception. `frames` are the suite's or the notebook's own lines, outermost first."""

    __pydantic_config__ = STRICT

    type: str  # "" for a problem that is not an exception of the student's code: a backward pass that failed
    message: str
    frames: list[Frame] = field(default_factory=list)
    traceback: str = ""  # all of it, in Python's own words

    @property
    def summary(self) -> str:
        """`ValueError: no (cell 3, line 2: x = y)`"""
        what = one_line(": ".join(filter(None, (self.type, self.message))))
        last = self.frames[-1] if self.frames else None
        if last is None or not last.cell:
            return what
        return f"{what} (cell {last.cell}, line {last.line}{f': {last.code}' if last.code else ''})"
