"""The known words that a mistyped one was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable


def nearest(
    word: str,
    known: Iterable[str],
    key: Callable[[str], str] = str.casefold,
    cutoff: float = 0.6,
    most: int = 1,
) -> list[str]:
    """At most `most` of the known words, the most similar first; none where none is similar.

    Args:
        key: what is compared of each word; of two known words with the same key the first counts.
        cutoff: how similar a word must be, from 0 (anything) to 1 (the same key).
    """
    by_key: dict[str, str] = {}
    for one in known:
        by_key.setdefault(key(one), one)
    return [by_key[found] for found in difflib.get_close_matches(key(word), by_key, most, cutoff)]
