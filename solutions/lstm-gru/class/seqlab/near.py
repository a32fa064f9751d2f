# Written by gatelab build from autograder/gatelab/handed_out/near.py; change it there.
"""Finds the known words that a mistyped word was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

ALIKE = 0.75  # share of a name's letters that must agree for a typing error
# Names that IPython gives every notebook: no student means one of them.
NOT_THE_NOTEBOOKS = frozenset({"In", "Out", "exit", "quit", "get_ipython", "display", "open"})


def nearest(
    word: str,
    known: Iterable[str],
    key: Callable[[str], str] = str.casefold,
    cutoff: float = 0.6,
    most: int = 1,
) -> list[str]:
    """At most `most` of the known words, the most similar first; empty if none is similar.

    Args:
        key: returns the form of a word that is compared; if two known words have the same form, the first counts.
        cutoff: how similar a word must be, from 0 (anything) to 1 (the same key).
    """
    by_key: dict[str, str] = {}
    for one in known:
        by_key.setdefault(key(one), one)
    return [by_key[found] for found in difflib.get_close_matches(key(word), by_key, most, cutoff)]


def similar_name(name: str, among: Iterable[str]) -> str:
    """The most similar of these names, ignoring case and underscores; "" if none is similar.

    Among names with the same letters, the one with the fewest underscores counts (`sigmoid` before `sigmoid_`). Private names are
    considered only if `name` is private.
    """
    private = name.startswith("_")
    kind = (one for one in among if not one.startswith("__") and (private or not one.startswith("_")))
    found = nearest(name, sorted(kind, key=lambda one: (one.count("_"), one)), _normalized, ALIKE)
    return found[0] if found and found[0] != name else ""


def _normalized(name: str) -> str:
    return name.replace("_", "").casefold()
