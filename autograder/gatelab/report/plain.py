"""How points are written and compared everywhere."""

from __future__ import annotations

# Sums of points in float64 differ by about 1e-14; points that a person gives, by 0.01 or more. That sums are rounded to six digits
# (report/model.py) asks for no more: equal ones are the same number then.
ROUNDING = 1e-9


def number(points: float) -> str:
    """Points to two decimals, without needless zeros: 14, 7.5, 3.43."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def equal(one: float, other: float) -> bool:
    """Whether these are the same points."""
    return abs(one - other) < ROUNDING


def less(one: float, other: float) -> bool:
    """Whether `one` is fewer points than `other`."""
    return one < other - ROUNDING
