"""Reads a table saved by a spreadsheet: bytes become rows of text under known column titles, or one sentence says why not.

It understands UTF-8, UTF-16 and UTF-32 with and without byte order mark, what Excel calls plain CSV, the separators
`,` `;` tab and `|`, a first line `sep=;`, either kind of quotation mark, every kind of line end, lines above the header, a header
that was sorted among the rows, and .xlsx workbooks under any name. It does not guess if rows could be lost by a wrong guess.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

from gatelab.limits import (
    COLUMN_TITLE,
    TABLE_CELLS,
    TABLE_HEAD,
    TABLE_LIMIT,
    TABLE_ROWS,
    WORKBOOK_FILES,
    WORKBOOK_LIMIT,
)
from gatelab.submission.archives import entries_of_zip

BOM = "\ufeff"
SEPARATORS = ",;\t|"
Rows = list[tuple[int, list[str]]]  # line number, cells

# Longer marks first: UTF-32's mark begins with UTF-16's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
SEP = re.compile(r"""\ufeff?["']?sep=(.)["']?[^\S\r\n]*(\r\n|\r|\n|$)""", re.IGNORECASE)
UNSEEN = re.compile(r"""[\s\ufeff\u200b-\u200f\u2060\x00]+""")


class SheetError(Exception):
    """The bytes are not a table with the wanted column. The message has no subject: "is empty"."""


class NoHeader(SheetError):
    """No row has the wanted column."""


class Ambiguous(SheetError):
    """Something is in the table twice; the message says what to do."""


@dataclass(frozen=True)
class Line:
    """A row below or above the header. `number` counts from 1, as editors and spreadsheets do."""

    number: int
    cells: list[str]
    above: bool = False


@dataclass
class Table:
    """The contents of a sheet. `columns`: known title → index; `others`: index → title, of other columns that are not empty."""

    columns: dict[str, int]
    width: int
    lines: list[Line]
    others: dict[int, str] = field(default_factory=dict)

    def raw(self, line: Line, title: str) -> str:
        """The cell in this column; empty if there is no such column or cell."""
        k = self.columns.get(title)
        return line.cells[k] if k is not None and k < len(line.cells) else ""

    def cell(self, line: Line, title: str) -> str:
        """The same without surrounding spaces."""
        return self.raw(line, title).strip()


def read_table(data: bytes, key: str, known: Iterable[str]) -> Table:
    """The table in `data`, found by its header: the row that has `key` and most of the titles in `known`.

    Case and spaces in titles do not matter. Raises SheetError.
    """
    return Sheet(data).table(key, known)


class Sheet:
    """A file from which several tables may be read; a workbook is opened only once. All methods may raise SheetError."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        if len(data) > TABLE_LIMIT:
            raise SheetError(f"is larger than {TABLE_LIMIT >> 20} MiB")
        if not data.strip(b" \t\r\n\0\xef\xbb\xbf\xfe\xff"):
            raise SheetError("is empty")
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            raise SheetError("is an old Excel workbook (.xls) or one with a password")

    def table(self, key: str, known: Iterable[str]) -> Table:
        """Like read_table."""
        titles = _titles([key, *known])
        if self._is_workbook:
            rows, problem = _of_one(self._worksheets, key, titles), ""
        else:
            rows, problem = _text(self.data, key, titles)
        at = max(range(len(rows)), key=lambda k: _score(rows[k][1], key, titles), default=0)
        if not rows or not _score(rows[at][1], key, titles):
            if line := _line_with_nul(self.data, key, titles):
                raise SheetError(f"holds a NUL byte in line {line}, which no text has")
            raise NoHeader(f"has no header row with a column {key!r}")
        if problem:
            raise SheetError(problem)
        return _table(rows, at, titles)

    def may_have(self, title: str) -> bool:
        """A quick test whether it may have a column with this title."""
        return normal(title) in (self._cells if self._is_workbook else self._head)

    @property
    def _is_workbook(self) -> bool:
        return self.data.startswith(b"PK\x03\x04")

    @cached_property
    def _worksheets(self) -> list[Rows]:
        return _workbook(self.data)

    @cached_property
    def _cells(self) -> set[str]:
        found = (cell for rows in self._worksheets for _, cells in rows for cell in cells)
        return {normal(cell) for cell in found if len(cell) <= COLUMN_TITLE}

    @cached_property
    def _head(self) -> str:
        return normal(self.data.replace(b"\0", b"")[:TABLE_HEAD].decode("utf-8", "replace"))


def as_written(text: str, key: str) -> Table:
    """A table in the kit's own format, with its header in the first row. Raises SheetError if it is in another format."""
    rows, problem = _split(text, ",", '"', 0)
    if problem or not rows or key not in rows[0][1]:
        raise SheetError(problem or f"has no header row with a column {key!r}")
    return _table(rows, 0, _titles(rows[0][1]))


def normal(title: str) -> str:
    """A title in the form for comparison: without case, spaces or quotation marks."""
    return UNSEEN.sub("", title).strip("\"'").casefold()


def _titles(known: Iterable[str]) -> dict[str, str]:
    """Normal form → title; "out of" also finds out_of, unless that is another column's title."""
    exact = {normal(title): title for title in known}
    return {key.replace("_", ""): title for key, title in exact.items()} | exact


def _score(cells: list[str], key: str, titles: dict[str, str]) -> int:
    named = {normal(cell) for cell in cells if len(cell) <= COLUMN_TITLE}
    return len({titles[name] for name in named if name in titles}) if key in named else 0


def _table(rows: Rows, at: int, titles: dict[str, str]) -> Table:
    header = rows[at][1]
    columns: dict[str, int] = {}
    for k, cell in enumerate(header):
        title = titles.get(normal(cell))
        if title in columns:
            raise Ambiguous(f"has the column {title!r} twice; leave one of them")
        if title is not None:
            columns[title] = k
    lines = [
        Line(number, cells, k < at)
        for k, (number, cells) in enumerate(rows)
        if k != at and any(cell.strip() for cell in cells)
    ]
    used = {k for line in lines if not line.above for k, cell in enumerate(line.cells) if cell.strip()}
    others = {
        k: cell.strip() for k, cell in enumerate(header) if k in used and titles.get(normal(cell)) is None
    }
    return Table(columns, len(header), lines, others)


# --- text ------------------------------------------------------------------------------------------------------------


def _text(data: bytes, key: str, titles: dict[str, str]) -> tuple[Rows, str]:
    """The rows, split so that they contain most of the header, and what is wrong with them."""
    best: tuple[int, Rows, str] = (0, [], "")
    for text in _decoded(data):
        sep = SEP.match(text)
        body, skipped = (text[sep.end() :], 1) if sep else (text, 0)
        stated = sep[1] if sep else ""
        separators = stated + SEPARATORS.replace(stated, "") if stated else SEPARATORS
        for quote, separator in product("\"'", separators):
            if quote == separator:
                continue
            rows, problem = _split(body, separator, quote, skipped)
            score = max((_score(cells, key, titles) for _, cells in rows), default=0)
            if score > best[0]:
                best = score, rows, problem
            if best[0] == len(set(titles.values())):
                return best[1], best[2]  # all of the header
    return best[1], best[2]


def _line_with_nul(data: bytes, key: str, titles: dict[str, str]) -> int:
    """The first line with a byte of zeros, in a file that would be a table without these; 0 for any other."""
    before, nul, _ = data.partition(b"\0")
    if not nul or any(data.startswith(mark) for mark, _ in BYTE_ORDER_MARKS):  # read with its zeros
        return 0
    rows, _ = _text(data.replace(b"\0", b""), key, titles)
    found = any(_score(cells, key, titles) for _, cells in rows)
    return len((before + b".").splitlines()) if found else 0


def _decoded(data: bytes) -> Iterator[str]:
    """The bytes decoded as text, in the likeliest encoding first."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                yield data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                name = encoding[:6].upper().rstrip("-")
                raise SheetError(
                    f"starts as {name} text but is not valid {name} from byte {error.start + len(mark)} on"
                ) from error
            return
    if b"\0" in data:
        for encoding in WIDE:
            try:
                yield data.decode(encoding)
            except UnicodeDecodeError:
                continue
        return
    try:
        yield data.decode("utf-8")
    except UnicodeDecodeError:
        yield data.decode("cp1252", "replace")  # what Excel saves as plain CSV


def _split(text: str, separator: str, quote: str, skipped: int) -> tuple[Rows, str]:
    """Rows with their line numbers; a stray quotation mark cannot make a row swallow the next."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        quotechar=quote,
        strict=True,
        skipinitialspace=True,
    )
    rows = []
    while True:
        first = reader.line_num + 1 + skipped
        try:
            rows.append((first, next(reader)))
        except StopIteration:
            return rows, ""
        except csv.Error:
            return rows, f"has quotation marks that do not close, from line {first} on"


