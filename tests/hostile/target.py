"""The lab that is attacked. What an attempt must know about it is in a table of the lab, tests/<lab>/hostile/target.toml.

The lab's own attempts, which use the names or the subject of its questions, are in attempts/ next to that table.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from gatelab.lab.spec import Lab

# Placeholders in attempts that fit every lab, for the names that the first two questions ask for.
FIRST, SECOND = "first_answer", "second_answer"


@dataclass(frozen=True)
class Target:
    """A lab's table, and its folder of attempts (None if it has no attempts of its own)."""

    lab: Lab
    wrong: str  # a wrong answer to the first question
    hidden_words: tuple[str, ...] = ()
    loadings: tuple[str, ...] = ()  # questions that between them load a notebook in every way
    own: Path | None = None

    @property
    def first(self) -> tuple[str, str]:
        """The IDs of the first two questions."""
        id, other, *_ = self.lab.questions
        return id, other

    def named(self, source: str) -> str:
        """A cell of an attempt, with the placeholders replaced by the names that this lab asks for."""
        for placeholder, id in zip((FIRST, SECOND), self.first, strict=True):
            source = source.replace(placeholder, self.lab.questions[id].names[0])
        return source


def target_of(lab: Lab) -> Target:
    folder = lab.hidden.parent / "hostile"
    table = tomllib.loads((folder / "target.toml").read_text(encoding="utf-8"))
    words, loadings = tuple(table["hidden_words"]), tuple(table["loadings"])
    return Target(lab, table["wrong"], words, loadings, folder / "attempts")
