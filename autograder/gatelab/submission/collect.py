"""What came in: everybody in a class becomes exactly one submission, gradable or not.

A class may have these shapes, as a folder or as one archive, also mixed:

    flat                     nbgrader's                           a platform's download
    class/ada.ipynb          submitted/ada/softmax/lab.ipynb      names: platforms.py
    class/grace.zip          submitted/grace/softmax/lab.ipynb    Gradescope: gradescope_export.py

A student's archive is opened, one inside it is not. A notebook is parsed here only to choose among several (choose.py);
attempts.py decides which entries are attempts of one person.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gatelab.faults import TOLD, GraderFault
from gatelab.lab.spec import Lab
from gatelab.submission.archives import ArchiveError
from gatelab.submission.attempts import Attempt, Entry, Picked, Problem, attempts
from gatelab.submission.choose import is_notebook
from gatelab.submission.entries import CollectError, found_in
from gatelab.submission.names import distinct, file_names
from gatelab.submission.notebook import read_bytes
from gatelab.submission.people import Person, Roster, known
from gatelab.submission.pick import of_folder, unreadable
from gatelab.submission.platforms import Arrival
from gatelab.text import brief, visible

__all__ = ["CollectError", "Submission", "collect", "one", "sha256_of", "told_apart"]

NOTHING = "Nothing was handed in."


@dataclass(frozen=True)
class Submission:
    """One row of the grade book."""

    name: str  # the student, or what the file is called; safe to show, unique in the class
    file: str  # stem of this submission's output files
    path: Path | None  # the notebook; None when there is none to grade
    problem: str = ""  # why there is none: one sentence with what to do, for staff
    told: str = ""  # the same for the student
    sha256: str = ""
    others: tuple[str, ...] = ()  # notebooks and earlier attempts that came with it and are not graded
    ours: bool = False  # whether the problem is the machine's and not the submission's
    entry: str = ""  # the file or folder as it came in; empty where nothing did
    people: tuple[Person, ...] = ()  # whose it is, as far as the platform or the roster says
    # When it came in, by the platform's record and never by a file's date; with its time zone. None: not known.
    handed_in: datetime | None = None
    attempts: int = 1  # that the platform knows; 0 where nothing was handed in
    newest: str = ""  # of an earlier attempt: the name of the row with the newest
    attempt: int = 0  # of an earlier attempt: its number, from 1 on
    alike: bool = False  # whether another row's person has the same name
    notes: tuple[str, ...] = ()  # for staff: remarks on how it came in, one sentence each

    @property
    def gradable(self) -> bool:
        return self.path is not None

    @property
    def missing(self) -> bool:
        """Whether nothing was handed in: somebody on the roster without an entry."""
        return self.attempts == 0

    @property
    def called(self) -> str:
        """The person's name; the row's name where it is not known."""
        who = ", ".join(person.called for person in self.people if person.called)
        earlier = f", attempt {self.attempt}" if self.attempt else ""
        return who + earlier if who else self.name

    @property
    def listed(self) -> str:
        """The same in a list of the class: with the row's name where another one is called so too."""
        return f"{self.called} ({self.name})" if self.alike and self.name != self.called else self.called


def collect(
    folder: Path,
    lab: Lab,
    leave_out: Path | None = None,
    *,
    room: Path | None = None,
    roster: Roster | None = None,
    every_attempt: bool = False,
    beside: Path | None = None,
) -> list[Submission]:
    """All submissions of a class, sorted by name, followed by those on the roster who handed in nothing.

    `leave_out` (the output folder) and `beside` (the roster) are not submissions even when they are among
    them. A single notebook is a class of one; an archive is a class. `room` is a folder for files from archives; without
    it no archive is opened. With `every_attempt` earlier attempts get their own rows. Raises CollectError.
    """
    folder = Path(folder)
    try:
        found = found_in(folder, lab, [path for path in (leave_out, beside) if path], room)
        people = _of_people(found, lab)
    except ArchiveError as error:
        raise CollectError(f"{folder}: it is an archive {error}; unpack it and name the folder.") from error
    except FileNotFoundError as error:
        raise CollectError(
            f"{folder}: there is no such folder; name the one with the submissions."
        ) from error
    except OSError as error:
        where = folder if error.filename is None else visible(os.fsdecode(error.filename))
        raise CollectError(f"{where}: cannot be read ({error.strerror}); fix its permissions.") from error
    if not found:
        raise CollectError(
            f"{folder}: nothing was handed in here; name the folder that holds the notebooks "
            f"or nbgrader's submitted/<student>/{lab.name}/ folders."
        )
    rows = _rows(people, every_attempt)
    rows.sort(key=lambda row: os.fsencode(row.raw))
    came_in = _submissions(rows, lab, roster)
    return told_apart(came_in + (_missing(came_in, roster) if roster else []))


