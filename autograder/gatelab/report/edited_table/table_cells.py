"""Cells of an edited table: whether two are equal, whose name one means, and how to quote them in a sentence."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from gatelab.limits import TABLE_CELL
from gatelab.report.by_hand.marks import number_of
from gatelab.text import brief


class Names:
    """Finds the name that a cell means: exactly, or ignoring what spreadsheets change (spaces, an apostrophe, accent
    composition, leading zeros) if only one name fits."""

    def __init__(self, names: Iterable[str]) -> None:
        self.exactly = set(names)
        self.loosely: dict[str, set[str]] = defaultdict(set)
        for name in self.exactly:
            for key in self._keys(name):
                self.loosely[key].add(name)

    def find(self, text: str) -> str | None:
        if text in self.exactly:
            return text
        found = self.loosely.get(plain(text), set())
        return next(iter(found)) if len(found) == 1 else None

    def twins(self, name: str) -> set[str]:
        """Other names that a spreadsheet may have turned into this one."""
        return set().union(*(self.loosely[key] for key in self._keys(name))) - {name}

    def _keys(self, name: str) -> set[str]:
        return {plain(name), plain(name).lstrip("0")} - {""}


def plain(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split())).removeprefix("'")


def same(one: str, other: str) -> bool:
    """Whether two cells mean the same: `14`, `14.0` and `14,00` do."""
    if one == other or plain(one) == plain(other):
        return True
    a, b = number_of(one), number_of(other)
    return a is not None and a == b


def quoted(cell: str) -> str:
    return brief(" ".join(cell.split()), TABLE_CELL) or "nothing"


def the_noun(items: list[str], one: str) -> str:
    """`the column` or `the columns`, by how many there are."""
    return f"the {one if len(items) == 1 else one + 's'}"


def verb(items: list[str], one: str = "was", many: str = "were") -> str:
    """The verb that goes with so many."""
    return one if len(items) == 1 else many
