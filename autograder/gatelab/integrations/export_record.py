"""Keeps marks that somebody has changed on a platform since they were sent there, when its sheet is filled again.

Next to a filled sheet is a record of the columns that were filled: everything that was found in a cell and replaced, or sent to it, since
we cannot know which of the filled sheets were uploaded. When the sheet is downloaded and filled again, a cell that contains none of these
was changed on the platform in between. A newer grade is kept with its feedback, newer feedback by itself; everything else is filled. Filling the
same sheet twice changes nothing. A platform rewrites what it was sent: 9.9 as `9.90` or `9,90`, a text as HTML.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from gatelab.folders import write_whole
from gatelab.integrations.sheets import Filled
from gatelab.integrations.sheets.cells import escape_cell, value_of
from gatelab.integrations.sheets.downloaded import read_sheet, sheet_of
from gatelab.report.record.points import equal
from gatelab.text import brief

# Tags that a platform's editor puts around a text and its lines.
WRAPPING = re.compile(r"</?(?:a|p|div|br|span)\b[^>]*>", re.IGNORECASE)
SUFFIX = ".sent.json"
SENT = "sent: "  # and a column of feedback: only what was sent to it
Memory = dict[str, dict[str, list[str]]]  # row → column → what was found and replaced, and what was sent


@dataclass(frozen=True)
class ExportRecord:
    """The record of a filled sheet, in the file next to it."""

    path: Path

    @classmethod
    def beside(cls, out: Path) -> ExportRecord:
        return cls(out.with_name(out.name + SUFFIX))

    def read(self) -> Memory:
        """What was sent; empty if there is no such file, or it is not ours."""
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                str(row): {str(c): [str(t) for t in texts] for c, texts in cells.items()}
                for row, cells in rows.items()
            }
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def keep(self, memory: Memory) -> None:
        """Write the record. Raises OSError."""
        write_whole(self.path, json.dumps(memory, indent=1, ensure_ascii=False) + "\n")


def keep_newer_marks(template: Path, filled: Filled, before: Memory) -> tuple[list[str], Memory]:
    """Remove from `filled` whatever would overwrite a newer mark.

    Args:
        template: the downloaded sheet.
        filled: the same sheet, filled; changed in place.
        before: what has been sent so far.

    Returns:
        A line for each cell that was left unchanged, and the new record.
    """
    downloaded = read_sheet(template)
    new = sheet_of(filled.text, template)
    by = downloaded.header.index("ID") if "ID" in downloaded.header else 0
    kept: list[str] = []
    memory = dict(before)
    for index, name in filled.of.items():
        row, old = new.rows[index], downloaded.rows[index]
        who, grade = old[by].strip(), filled.columns[0]
        cells = before.get(who, {})
        known = {k: cells.get(downloaded.header[k], []) for k in filled.columns}
        sent = {k: cells.get(SENT + downloaded.header[k], known[k]) for k in filled.columns if k != grade}
        newer = [k for k in filled.columns if _is_newer(old[k], row[k], known[k])]
        for k in newer:
            what = "" if k == grade else "feedback "
            kept.append(f"{name}: {what}{brief(old[k].strip())} is kept, not {brief(row[k])}")
        left = filled.columns if grade in newer else newer
        for k in filled.columns:
            # Feedback that we sent, as rewritten by the platform, does not count as a person's feedback that is replaced.
            if k in left or any(_same(old[k], one) for one in sent.get(k, [])):
                _forget(filled, index, k == grade)
            if k in left:
                row[k] = escape_cell(old[k])
            else:
                cells = cells | {downloaded.header[k]: _remembered(old[k], row[k], known[k])}
                if k in sent:
                    cells |= {SENT + downloaded.header[k]: _remembered("", row[k], sent[k])}
        if who and cells:
            memory[who] = cells
    filled.text = new.text() if kept else filled.text
    return kept, memory


def _is_newer(found: str, wanted: str, known: list[str]) -> bool:
    """Whether somebody else wrote what is in the cell, after something was sent to it."""
    return bool(known) and not any(_same(found, one) for one in ("", wanted, *known))


def _remembered(found: str, wanted: str, known: list[str]) -> list[str]:
    """The new record for a cell that is being filled."""
    memory = [one for one in known if not _same(one, "")]
    for one in (found, wanted):
        if not any(_same(one, other) for other in ("", *memory)):
            memory.append(one)
    return memory


def _forget(filled: Filled, row: int, grade: bool) -> None:
    """Make `filled` no longer report that this row's cell was filled or something in it replaced."""
    (filled.replaced if grade else filled.feedback).pop(row, None)
    filled.filled -= grade


def _same(one: str, other: str) -> bool:
    """Whether two marks or texts are the same except for a platform's rewriting."""
    a, b = value_of(one), value_of(other)
    if a is not None and b is not None:
        return equal(a, b)
    return bool(_readings(one) & _readings(other))


def _readings(cell: str) -> set[str]:
    """The words of a cell, read as plain text and as HTML. `-` is how a platform shows an empty cell."""
    texts = (cell, html.unescape(WRAPPING.sub(" ", cell)))
    return {"" if words == ["-"] else " ".join(words) for words in map(str.split, texts)}
