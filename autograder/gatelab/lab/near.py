"""A word that was meant, where a known one is near."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def meant(word: str, known: Iterable[str]) -> str:
    """` (is softmax meant?)` where a known word is near, else ""."""
    known = list(known)
    near = [other for other in known if other.casefold() == word.strip().casefold()]
    near = near or difflib.get_close_matches(word, known, 1)
    return f" (is {near[0]} meant?)" if near else ""
