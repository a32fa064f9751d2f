# Written by gatelab build from autograder/gatelab/handed_out/lists.py; change it there.
"""Formats lists in a sentence or on a page, possibly showing only the beginning. The engine uses this too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def listed(items: Iterable[str], most: int, between: str = ", ") -> str:
    """`a, b, c and 4 more`; with semicolons between the items, `a; b; c; and 4 more`."""
    items = list(items)
    shown = between.join(items[:most])
    left = len(items) - most
    return f"{shown}{between.strip(', ')} and {left} more" if left > 0 else shown


def begun(items: Sequence[object], most: int) -> str:
    """`0, 1, 2, …`, for sentences that already say how many there are."""
    return ", ".join([*map(str, items[:most]), *(["…"] if len(items) > most else [])])


def all_of(items: Sequence[str], word: str = "and") -> str:
    """`a, b and c`."""
    return f" {word} ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def first_lines(lines: Sequence[str], most: int, what: str = "") -> list[str]:
    """The first lines, and a line that says how many more `what` there are."""
    left = len(lines) - most
    return [*lines[:most], f"and {left} more {what}".rstrip()] if left > 0 else list(lines)
