"""What stands in a cell: text that no spreadsheet takes for a formula, and points as they are written."""

from __future__ import annotations

import re

# A spreadsheet runs a cell that starts with one of the last as a formula, and one that splits at semicolons or tabs
# begins a cell in the middle of ours. A mark of quotation or a space in between may be dropped.
FORMULA = re.compile(r"""(^|[;\t])(?=["'\s]*[=+\-@＝＋－＠])""")
ESCAPED = re.compile(r"""(^|[;\t])'(?=["'\s]*[=+\-@＝＋－＠])""")


def escape_formula(cell: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before it. One line only."""
    return FORMULA.sub(r"\1'", " ".join(cell.splitlines()))


def unescaped(cell: str) -> str:
    """What `escape_formula` was given, where that was one line."""
    return ESCAPED.sub(r"\1", cell.strip())


def number(points: float) -> str:
    """Points to two decimals, without needless zeros: 14, 7.5, 3.43."""
    return f"{points:.2f}".rstrip("0").rstrip(".")
