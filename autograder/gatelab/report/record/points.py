"""How points are written and compared, everywhere."""

from __future__ import annotations

from collections.abc import Callable

# Rounding errors in sums of points are about 1e-14 in float64; points given by people differ by 0.01 or more. Sums are rounded to
# six digits (report/record/model.py), after which equal sums are the same number.
ROUNDING = 1e-9


def number(points: float) -> str:
    """Points to two decimals, without needless zeros: 14, 7.5, 3.43."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def plural(count: float, one: str, many: str = "", write: Callable[[float], str] = number) -> str:
    """`1 point`, `2 points`. `write`: how the count is written."""
    return f"{write(count)} {one if count == 1 else many or one + 's'}"


def equal(one: float, other: float) -> bool:
    """Whether these are the same points."""
    return abs(one - other) < ROUNDING


def instead_of(points: float, was: float, whose: str = "") -> str:
    """` instead of 4`, to be put behind points that replace others; "" if the two read the same."""
    return "" if number(points) == number(was) else f" instead of {whose}{number(was)}"


def less(one: float, other: float) -> bool:
    """Whether `one` is fewer points than `other`."""
    return one < other - ROUNDING
