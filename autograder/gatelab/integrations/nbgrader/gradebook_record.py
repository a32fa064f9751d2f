"""Transfers marks, overrides and comments from the kit's grade book to nbgrader's, without overwriting newer ones.

In nbgrader's grade book everything given by a person looks the same, whoever entered it. So a file next to the grades records what exports wrote:
if it is there unchanged, the next export may replace or withdraw it; everything else was entered in formgrader and is kept.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from gatelab.folders import drafted
from gatelab.report.record.points import equal

Value = float | str | None
FILE = "nbgrader.sent.json"


@dataclass
class GradebookRecord:
    """The record for one grade book: a student's cell → the values that may be there because an export wrote them.

    There are two while an export is writing, because it may be interrupted before the grade book has the new one.
    """

    path: Path
    database: str  # as seen from the grades' folder, so that both may be moved together
    found: dict[str, list[Value]] = field(default_factory=dict)
    # What this export wrote; None: nothing in the cell is the kit's.
    now: dict[str, Value] = field(default_factory=dict)

    @classmethod
    def beside(cls, graded: Path, database: Path) -> GradebookRecord:
        record = cls(graded / FILE, os.path.relpath(database.resolve(), graded.resolve()))
        record.found = record._read().get(record.database, {})
        return record

    def settle(self, key: str, present: Value, wanted: Value) -> tuple[Value, bool]:
        """The value a cell should have, and whether that is the wanted one. `wanted`: None if there is nothing to enter (any more)."""
        ours = any(_same(present, value) for value in self.found.get(key, []))
        if present is None or ours:
            self.now[key] = wanted
            return wanted, True
        self.now[key] = None
        return present, wanted is None or _same(present, wanted)

    def keep(self, written: bool) -> None:
        """Record what this export writes and, until it is `written`, also the previous values. Raises OSError."""
        cells = dict(self.found)
        for key, value in self.now.items():
            before = [] if written else self.found.get(key, [])
            cells[key] = [one for one in (*before, value) if one is not None]
        table = self._read() | {self.database: {key: values for key, values in cells.items() if values}}
        with drafted(self.path) as draft:
            text = json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
            draft.write_text(text, encoding="utf-8")

    def _read(self) -> dict[str, dict[str, list[Value]]]:
        """The whole file, this grade book's record under its present path; empty if there is none, or it is not ours."""
        try:
            table = json.loads(self.path.read_text(encoding="utf-8"))
            read: dict[str, dict[str, list[Value]]] = {
                str(database): {str(key): [*values] for key, values in cells.items()}
                for database, cells in table.items()
            }
        except (OSError, ValueError, AttributeError, TypeError):
            return {}
        if self.database not in read and (former := self._former(list(read))) is not None:
            read[self.database] = read.pop(former)
        return read

    def _former(self, paths: list[str]) -> str | None:
        """The path under which this grade book was recorded before it or the grades were moved; None if there is none, or more than one may
        be meant. Earlier versions recorded absolute paths."""
        here = self.path.parent.resolve()
        now = Path(os.path.normpath(here / self.database))
        places = {path: Path(os.path.normpath(here / path)) for path in paths}
        same = [path for path, place in places.items() if place == now]
        moved = [path for path, place in places.items() if place.name == now.name and not place.exists()]
        meant = same or moved
        return meant[0] if len(meant) == 1 else None


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return equal(one, other)
    return one == other
