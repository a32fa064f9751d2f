"""The question at the end of an error message: which known word was meant."""

from __future__ import annotations

from collections.abc import Iterable

from gatelab.handed_out.near import nearest


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean softmax?)` if a known word is similar, else ""."""
    found = nearest(word.strip(), known)
    return f" (did you mean {found[0]}?)" if found else ""
