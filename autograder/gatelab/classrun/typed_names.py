"""Finds the person that a typed name refers to, in the same way for every command, and suggests names for a mistyped one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gatelab.handed_out.lists import all_of, listed
from gatelab.handed_out.near import nearest
from gatelab.limits import PERSON_SHOWN, TYPED_NAMES
from gatelab.report.edited_table.table_cells import Names
from gatelab.report.outputs.wording import display_name
from gatelab.submission.collect import Submission
from gatelab.text import brief, escape_formula


@dataclass(frozen=True)
class ClassMember:
    """A student of a class: the unique name of the row, its file, and the student's name as it is and as lists show it."""

    name: str
    file: str
    display_name: str
    listed: str = ""
    members: tuple[str, ...] = ()  # the people of a team, by their own names

    @property
    def also(self) -> set[str]:
        """All names by which somebody may call them, in the form in which names are compared."""
        names = (self.name, self.file, display_name(self.name), self.display_name, self.listed, *self.members)
        return {comparable(one) for one in names} - {""}


def member(submission: Submission) -> ClassMember:
    """A submission as names are looked up. Only a team has members: one person's name is that of the submission."""
    people = submission.people if len(submission.people) > 1 else ()
    members = tuple(one.called for one in people if one.called)
    return ClassMember(submission.name, submission.file, submission.called, submission.listed, members)


class NotOne(Exception):
    """Nobody has the name, or several have: one sentence with the names there are."""


def one_of(typed: str, people: Sequence[ClassMember], whole: bool = True) -> str:
    """The name of the row that is meant. `whole`: only a whole name counts, since something is given; to look at a result its beginning is
    enough. Raises NotOne."""
    by_name = {escape_formula(one.name): one.name for one in people} | {one.name: one.name for one in people}
    found = Names(by_name).find(typed)
    if found is not None:
        return by_name[found]
    shown = f"{brief(typed, PERSON_SHOWN)!r}"
    same = [one.name for one in people if comparable(typed) in one.also]
    if len(same) == 1:
        return same[0]
    if same:
        raise NotOne(
            f"{shown}: {len(same)} submissions are called that; type one of these names: {_some(same)}."
        )
    rows = starting_with(typed, (one.name for one in people))
    display_names = starting_with(typed, (one.display_name for one in people))
    members = starting_with(typed, (member for one in people for member in one.members))
    begin = [
        one.name
        for one in people
        if one.name in rows or one.display_name in display_names or not {*members}.isdisjoint(one.members)
    ]
    if len(begin) == 1 and not whole:
        return begin[0]
    if len(begin) > 1:
        raise NotOne(
            f"{shown}: the names of {len(begin)} submissions begin like this; type one of these names: {_some(begin)}."
        )
    meant = begin or near(typed, by_name.values())
    hint = (
        f"did you mean {_some(meant[:TYPED_NAMES], 'or')}?"
        if meant
        else f"the names there: {_some([*by_name.values()])}."
    )
    raise NotOne(f"{shown}: no submission of this class has that name; {hint}")


def _some(names: list[str], word: str = "and") -> str:
    shown = [brief(name) for name in dict.fromkeys(names)]
    return listed(shown, TYPED_NAMES) if len(shown) > TYPED_NAMES else all_of(shown, word)


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
    found += nearest(typed, first.values(), without_accents, 0.5, TYPED_NAMES)
    return list(dict.fromkeys(found))
