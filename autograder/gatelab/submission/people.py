"""People as a platform or a roster describes them, and finding a person on the roster.

A file's name, a platform's number, an e-mail address or a login may each identify a person. They are compared kind by
kind, the most reliable first, and a match counts only if exactly one person fits.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from gatelab.limits import PERSON_LIMIT
from gatelab.text import clean_name

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# Letters that Unicode does not take for a letter with an accent, and how they are often written.
STROKES = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


@dataclass(frozen=True)
class Person:
    """`number` is the platform's own (Canvas's user ID, Moodle's participant); `ids` are logins and student numbers."""

    name: str = ""
    email: str = ""
    number: str = ""
    ids: tuple[str, ...] = ()
    handed_in: datetime | None = None  # as the platform's sheet says
    moodle: bool = False  # whether `number` is a Moodle participant number
    unread: str = ""  # the sheet's text for the time, if it cannot be read
    canvas: bool = field(default=False, compare=False)  # whether `number` is certainly a Canvas user's

    @property
    def id(self) -> str:
        """The ID to show: a student number or login, else the platform's number."""
        return next(iter(self.ids), self.number)

    @property
    def called(self) -> str:
        """Their usual name: `Ada Lovelace` for `Lovelace, Ada`."""
        return usual_name(self.name) or self.email or self.id


def usual_name(name: str) -> str:
    """`Ada Lovelace` for `Lovelace, Ada`; any other name as it is, safe to show."""
    name = clean_name(name, PERSON_LIMIT)
    last, comma, first = name.partition(", ")
    return f"{first} {last}" if comma and first and ", " not in first else name


class Roster:
    """The people of a class, in the order of their list."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = list(people)
        self._by_key: dict[str, set[int]] = defaultdict(set)
        for k, person in enumerate(self.people):
            for key in _keys(person):
                self._by_key[key].add(k)

    def find(self, wanted: Person) -> Person | None:
        """The only person who fits; None if nobody fits, or several fit equally well."""
        found = self.fits(wanted)
        return found[0] if len(found) == 1 else None

    def fits(self, wanted: Person) -> list[Person]:
        """Everybody who fits, judging by the most reliable sign that somebody on the roster matches."""
        for keys in _signs(wanted):
            found = set().union(*(self._by_key.get(key, set()) for key in keys))
            if any(key.startswith("!") for key in keys):
                # A number from another platform may be equal by chance: then the names have little in common, or
                # somebody else has the full name. The same platform's own number stays when a person's name changes.
                found = {
                    k
                    for k in found
                    if alike(wanted.name, self.people[k].name) or self._same_account(wanted, k)
                }
                called = self._by_key.get(f"={' '.join(sorted(_words(wanted.name)))}", set())
                found = found & called if called else found
            if found and any(key.startswith("@") for key in keys):
                found |= self._by_other_id(wanted, found)
            if found:
                return [self.people[k] for k in sorted(found)]
        return []

    def _by_other_id(self, wanted: Person, by_address: set[int]) -> set[int]:
        """Whoever the wanted person's ID belongs to, if they have the address of somebody with another name."""
        if any(alike(wanted.name, self.people[k].name) for k in by_address):
            return set()
        return set().union(*(self._by_key.get(f"#{folded(id)}", set()) for id in wanted.ids if id))

    def _same_account(self, wanted: Person, k: int) -> bool:
        """Whether both numbers are the same platform's, and nobody else on the roster has the wanted person's name."""
        person, words = self.people[k], _words(wanted.name)
        platform = (wanted.canvas and person.canvas) or (wanted.moodle and person.moodle)
        named = self._by_key.get(f"={' '.join(sorted(words))}", set()) | self._by_key.get(
            f"~{''.join(words)}", set()
        )
        return platform and not named - {k}


def merged(one: Person, other: Person) -> Person:
    """Two rows about the same person as one; where they differ, the first counts."""
    return Person(
        one.name or other.name,
        one.email or other.email,
        one.number or other.number,
        tuple(dict.fromkeys((*one.ids, *other.ids))),
        one.handed_in or other.handed_in,
        one.moodle if one.number else other.moodle,
        one.unread or other.unread,
        one.canvas if one.number else other.canvas,
    )


def known(person: Person, roster: Roster | None) -> Person:
    """The person, with what the roster knows about them."""
    found = roster.find(person) if roster else None
    if found is None:
        return person
    number = person.number or found.number
    return Person(
        found.name or person.name,
        found.email or person.email,
        number,
        found.ids or person.ids,
        found.handed_in or person.handed_in,
        person.moodle or (found.moodle and found.number == number),
        found.unread,
        person.canvas or (found.canvas and found.number == number),
    )


def _keys(person: Person) -> set[str]:
    """All keys under which a person on the roster may be found."""
    keys = {f"#{folded(id)}" for id in (*person.ids, person.number) if id}
    if person.number:
        keys.add(f"!{folded(person.number)}")
    if person.email:
        keys |= {f"@{folded(person.email)}", f"^{folded(person.email).partition('@')[0]}"}
    keys |= {f"^{folded(id).partition('@')[0]}" for id in person.ids if "@" in id}
    if person.name:
        last, comma, first = person.name.partition(",")
        words = _words(person.name)
        keys |= {f"={' '.join(sorted(words))}", f"~{''.join(words)}"}
        if comma:
            keys.add(f"~{''.join([*_words(first), *_words(last)])}")
        else:  # `lovelaceada`, as Canvas writes Ada Lovelace
            keys |= {f"~{''.join([*words[k:], *words[:k]])}" for k in range(1, len(words))}
    return keys - {"=", "~", "#", "@", "^", "!"}


def _signs(person: Person) -> list[set[str]]:
    """What identifies the person behind a submission, the most reliable first."""
    signs = [
        {f"!{folded(person.number)}"} if person.number else set(),
        {f"@{folded(person.email)}"} if person.email else set(),
        {f"#{folded(id)}" for id in person.ids if id},
        {f"@{folded(id)}" for id in person.ids if "@" in id},
    ]
    if person.name:
        words = _words(person.name)
        signs += [{f"={' '.join(sorted(words))}"}, {f"~{''.join(words)}"}]
    # A login as a file name: also the part of an address before the @.
    signs.append({f"^{folded(id)}" for id in person.ids if id and "@" not in id})
    return [keys for keys in signs if keys]


def alike(one: str, other: str) -> bool:
    """Whether two names may be the same person's: they share a word that is not an initial, one is the other without spaces
    (`lovelaceada`), or one of them is empty. `Müller` may also be written Muller or Mueller."""
    return any(_alike(a, b) for a in _spellings(one) for b in _spellings(other))


def _alike(a: list[str], b: list[str]) -> bool:
    shared = {word for word in a if len(word) > 1} & {*b}
    return not a or not b or bool(shared) or _run_together(a, b) or _run_together(b, a)


def _run_together(one: list[str], words: list[str]) -> bool:
    """Whether `one` is a single word that contains all of `words`, or begins or ends with one of them."""
    if len(one) != 1:
        return False
    whole = one[0]
    ends = any(len(w) > 2 and (whole.startswith(w) or whole.endswith(w)) for w in words)
    return ends or all(w in whole for w in words)


def _spellings(name: str) -> list[list[str]]:
    """The words of a name as they are, without accents, and as German writes its umlauts without them."""
    words = _words(name)
    return [words, [_bare(word) for word in words], [_bare(word.translate(UMLAUTS)) for word in words]]


def _bare(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.translate(STROKES))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", folded(name)) if word]


def folded(text: str) -> str:
    """The text as names, addresses and logins are compared: without case and repeated spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
