# Written by gatelab build from autograder/gatelab/handed_out/checking/patience.py; change it there.
"""Lets a check that does not end say where it is, and shows only the beginning of a long output.

An endless loop is the only mistake that a check cannot report afterwards.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from .. import limits, runs


@contextlib.contextmanager
def watched(question: str, namespace: dict[str, Any], seconds: float | None = None) -> Iterator[None]:
    """Inside the `with`: after this many seconds, say once which line of the notebook is running."""
    ended, out, runner = threading.Event(), sys.stdout, threading.get_ident()

    def wait() -> None:
        if not ended.wait(limits.PATIENCE_SECONDS if seconds is None else seconds):
            with contextlib.suppress(Exception):
                print(_where(question, sys._current_frames().get(runner), namespace), file=out, flush=True)

    threading.Thread(target=wait, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _where(question: str, frame: FrameType | None, namespace: dict[str, Any]) -> str:
    text = f"{question}: this check is still running, far longer than it should."
    if place := place_in(frame, namespace):
        text += f" Just now it is in {place.words()}\nIs there an endless loop?"
    return f"{text} The ■ above the notebook stops it (Kernel menu, Interrupt)."


@dataclass(frozen=True)
class Running:
    """A line of the notebook that is being run."""

    function: str  # "" outside of any function
    line: int  # of the cell
    source: str

    def words(self, of: str = " of the cell") -> str:
        """Words for the end of a sentence. `of`: whose line it is, if the sentence does not say so."""
        inside = f"`{self.function}`, " if self.function else ""
        return f"{inside}line {self.line}{of}" + (f": {self.source}" if self.source else ".")


def place_in(frame: FrameType | None, namespace: dict[str, Any]) -> Running | None:
    """The notebook's line that is being run; None if there is none."""
    while frame is not None and frame.f_globals is not namespace:
        frame = frame.f_back
    if frame is None:
        return None
    file, line = frame.f_code.co_filename, frame.f_lineno
    function = "" if frame.f_code.co_name == "<module>" else frame.f_code.co_name
    return Running(function, runs.line_in_editor(file, line), linecache.getline(file, line).strip())


class FirstLines(io.TextIOBase):
    """A stream that passes on the first lines written to it and counts the rest."""

    def __init__(self, stream: Any, most: int = limits.PRINTED_LINES) -> None:
        self._stream, self._most, self.lines = stream, most, 0

    def write(self, text: str) -> int:
        for part in text.splitlines(keepends=True):
            if self.lines < self._most:
                self._stream.write(part)
            self.lines += part.endswith("\n")
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def say_how_many_more(self) -> None:
        """Say how many lines were left out."""
        if (more := self.lines - self._most) > 0:
            self._stream.write(f"… and {more} more lines that your code prints when the check calls it.\n")


@contextlib.contextmanager
def show_first_lines() -> Iterator[FirstLines]:
    """Inside the `with`, print() shows only the first lines."""
    few = FirstLines(sys.stdout)
    with contextlib.redirect_stdout(few):
        try:
            yield few
        finally:
            few.say_how_many_more()
