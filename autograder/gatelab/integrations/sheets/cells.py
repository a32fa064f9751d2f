"""A cell of a downloaded sheet: the number in it, how it is compared, and what a spreadsheet would run of it."""

from __future__ import annotations

import re

# What a spreadsheet runs as a formula, unless it is a number: at the start of a cell, or after a semicolon, where a
# spreadsheet of another locale starts a new cell.
FORMULA = re.compile(r"""(^|[;\t\r\n])(?=[\s"]*[=+\-@＝＋－＠])""")


def value_of(cell: str) -> float | None:
    """The number in a cell of the sheet, which may be written 7,50."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def escape_cell(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would run. Numbers and dashes are unchanged."""
    return cell if value_of(cell) is not None or cell.strip() == "-" else FORMULA.sub(r"\1'", cell)


def folded(cell: str) -> str:
    """A cell as it is compared: without case, and with single spaces."""
    return " ".join(cell.split()).casefold()
