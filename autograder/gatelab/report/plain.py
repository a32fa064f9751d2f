"""How points are written everywhere."""

from __future__ import annotations


def number(points: float) -> str:
    """Points to two decimals, without needless zeros: 14, 7.5, 3.43."""
    return f"{points:.2f}".rstrip("0").rstrip(".")
