"""Which submitters in Gradescope's export are one person.

An address usually identifies a person, in capitals or not. But staff also type in addresses, and then two people can have the same one: with
another student ID, or, where one of them has none, another name, they count as two, and both rows say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from gatelab.handed_out.lists import listed
from gatelab.limits import MARKS_SHOWN
from gatelab.submission.people import Person, alike, folded
from gatelab.text import brief


class Submitters:
    """The submitters of all submissions in an export."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._by_sign: dict[str, list[Person]] = defaultdict(list)
        by_first: dict[str, list[Person]] = defaultdict(list)
        for person in dict.fromkeys(people):
            by_first[_first_sign(person)].append(person)
            for sign in _signs(person):
                self._by_sign[sign].append(person)
        self._keys: dict[Person, str] = {}
        for sharing in by_first.values():
            accounts = [_account(person, sharing) for person in sharing]
            # As it is written; of several spellings always the same one.
            written = min(person.email or person.id or person.name for person in sharing)
            for person, account in zip(sharing, accounts, strict=True):
                self._keys[person] = written if len(set(accounts)) == 1 else f"{written} {account}"

    def key(self, person: Person) -> str:
        """Their address, student ID or name; the same text for the same person, and another one for anybody else."""
        return self._keys[person]

    def notes(self, person: Person) -> list[str]:
        """A sentence, if the person's address or student ID is somebody else's, too."""
        found = []
        for sign, written in _signs(person).items():
            others = {self.key(other): other for other in self._by_sign[sign]}
            others.pop(self.key(person))
            if others:
                whose = listed(sorted(map(_described, others.values())), MARKS_SHOWN)
                found.append(
                    f"{brief(written)} is in Gradescope's export for {whose}, too, who {'counts as another person' if len(others) == 1 else 'count as others'}; check whose it is."
                )
        return found


def _account(person: Person, sharing: list[Person]) -> str:
    """What distinguishes a person from others with the same address; without one, from others with the same student ID."""
    name = folded(person.name)
    if person.email and person.id:
        return folded(person.id)
    if person.email:  # the same person's other submission may have the student ID
        ids = {folded(other.id) for other in sharing if other.id and folded(other.name) == name}
        return ids.pop() if len(ids) == 1 else name
    names = sorted(folded(other.name) for other in sharing)
    return next(other for other in names if other == name or alike(name, other))


def _first_sign(person: Person) -> str:
    return next(iter(_signs(person)), f"={folded(person.name)}")


def _signs(person: Person) -> dict[str, str]:
    """What should be only one person's, the most reliable first, and how it is written."""
    signs = {f"@{folded(person.email)}": person.email, f"#{folded(person.id)}": person.id}
    return {sign: written for sign, written in signs.items() if written}


def _described(person: Person) -> str:
    more = person.id or person.email
    return (
        f"{brief(person.called)} ({brief(more)})" if more and more != person.called else brief(person.called)
    )
