"""What was sent to a platform's sheet before: a mark that somebody has changed there since is newer, and is kept.

Next to a filled sheet is a record of what it was filled with, and what was there before. When the sheet is downloaded and filled again,
a cell that holds neither was changed on the platform in between: its row is returned unchanged, except for formulas. Filling the
same sheet twice changes nothing. A platform writes what it was sent in its own way: 9.9 as `9.90` or `9,90`, a text as HTML.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from gatelab.folders import write_whole
from gatelab.integrations.sheets import Filled, escape_cell, read_sheet, sheet_of, value_of
from gatelab.text import brief

# What an editor on a platform puts around a text and its lines.
WRAPPING = re.compile(r"</?(?:a|p|div|br|span)\b[^>]*>", re.IGNORECASE)
CLOSE = 1e-9  # marks closer than this count as equal
SUFFIX = ".sent.json"
Memory = dict[str, dict[str, list[str]]]  # row → column → what was there, what was sent


@dataclass(frozen=True)
class Sent:
    """The memory of a filled sheet, in the file next to it."""

    path: Path

    @classmethod
    def beside(cls, out: Path) -> Sent:
        return cls(out.with_name(out.name + SUFFIX))

    def read(self) -> Memory:
        """What was sent; nothing if there is no such file, or one that is not ours."""
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                str(row): {str(c): [str(t) for t in texts] for c, texts in cells.items()}
                for row, cells in rows.items()
            }
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def keep(self, memory: Memory) -> None:
        """Write it. Raises OSError."""
        write_whole(self.path, json.dumps(memory, indent=1, ensure_ascii=False) + "\n")


def keep_newer_marks(template: Path, filled: Filled, before: Memory) -> tuple[list[str], Memory]:
    """Remove from `filled` whatever would overwrite a newer mark.

    Args:
        template: the sheet as it was downloaded.
        filled: the same, filled; its text and what it reports are changed.
        before: what was sent the last time.

    Returns:
        A line for each row that was left as it is, and what is to be remembered.
    """
    came = read_sheet(template)
    new = sheet_of(filled.text, template)
    by = came.header.index("ID") if "ID" in came.header else 0
    held: list[str] = []
    memory = dict(before)
    for index, (old, row) in enumerate(zip(came.rows, new.rows, strict=True)):
        who = old[by].strip() if by < len(old) else ""
        old = [*old, *[""] * (len(row) - len(old))]
        changed = [k for k, (a, b) in enumerate(zip(old, row, strict=True)) if a != b]
        known = before.get(who, {})
        newer = [
            k
            for k in changed
            if not _same(old[k], "")
            and (sent := known.get(came.header[k]))
            and not any(_same(old[k], one) for one in (*sent, row[k]))
        ]
        if newer and who and index in filled.of:
            name, k = filled.of[index], newer[0]
            held.append(f"{name}: {brief(old[k].strip())} is kept, not {brief(row[k])}")
            filled.replaced.pop(index, None)
            filled.feedback.pop(index, None)
            row[:] = [b if a == b else escape_cell(a) for a, b in zip(old, row, strict=True)]
            filled.filled -= 1
        elif who and (changed or who not in before):
            # Values that were already right as well: changing them is a change too.
            memory[who] = {title: [a, b] for title, a, b in zip(came.header, old, row, strict=False)}
    filled.text = new.text() if held else filled.text
    return held, memory


def _same(one: str, other: str) -> bool:
    """Whether a platform may have made one of the other: of a mark, or of a text."""
    a, b = value_of(one), value_of(other)
    if a is not None and b is not None:
        return abs(a - b) < CLOSE
    return bool(_readings(one) & _readings(other))


def _readings(cell: str) -> set[str]:
    """The words of a cell, read as it is and as HTML. `-` is how a platform shows an empty one."""
    texts = (cell, html.unescape(WRAPPING.sub(" ", cell)))
    return {"" if words == ["-"] else " ".join(words) for words in map(str.split, texts)}
