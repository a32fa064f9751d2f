"""How learning platforms name what staff download: whose a file or folder is, from its name alone.

    Canvas      lovelaceada_LATE_4711_90210_lab-1.ipynb     name, late or not, user, attachment, file
                LATE_anon_ab1cd_90210_lab.ipynb             where the assignment is anonymous
    Moodle      Ada Lovelace_4711_assignsubmission_file_/   name, participant, plugin; followed by the file where the
                                                            download is not in folders
    nbgrader    ada+softmax+2026-11-26 06:28:36 UTC+x1/     the exchange's inbound folder: student, assignment, time

What only looks like a download must not turn a class into one person: `lab_2026_11_ada.ipynb` has Canvas's form. So a form
counts only where all names of that form are consistent (`arrivals`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gatelab.submission.languages import HIDDEN
from gatelab.submission.people import Person
from gatelab.submission.times import moment

# Moodle's name for a download, Ada Lovelace_4711_assignsubmission_file_…, anywhere in a path.
MOODLE_DOWNLOAD = re.compile(r"_(\d+)_assignsubmission_")

# What Canvas leaves of a name. Combining marks, as in Thai or in a decomposed umlaut, are in no class of `re`: beyond ASCII all may be in one.
_NAME = r"(?P<name>[0-9A-Za-z_\u0080-\U0010ffff]+?)"
_CANVAS = re.compile(
    rf"{_NAME}(?P<late>_LATE)?_(?P<user>\d{{1,20}})_(?P<file_id>\d{{1,20}})_(?P<file>.+)", re.DOTALL
)
_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?anon_(?P<user>[A-Za-z0-9]{5})_(?P<file_id>\d{1,20})_(?P<file>.+)", re.DOTALL
)
_TEXT = re.compile(rf"{_NAME}(?P<late>_LATE)?_(?P<user>\d{{1,20}})_(?P<file>(?:text|link)\.html)")
_MOODLE = re.compile(
    r"(?P<name>[^_]*)_(?P<user>\d{1,20})_assignsubmission_(?P<plugin>[a-z]+)_?(?P<file>.*)", re.DOTALL
)
# `lab-1.ipynb` is Canvas's name for a second `lab.ipynb` of the same student.
_AGAIN = re.compile(r"-\d{1,3}(?=\.[^.]+$)")


@dataclass(frozen=True)
class Arrival:
    """Whose an entry of the class is. Entries with the same `key` are one person's, or one team's."""

    platform: str  # "Canvas", "Moodle", "Gradescope", "nbgrader", or empty
    key: str
    called: str  # the row's name
    people: tuple[Person, ...] = ()
    file: str = ""  # what the student called it; empty for a folder
    order: tuple[float, str] = (0.0, "")  # grows with time
    handed_in: datetime | None = None
    unread: str = ""  # the time as it is written, if it cannot be read
    late: bool = False  # as the platform says
    earlier: int = 0  # earlier attempts that the platform knows of but did not include
    plugin: str = field(default="", compare=False)
    notes: tuple[str, ...] = ()  # remarks for staff on whose it is, one sentence each

    @property
    def plain_file(self) -> str:
        """The file's name without Canvas's number for a second file of that name."""
        return _AGAIN.sub("", self.file) if self.platform == "Canvas" else self.file


def arrivals(names: Sequence[str], lab: str) -> dict[str, Arrival]:
    """The entries that a platform named, by their names. Only their file names identify the others."""
    found: dict[str, Arrival] = {}
    for name in names:
        if arrival := _moodle(name) or _inbound(name, lab):
            found[name] = arrival
    canvas = {
        name: arrival for name in names if _may_be_canvas(found.get(name)) and (arrival := _canvas(name))
    }
    return found | (canvas if _go_together(list(canvas.values())) else {})


def _may_be_canvas(arrival: Arrival | None) -> bool:
    """Whether a name that was read like this may be Canvas's: the end of Canvas's names is the student's choice, and may look
    like the exchange's.
    """
    return arrival is None or arrival.platform == "nbgrader"


def _canvas(name: str) -> Arrival | None:
    # The anonymous form first: after its number, a student's `7_lab.ipynb` looks like the number of a file.
    match = _ANONYMOUS.fullmatch(name) or _CANVAS.fullmatch(name) or _TEXT.fullmatch(name)
    if not match:
        return None
    parts = match.groupdict()
    user, who = parts["user"], parts.get("name") or f"anon_{parts['user']}"
    file_id = parts.get("file_id") or "0"
    person = Person(who if parts.get("name") else "", number=user)
    return Arrival(
        "Canvas",
        f"{who}_{user}",
        who,
        (person,),
        parts["file"],
        (float(file_id), name),
        late=bool(parts["late"]),
    )


def _moodle(name: str) -> Arrival | None:
    if not (match := _MOODLE.fullmatch(name)):
        return None
    who = " ".join(match["name"].split()) or f"Participant {match['user']}"
    person = Person("" if who in HIDDEN else who, number=match["user"])
    who = f"Participant {match['user']}" if who in HIDDEN else who
    return Arrival("Moodle", f"{who}_{match['user']}", who, (person,), match["file"], plugin=match["plugin"])


def _inbound(name: str, lab: str) -> Arrival | None:
    if name.lower().endswith(".ipynb"):
        return None  # the exchange's are folders
    # A user's ID may be an address with a plus.
    match = re.fullmatch(rf"(?P<user>.+)\+{re.escape(lab)}\+(?P<time>[^+]+)(?:\+[^+]*)?", name, re.DOTALL)
    if not match or not (time := moment(match["time"])):
        return None
    user = match["user"]
    return Arrival(
        "nbgrader", user, user, (Person(ids=(user,)),), order=(time.timestamp(), name), handed_in=time
    )


def _go_together(found: list[Arrival]) -> bool:
    """Whether names of Canvas's form can be Canvas's: nobody has two names, no two files have the same number, and the files
    are not all one person's, nor all persons of one name."""
    users: dict[str, set[str]] = defaultdict(set)
    for arrival in found:
        users[arrival.people[0].number].add(arrival.called)
    numbers = [arrival.order[0] for arrival in found if arrival.order[0]]
    names = {name for called in users.values() for name in called}
    if any(len(called) > 1 for called in users.values()) or len(set(numbers)) < len(numbers):
        return False
    if len(users) == 1:  # a class of one; several files are theirs only if they are attempts of the same file
        return len({arrival.plain_file for arrival in found}) == 1
    return len(names) > 1