def told_apart(rows: list[Submission]) -> list[Submission]:
    """The same, and each knows whether another one is called the same."""
    count = Counter(row.called for row in rows)
    return [replace(row, alike=count[row.called] > 1) for row in rows]


@dataclass(frozen=True)
class _Row:
    """A future row: `raw` is its entry, or the person's key on a platform; `base` is the name it would have."""

    raw: str
    base: str
    attempt: Attempt
    earlier: tuple[Attempt, ...] = ()
    newest: str = ""  # for an earlier attempt: the raw of the newest
    number: int = 0  # for an earlier attempt: its number, from 1


def _of_people(found: list[Entry], lab: Lab) -> list[list[Attempt]]:
    """The attempts of each person. Each entry that no platform named is a person of its own."""
    by_person: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in found:
        by_person[entry.arrival.platform, entry.arrival.key].append(entry)
    people = []
    for entries in by_person.values():
        try:
            people.append(attempts(entries, lab, read_bytes))
        except GraderFault as error:
            problem = Problem(str(error).rstrip("."), "run the command again", ours=True)
            people.append([Attempt(replace(entries[0], picked=Picked(None, problem)))])
    return people


def _rows(people: list[list[Attempt]], every_attempt: bool) -> list[_Row]:
    rows = []
    for newest, *earlier in people:
        arrival = newest.entry.arrival
        rows.append(_Row(arrival.key, arrival.called, newest, () if every_attempt else tuple(earlier)))
        for k, attempt in enumerate(reversed(earlier) if every_attempt else [], 1):
            base = f"{arrival.called}, attempt {k}"
            rows.append(_Row(f"{arrival.key} {attempt.entry.raw}", base, attempt, (), arrival.key, k))
    return rows


def _submissions(rows: list[_Row], lab: Lab, roster: Roster | None) -> list[Submission]:
    raws = [row.raw for row in rows]
    bases = [row.base for row in rows]
    names = distinct(bases, raws)
    # Output files are also named after the student; where two share a name, after the entry.
    count = Counter(bases)
    stems = file_names([row.raw if count[row.base] > 1 else row.base for row in rows])
    by_raw = dict(zip(raws, names, strict=True))
    found = []
    for row, name, stem in zip(rows, names, stems, strict=True):
        entry, arrival = row.attempt.entry, row.attempt.entry.arrival
        came = _submission(name, stem, entry.raw, entry.picked, lab)
        people = arrival.people if arrival.platform else _by_name(name, roster)
        maybe = _several(arrival.people or (_named(name),), roster)
        people = tuple(known(person, roster) for person in people)
        others = [*row.attempt.others, *(f"an earlier attempt, {each.entry.told}" for each in row.earlier)]
        notes = []
        if came.path is not None and not is_notebook(came.path.name):
            notes.append(f"{brief(came.path.name)} was taken, because it holds a notebook.")
        if came.path is None and any(each.entry.picked.path for each in row.earlier):
            notes.append("An earlier attempt has a notebook: --attempts all grades it too.")
        if len(rows) == 1 and came.others and came.path and entry.raw in came.path.parts[:-1]:
            notes.append(f"If {brief(entry.raw)} is not one student's folder, name it as the class's folder.")
        handed_in = _handed_in(arrival, people)
        unread = next((person.unread for person in people if person.unread), arrival.unread)
        if not handed_in and unread:
            notes.append(f"When it was handed in cannot be read: {brief(unread)!r}.")
        if maybe:
            whose = ", ".join(f"{who.called} ({who.id or who.email})" for who in maybe)
            notes.append(f"May be of {whose}: put an ID or address into its name.")
        if arrival.late:
            notes.append(f"{arrival.platform} calls it late.")
        found.append(
            replace(
                came,
                others=tuple(others),
                entry=entry.raw,
                people=people,
                handed_in=handed_in,
                attempts=1 if row.newest else 1 + len(row.earlier) + arrival.earlier,
                newest=by_raw.get(row.newest, "") if row.newest else "",
                attempt=row.number,
                notes=tuple(notes),
            )
        )
    return _told_of_twins(found)


