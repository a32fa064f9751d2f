"""The result of reading an edited grade table: what was read, and what was changed in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatelab.report.by_hand.corrections import COMMENT, Corrections
from gatelab.report.by_hand.marks import Mark, Marks, exact
from gatelab.report.edited_table import table_cells

WITHDRAWN = {"-", "–", "—", "−"}


@dataclass(frozen=True)
class ReadbackOptions:
    """What to read back. `questions`: ID → maximum points, of questions marked by hand; `automatic`: the same for those that the grader
    marks; `order`: the kit's columns; `now`: the time to record for new marks."""

    questions: dict[str, float]
    automatic: dict[str, float]
    order: list[str]
    now: str


@dataclass
class Change:
    """A change of one mark: from `was` to `now`, None for no mark. `what`: "" for a mark by hand, else the kind of correction."""

    name: str
    question: str
    was: float | None
    now: float | None
    what: str = ""
    text: str = ""

    def __str__(self) -> str:
        if self.what == COMMENT:
            on = f" {self.question}" if self.question else ""
            return f"{self.name}{on} comment {table_cells.quoted(self.text) if self.text else 'withdrawn'}"
        if self.what and self.now is None:
            return f"{self.name} {self.question} override withdrawn (was {exact(self.was or 0)})"
        if self.what:
            was = "" if self.was is None else f"{exact(self.was)} → "
            why = f" ({self.text})" if self.text else ", without a reason"
            return f"{self.name} {self.question} {was}{exact(self.now or 0)}{why}"
        if self.now is None:
            return f"{self.name} {self.question} withdrawn (was {exact(self.was or 0)})"
        was = "" if self.was is None else f"{exact(self.was)} → "
        return f"{self.name} {self.question} {was}{exact(self.now)}"


@dataclass
class Readback:
    """The contents of an edited table. `notes`: one sentence for each thing that is ignored."""

    given: list[Mark] = field(default_factory=list)
    withdrawn: list[tuple[str, str]] = field(default_factory=list)
    corrected: list[tuple[str, Mark]] = field(default_factory=list)  # kind of correction, and its entry
    taken_back: list[tuple[str, str, str]] = field(default_factory=list)  # kind, name, question
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def apply(self, marks: Marks, corrections: Corrections) -> None:
        """Enter everything that was read."""
        for what, name, question in self.taken_back:
            corrections.tables[what].withdraw(name, question)
        for what, mark in self.corrected:
            corrections.tables[what].give(mark)
        for name, question in self.withdrawn:
            marks.withdraw(name, question)
        for mark in self.given:
            marks.give(mark)
