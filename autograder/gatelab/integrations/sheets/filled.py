"""The result of filling a sheet: the text to upload, what was replaced in it, and what staff must fill in by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatelab.integrations.sheets.cells import value_of
from gatelab.integrations.sheets.feedback import is_ours


@dataclass
class Filled:
    """A filled sheet and what could not be filled."""

    columns: tuple[int, ...]  # indices of the columns that are filled, the grade's first
    text: str = ""
    filled: int = 0
    of: dict[int, str] = field(default_factory=dict)  # index of a filled row → who it is
    no_row: list[str] = field(default_factory=list)  # graded submissions that no row of the sheet is for
    no_grade: list[str] = field(default_factory=list)  # rows without a submission
    ungradable: list[str] = field(default_factory=list)  # rows whose submission could not be graded
    failed: list[str] = field(default_factory=list)  # rows with a submission on which the grader failed
    replaced: dict[int, str] = field(default_factory=dict)  # row → "Lovelace, Ada: 55 → 96"
    feedback: dict[int, str] = field(default_factory=dict)  # row whose feedback was replaced by ours → who
    fixed: list[str] = field(default_factory=list)  # rows in which the platform takes no grade, and why
    unclear: list[str] = field(default_factory=list)  # one sentence each
    left_out: list[str] = field(default_factory=list)  # rows whose total is not entered yet
    notes: list[str] = field(default_factory=list)  # of the sheet as a whole, one sentence each

    def enter(self, k: int, who: str, row: list[str], points: str, comment: str) -> None:
        """Fill the columns of row `k` with a total and feedback, and keep what they replace."""
        grade, *feedback = self.columns
        before = row[grade].strip()
        if before not in ("", "-") and value_of(before) != float(points):
            self.replaced[k] = f"{who}: {before} → {points}"
        row[grade] = points
        for column in feedback:
            if row[column].strip() and not is_ours(row[column]) and row[column] != comment:
                self.feedback[k] = who
            row[column] = comment
        self.filled += 1
        self.of[k] = who
