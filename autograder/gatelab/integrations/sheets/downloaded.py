"""A sheet as a platform wrote it: read so that everything that is not filled in can be written back unchanged."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from gatelab.integrations.sheets.cells import folded
from gatelab.report.whole_class.graded_class import ExportError
from gatelab.submission.languages import ENGLISH
from gatelab.submission.spreadsheet import BOM


@dataclass
class Sheet:
    """A downloaded sheet. No row is shorter than the header."""

    header: list[str]
    rows: list[list[str]]
    bom: bool
    dialect: type[csv.Dialect]

    @property
    def titles(self) -> list[str]:
        """The header, in English if it is known."""
        return [ENGLISH.get(title.strip(), title.strip()) for title in self.header]

    def columns(self, name: str) -> list[int]:
        """Indices of the columns with this header, in its own language or in English."""
        own, known = (
            [k for k, title in enumerate(row) if folded(title) == folded(name)]
            for row in (self.header, self.titles)
        )
        return own or known

    def column(self, name: str, path: Path, option: str) -> int:
        """Index of the column with this header."""
        found = self.columns(name)
        if len(found) != 1:
            some = "more than one column" if found else "no column"
            raise ExportError(
                f"{path}: it has {some} {name!r}; name one of its columns with {option}: {', '.join(self.header)}."
            )
        return found[0]

    def text(self) -> str:
        """The sheet as text, in the form it came in."""
        written = io.StringIO()
        writer = csv.writer(written, self.dialect)
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return (BOM if self.bom else "") + written.getvalue()


def read_sheet(path: Path) -> Sheet:
    """Read a downloaded sheet. Raises ExportError when it is not one."""
    try:
        raw = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ExportError(f"{path}: cannot be read ({error.strerror}); name the downloaded sheet.") from error
    except UnicodeDecodeError as error:
        raise ExportError(
            f"{path}: it is not UTF-8 text; download the sheet again as CSV, not as Excel."
        ) from error
    return sheet_of(raw, path)


def sheet_of(raw: str, path: Path) -> Sheet:
    """The sheet of this text; `path` is what a message names."""
    text = raw.removeprefix(BOM)
    first = text.splitlines()[0] if text.strip() else ""

    class dialect(csv.excel):
        delimiter = max(",;\t", key=first.count)
        lineterminator = "\r\n" if "\r\n" in text else "\n"

    rows = list(csv.reader(io.StringIO(text, newline=""), dialect))
    if len(rows) < 2 or len(rows[0]) < 2:
        raise ExportError(f"{path}: there is no table of students in it; download the sheet again as CSV.")
    header = rows[0]
    wide = [row + [""] * (len(header) - len(row)) for row in rows[1:]]
    return Sheet(header, wide, raw != text, dialect)
