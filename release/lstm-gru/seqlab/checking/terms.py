# Written by gatelab build from autograder/gatelab/handed_out/checking/terms.py; change it there.
"""A lab's own terms: the names of its tensors' axes, and what some exceptions mean in it.

The public checks read them from terms.json next to this file, which the build writes from the lab's policy.toml; for hidden suites,
the grader takes the same terms directly from there. An axis that is not listed is called by its letter, and its places are called
slices.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

FILE = "terms.json"
NO_NAME = "?"  # in place of an axis's letter: the axis is not mentioned


@dataclass(frozen=True)
class Axis:
    """The terms for one axis."""

    name: str = ""  # as in "batch"
    places: str = ""  # the places along it, in the plural, as in "rows"; "": they are not mentioned
    step: str = ""  # a place, if each follows from the one before, as in "day"


NAMELESS, UNKNOWN = Axis(), Axis(places="slices")


@dataclass(frozen=True)
class Terms:
    """`meanings`: a pattern in "Type: message" of an exception, and what it means; the first match counts."""

    axes: Mapping[str, Axis] = field(default_factory=dict)
    meanings: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Terms:
        """The terms in a file; empty if there is no file."""
        if not path.is_file():
            return cls()
        found = json.loads(path.read_text(encoding="utf-8"))
        axes = {letter: Axis(**axis) for letter, axis in found["axes"].items()}
        return cls(axes, tuple((pattern, says) for pattern, says in found["meanings"]))

    def called(self, letter: str) -> str:
        """The letter of an axis, followed by its name if it has one."""
        return f"{letter} {self._of(letter).name}".rstrip()

    def places(self, letter: str) -> str:
        """What the places along an axis are called, in the plural; "" if they are not mentioned."""
        return self._of(letter).places

    def along(self, letter: str) -> str:
        """The same for a sentence that does not name the axis otherwise."""
        return self.places(letter) if letter in self.axes else f"{self.places(letter)} along {letter}"

    def ordered(self, axes: list[str]) -> int | None:
        """Which of the axes has steps, the first if there are several; None if none has."""
        return next((at for at, letter in enumerate(axes) if self.has_steps(letter)), None)

    def has_steps(self, letter: str) -> bool:
        return bool(self._of(letter).step)

    def step(self, letter: str, at: int) -> str:
        """One step along an axis, as in "day d = 3"."""
        return f"{self._of(letter).step} {letter.lower()} = {at}"

    def _of(self, letter: str) -> Axis:
        return self.axes.get(letter, NAMELESS if letter == NO_NAME else UNKNOWN)


# The terms in force: those of the lab whose checks or suites are being run.
TERMS: ContextVar[Terms] = ContextVar("TERMS", default=Terms.read(Path(__file__).with_name(FILE)))  # noqa: B039  # frozen
