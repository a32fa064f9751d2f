"""A cell of a downloaded sheet: the number in it, how it is compared, and how it is handed back."""

from __future__ import annotations

from gatelab.text import escape_formula_in_sheet


def value_of(cell: str) -> float | None:
    """The number in a cell of the sheet, which may be written 7,50."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def escape_cell(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would run. Numbers and dashes are unchanged."""
    return cell if value_of(cell) is not None or cell.strip() == "-" else escape_formula_in_sheet(cell)


def folded(cell: str) -> str:
    """A cell as it is compared: without case, and with single spaces."""
    return " ".join(cell.split()).casefold()
