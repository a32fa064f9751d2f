# Written by gatelab build from autograder/gatelab/handed_out/checking/where.py; change it there.
"""Finds where in the notebook an error came from: the line, its cell, and the line that led there."""

from __future__ import annotations

import linecache
import traceback
from types import FrameType
from typing import Any, NamedTuple

from .. import progress, runs


class Place(NamedTuple):
    """A line of the notebook's own code that was being run."""

    frame: FrameType
    line: int

    @property
    def file(self) -> str:
        return self.frame.f_code.co_filename

    @property
    def source(self) -> str:
        return linecache.getline(self.file, self.line).strip()

    @property
    def number(self) -> int:
        """The line's number as the editor shows it in the cell."""
        return runs.line_in_editor(self.file, self.line)

    @property
    def inside(self) -> str:
        """The cell's function or class that contains the line; "" if it has no name."""
        name = self.frame.f_code.co_qualname.partition(".")[0]
        return "" if name.startswith("<") else name

    @property
    def function(self) -> str:
        """The innermost function with a name."""
        return [name for name in self.frame.f_code.co_qualname.split(".") if not name.startswith("<")][-1]

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the function, by name, as they are now."""
        code, known = self.frame.f_code, self.frame.f_locals
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        return {name: known[name] for name in names if name in known}


def places(error: BaseException, namespace: dict[str, Any]) -> list[Place]:
    """The notebook's lines in an error's traceback, the innermost last."""
    walked = traceback.walk_tb(error.__traceback__)
    return [Place(frame, line) for frame, line in walked if frame.f_globals is namespace]


def raised_there(error: BaseException, place: Place) -> bool:
    """Whether the line itself raised the error, and not a function that it called."""
    return last_frame(error) is place.frame


def last_frame(error: BaseException) -> FrameType | None:
    """The frame in which an error was raised, in the notebook or elsewhere; None if it was never raised."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return frames[-1] if frames else None


def said(error: BaseException, namespace: dict[str, Any], question: str) -> tuple[str, str]:
    """Two sentences, either of which may be "": the line that an error came from and, if that line is not in the cell of the answer to
    `question`, the answer's line that led there."""
    through = places(error, namespace)
    if not through:
        return "", ""
    last, owners = through[-1], [_owner(place, question) for place in through]
    answer_cell = next(
        (place.file for place, owner in zip(through, owners, strict=True) if owner == question), ""
    )
    if not answer_cell and not owners[0]:
        answer_cell = through[0].file  # an answer without a name in the traceback: `answer = lambda …`
    source = f": {last.source}" if last.source else "."
    if last.file == answer_cell:
        return f"In your line {last.number} of the cell{source}", ""
    cell = f"the cell of {owners[-1]}" if owners[-1] else "another cell"
    inside = f" (`{last.inside}`)" if last.inside else ""
    caller = next((place for place in reversed(through) if place.file == answer_cell), None)
    led = (
        f"That line was reached from line {caller.number} of the cell of {question}: {caller.source}"
        if caller
        else ""
    )
    return f"In your line {last.number} of {cell}{inside}{source}", led


def _owner(place: Place, question: str) -> str:
    """The question that asks for the function or class that contains a line; "" if none does."""
    try:
        questions = progress.table()["questions"]
    except (OSError, ValueError):  # an incomplete handout
        return ""
    asking = [one["id"] for one in questions if place.inside in one["names"]]
    return question if question in asking else "".join(asking[:1])