def _handed_in(arrival: Arrival, people: tuple[Person, ...]) -> datetime | None:
    """By the platform's own record: from its download, from its sheet, or from nbgrader's file next to the notebook."""
    by_sheet = next((person.handed_in for person in people if person.handed_in), None)
    return arrival.handed_in or by_sheet if arrival.platform else by_sheet or arrival.handed_in


def _by_name(name: str, roster: Roster | None) -> tuple[Person, ...]:
    """The person on the roster whom the name of a file or folder means."""
    found = roster.find(_named(name)) if roster else None
    return (found,) if found else ()


def _named(name: str) -> Person:
    """What the name of a file or folder may say about a person."""
    return Person(name, name if "@" in name else "", ids=(name,))


def _several(people: Iterable[Person], roster: Roster | None) -> list[Person]:
    """The people on the roster of whom nobody can say which one somebody of these is."""
    found = [roster.fits(person) for person in people] if roster else []
    return [who for fits in found if len(fits) > 1 for who in fits]


def _told_of_twins(found: list[Submission]) -> list[Submission]:
    """The same rows; where two are the same person on the roster, both say so."""
    rows: dict[Person, list[str]] = defaultdict(list)
    for came in found:
        for person in came.people if not came.newest else ():
            rows[_lasting(person)].append(came.name)
    twins = {person: names for person, names in rows.items() if len(names) > 1}
    told = []
    for came in found:
        of = [(person, names) for person, names in twins.items() if came.name in names]
        notes = [f"{', '.join(names)} are all of {who.called}; remove all but one." for who, names in of]
        told.append(replace(came, notes=(*came.notes, *notes)) if notes else came)
    return told


def _lasting(person: Person) -> Person:
    """Without what another hand-in may have otherwise: a platform counts anew in each course, so its number is only a sign where there is
    no other."""
    number = "" if person.ids or person.email else person.number
    return replace(person, number=number, handed_in=None, unread="", moodle=False)


def _missing(came_in: list[Submission], roster: Roster) -> list[Submission]:
    """A row for everybody on the roster who handed in nothing."""
    here = {id(roster.find(person)) for came in came_in for person in came.people}
    gone = [person for person in roster.people if id(person) not in here and person.called]
    maybe = {
        id(who): came.name
        for came in came_in
        for who in _several(came.people or (_named(came.name),), roster)
    }
    taken = [came.name for came in came_in]
    raws = [f"{person.called} {person.id or person.email}".strip() for person in gone]
    names = distinct(taken + [person.called for person in gone], taken + raws)[len(taken) :]
    stems = file_names([came.file for came in came_in] + names)[len(taken) :]
    return [
        Submission(name, stem, None, said, said, people=(person,), attempts=0)
        for name, stem, person in zip(names, stems, gone, strict=True)
        for said in [
            f"Nothing that is surely theirs was handed in; {maybe[id(person)]} may be."
            if id(person) in maybe
            else NOTHING
        ]
    ]


def one(folder: Path, lab: Lab) -> Submission:
    """What is in one student's folder, as `collect` has it."""
    return _submission(folder.name, "", folder.name, of_folder(folder, lab, None), lab)


def _submission(name: str, stem: str, raw: str, picked: Picked, lab: Lab) -> Submission:
    path, problem, sha256 = picked.path, picked.problem, ""
    if path is not None:
        try:
            sha256 = sha256_of(path)
        except OSError as error:
            path, problem = None, unreadable(error)
    staff = told = ""
    if problem:
        staff = f"{visible(raw)}: {problem.what}; {problem.way_out}."
        told = TOLD if problem.ours else f"{visible(raw)}: {problem.what}. Hand in {lab.notebook} itself."
    ours = problem is not None and problem.ours
    return Submission(name, stem, path, staff, told, sha256, picked.others, ours)


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, by which a submission is recognised in later runs."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