# --- workbooks -------------------------------------------------------------------------------------------------------


def _workbook(data: bytes) -> list[Rows]:
    """The rows of each worksheet."""
    from openpyxl import load_workbook  # imported late: takes a second, and only workbooks need it

    try:
        if entries_of_zip(io.BytesIO(data)) > WORKBOOK_FILES:  # before zipfile makes an object for each
            raise SheetError(f"is an archive of more than {WORKBOOK_FILES:,} files")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise SheetError("is an archive, or a workbook of another kind than .xlsx")
            if sum(info.file_size for info in archive.infolist()) > WORKBOOK_LIMIT:
                raise SheetError(f"unpacks to more than {WORKBOOK_LIMIT >> 20} MiB")
        with warnings.catch_warnings():  # openpyxl warns about styles and about parts that it ignores
            warnings.simplefilter("ignore")
            shown, typed = (
                load_workbook(io.BytesIO(data), read_only=True, data_only=values) for values in (True, False)
            )
        return [_worksheet(a, b) for a, b in zip(shown.worksheets, typed.worksheets, strict=True)]
    except SheetError:
        raise
    except Exception as error:  # whatever zipfile, the XML parser and openpyxl raise on a damaged workbook
        raise SheetError(
            "is a workbook that cannot be opened (it is damaged or of an unknown kind)"
        ) from error


