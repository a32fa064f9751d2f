"""Suggests names for a mistyped one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from gatelab.handed_out.near import nearest

MOST = 5  # names in a sentence


def comparable(name: str) -> str:
    """A name as it is compared: without case, accent composition or a notebook's extension."""
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    return text.removesuffix(".ipynb")


def without_accents(name: str) -> str:
    """The same without accents, for keyboards that lack them."""
    return "".join(
        char for char in unicodedata.normalize("NFKD", comparable(name)) if not unicodedata.combining(char)
    )


def starting_with(typed: str, names: Iterable[str]) -> list[str]:
    """The names that begin with what was typed; if none does, those that do when accents are ignored."""
    names, wanted = list(names), (comparable(typed), without_accents(typed))
    if not wanted[0]:
        return []
    exactly = [name for name in names if comparable(name).startswith(wanted[0])]
    return exactly or [name for name in names if wanted[1] and without_accents(name).startswith(wanted[1])]


def near(typed: str, names: Iterable[str]) -> list[str]:
    """The names that were probably meant, likeliest first: those that contain what was typed, then those with a similar spelling."""
    first: dict[str, str] = {}  # of the names that are the same without accents
    for name in names:
        first.setdefault(without_accents(name), name)
    wanted = without_accents(typed)
    found = [name for key, name in first.items() if wanted and wanted in key]
    found += nearest(typed, first.values(), without_accents, 0.5, MOST)
    return list(dict.fromkeys(found))
