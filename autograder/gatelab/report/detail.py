"""Parses a failed check's traceback for staff: what the suite called, and where the student's code raised.

A part's `detail` is the suite's own traceback; its `raised` is the worker's, from the student's code: text from a hostile
process, which is only shown. Both have the form of Python's tracebacks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from gatelab.report.model import Part

FRAME = re.compile(r'^  File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<name>.+)$')
CELL = re.compile(r"cell \d+")
MARKERS = set("^~ ")  # of the line below a statement


@dataclass(frozen=True)
class Frame:
    """A line of a traceback. `code` is its text, empty if the file was not available."""

    file: str
    line: int
    name: str
    code: str = ""

    @property
    def place(self) -> str:
        return f"{PurePath(self.file).name}:{self.line}, {self.name}"


@dataclass(frozen=True)
class Detail:
    """A failed check. `asked`: the suite's lines, outermost first; `student`: the notebook's lines, outermost first."""

    asked: tuple[Frame, ...] = ()
    student: tuple[Frame, ...] = ()
    raised: str = ""  # the student's exception, in its own words
    said: str = ""  # the last line of the suite's traceback


def parse_detail(ours: str, theirs: str = "") -> Detail:
    """The frames of a part's `detail` and of its `raised`."""
    frames = _frames(ours)
    asked = tuple(frame for frame in frames if PurePath(frame.file).name.startswith("test_"))
    lines = [line for line in ours.splitlines() if line.strip()]
    student = tuple(frame for frame in _frames(theirs) if CELL.fullmatch(frame.file))
    raised = next((line for line in theirs.splitlines() if line.strip()), "")
    return Detail(asked, student, raised, lines[-1] if lines else "")


def tracebacks(part: Part) -> str:
    """Both tracebacks, one after the other."""
    return f"{part.detail}\nThe worker's last exception:\n{part.raised}" if part.raised else part.detail


def _frames(traceback: str) -> list[Frame]:
    lines = traceback.splitlines()
    found = []
    for at, line in enumerate(lines):
        if frame := FRAME.match(line):
            below = lines[at + 1] if at + 1 < len(lines) else ""
            code = below.strip() if below.startswith("    ") and set(below) - MARKERS else ""
            found.append(Frame(frame["file"], int(frame["line"]), frame["name"], code))
    return found