def _of_one(sheets: list[Rows], key: str, titles: dict[str, str]) -> Rows:
    """The rows of the one worksheet that has the header."""
    found = [rows for rows in sheets if any(_score(cells, key, titles) for _, cells in rows)]
    if len(found) > 1:
        raise Ambiguous(f"has {len(found)} worksheets with a column {key!r}; leave one of them")
    return found[0] if found else []


def _worksheet(shown: Any, typed: Any) -> Rows:
    """The rows as text, all of the same length. `shown` has the values, `typed` the formulas behind them."""
    from openpyxl.utils import get_column_letter

    rows: Rows = []
    count = 0
    for sheet in (shown, typed):
        sheet.reset_dimensions()  # a file may lie about its size
    pairs = zip(shown.iter_rows(values_only=True), typed.iter_rows(values_only=True), strict=True)
    for number, (values, formulas) in enumerate(pairs, 1):
        if number > TABLE_ROWS:
            raise SheetError(f"has more than {TABLE_ROWS:,} rows")
        # A formula that no spreadsheet has computed yet has no value; it must not look like an empty cell.
        cells = [
            _shown(formula if value is None else value)
            for value, formula in zip(values, formulas, strict=True)
        ]
        # A cell filled by mistake, far down or to the right, makes everything before it part of the sheet.
        while cells and not cells[-1].strip():
            cells.pop()
        count += len(cells)
        if count > TABLE_CELLS:
            raise SheetError(f"has more than {TABLE_CELLS:,} cells")
        if cells:
            rows.append((number, cells))
    width = max((len(cells) for _, cells in rows), default=0)
    if width * len(rows) > TABLE_CELLS:
        column = get_column_letter(width)
        raise SheetError(
            f"has a cell in column {column} and more than {TABLE_CELLS:,} cells with it; empty that cell"
        )
    return [(number, cells + [""] * (width - len(cells))) for number, cells in rows]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return str(value)
