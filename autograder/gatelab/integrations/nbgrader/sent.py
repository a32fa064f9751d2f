"""What a person gave in the kit's own grade book, carried into nbgrader's: marks, overrides, comments; never over a newer one.

In nbgrader's grade book everything that a person gives looks alike, whoever entered it. So a file next to the grades records what an export wrote:
what is there unchanged may be replaced or withdrawn by the next one; everything else was written in formgrader and is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from gatelab.folders import drafted
from gatelab.report.plain import equal

Value = float | str | None
FILE = "nbgrader.sent.json"


@dataclass
class Sent:
    """The memory of one grade book: cell of a student → the values that may be there because an export wrote them.

    There are two while an export writes: it may be cut off before the grade book has the new one.
    """

    path: Path
    database: str
    found: dict[str, list[Value]] = field(default_factory=dict)
    now: dict[str, Value] = field(
        default_factory=dict
    )  # what this export wrote; None: nothing in the cell is the kit's

    @classmethod
    def beside(cls, graded: Path, database: Path) -> Sent:
        sent = cls(graded / FILE, str(database.resolve()))
        sent.found = sent._read().get(sent.database, {})
        return sent

    def settle(self, key: str, present: Value, wanted: Value) -> tuple[Value, bool]:
        """What a cell should hold, and whether that is what was wanted. `wanted` None: nobody gives anything (any more)."""
        ours = any(_same(present, value) for value in self.found.get(key, []))
        if present is None or ours:
            self.now[key] = wanted
            return wanted, True
        self.now[key] = None
        return present, wanted is None or _same(present, wanted)

    def keep(self, written: bool) -> None:
        """Record what this export writes, along with what was there until it is `written`. Raises OSError."""
        cells = dict(self.found)
        for key, value in self.now.items():
            before = [] if written else self.found.get(key, [])
            cells[key] = [one for one in (*before, value) if one is not None]
        table = self._read() | {self.database: {key: values for key, values in cells.items() if values}}
        with drafted(self.path) as draft:
            text = json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
            draft.write_text(text, encoding="utf-8")

    def _read(self) -> dict[str, dict[str, list[Value]]]:
        """The whole file; nothing if there is none, or one that is not ours."""
        try:
            table = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                str(database): {str(key): [*values] for key, values in cells.items()}
                for database, cells in table.items()
            }
        except (OSError, ValueError, AttributeError, TypeError):
            return {}


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return equal(one, other)
    return one == other
