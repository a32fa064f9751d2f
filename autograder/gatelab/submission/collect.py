"""What came in: everybody of a class becomes exactly one submission, gradable or not.

These shapes of class are read, as folder or as one archive, and mixtures of them:

    flat                     nbgrader's                           a platform's download
    class/ada.ipynb          submitted/ada/lstm-gru/lab.ipynb     names: platforms.py
    class/grace.zip          submitted/grace/lstm-gru/lab.ipynb   Gradescope: gradescope_export.py

An archive of one student is opened, one within it is not. A notebook is opened as a notebook only to choose among several
(choose.py); which entries are attempts of one person is attempts.py's.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
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

__all__ = ["CollectError", "Submission", "collect", "one", "sha256_of"]

NOTHING = "Nothing was handed in."


@dataclass(frozen=True)
class Submission:
    """One row of the grade book."""

    name: str  # the student, or what the file is called; fit to be shown, once in a class
    file: str  # stem of this submission's output files
    path: Path | None  # the notebook; None when there is none to grade
    problem: str = ""  # why there is none: one sentence with the way out, for staff
    told: str = ""  # the same for the student
    sha256: str = ""
    others: tuple[str, ...] = ()  # notebooks and earlier attempts that came in with it and are not graded
    ours: bool = False  # whether the problem is the machine's and not the submission's
    entry: str = ""  # the file or folder as it came in; empty where nothing did
    people: tuple[Person, ...] = ()  # whose it is, as far as the platform or the roster says
    # When it came in, by the platform's own record and never by a file's date; aware of its zone. None: nobody says.
    handed_in: datetime | None = None
    attempts: int = 1  # that the platform knows of; 0 where nothing was handed in
    newest: str = ""  # of an earlier attempt: the name of the row with the newest
    notes: tuple[str, ...] = ()  # staff: what is to be known of how it came in, one sentence each

    @property
    def gradable(self) -> bool:
        return self.path is not None

    @property
    def missing(self) -> bool:
        """Whether nothing was handed in: somebody of the roster without an entry."""
        return self.attempts == 0

    @property
    def called(self) -> str:
        """How people call whose it is; the row's name where nobody knows."""
        who = ", ".join(person.called for person in self.people if person.called)
        earlier = self.name.removeprefix(self.newest) if self.newest else ""
        return who + earlier if who else self.name


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
    """All submissions of a class, sorted by name, and after them who of the roster handed in nothing.

    `leave_out` (the output folder) and `beside` (the roster) are not submissions even when they are among
    them. A single notebook is a class of one, an archive is a class. `room` is a folder for what is taken out of archives;
    without it none is opened. With `every_attempt` earlier attempts have rows of their own. Raises CollectError.
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
    return came_in + (_missing(came_in, roster) if roster else [])


@dataclass(frozen=True)
class _Row:
    """A row to be: `raw` is its entry, or the person's key with a platform; `base` what it would be called."""

    raw: str
    base: str
    attempt: Attempt
    earlier: tuple[Attempt, ...] = ()
    newest: str = ""  # the raw of the newest, of an earlier attempt
    number: int = 0  # of an earlier attempt, from 1 on


def _of_people(found: list[Entry], lab: Lab) -> list[list[Attempt]]:
    """The attempts of each person. What no platform named is a person's each."""
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
    # Files are named by the student's name as well; where two share it, by the entry.
    count = Counter(bases)
    stems = file_names([row.raw if count[row.base] > 1 else row.base for row in rows])
    by_raw = dict(zip(raws, names, strict=True))
    found = []
    for row, name, stem in zip(rows, names, stems, strict=True):
        entry, arrival = row.attempt.entry, row.attempt.entry.arrival
        came = _submission(name, stem, entry.raw, entry.picked, lab)
        people = arrival.people if arrival.platform else _by_name(name, roster)
        people = tuple(known(person, roster) for person in people)
        others = [*row.attempt.others, *(f"an earlier attempt, {each.entry.told}" for each in row.earlier)]
        notes = []
        if came.path is not None and not is_notebook(came.path.name):
            notes.append(f"{brief(came.path.name)} was taken, because it holds a notebook.")
        if came.path is None and any(each.entry.picked.path for each in row.earlier):
            notes.append("An earlier attempt has a notebook: --attempts all grades it too.")
        if arrival.late:
            notes.append(f"{arrival.platform} calls it late.")
        found.append(
            replace(
                came,
                others=tuple(others),
                entry=entry.raw,
                people=people,
                handed_in=_handed_in(arrival, people),
                attempts=1 if row.newest else 1 + len(row.earlier) + arrival.earlier,
                newest=by_raw.get(row.newest, "") if row.newest else "",
                notes=tuple(notes),
            )
        )
    return _told_of_twins(found)


def _handed_in(arrival: Arrival, people: tuple[Person, ...]) -> datetime | None:
    """By the platform's own record: its download's, its sheet's, or what nbgrader left next to the notebook."""
    by_sheet = next((person.handed_in for person in people if person.handed_in), None)
    return arrival.handed_in or by_sheet if arrival.platform else by_sheet or arrival.handed_in


def _by_name(name: str, roster: Roster | None) -> tuple[Person, ...]:
    """Whom a roster has under the name of a file or folder."""
    found = roster.find(Person(name, name if "@" in name else "", ids=(name,))) if roster else None
    return (found,) if found else ()


def _told_of_twins(found: list[Submission]) -> list[Submission]:
    """The same, and where two rows are one person's by the roster, both say so."""
    rows: dict[Person, list[str]] = defaultdict(list)
    for came in found:
        for person in came.people if not came.newest else ():
            rows[replace(person, handed_in=None)].append(came.name)
    twins = {person: names for person, names in rows.items() if len(names) > 1}
    told = []
    for came in found:
        of = [(p, names) for p, names in twins.items() if came.name in names]
        notes = [f"{', '.join(names)} are all of {p.called}; take all but one away." for p, names in of]
        told.append(replace(came, notes=(*came.notes, *notes)) if notes else came)
    return told


def _missing(came_in: list[Submission], roster: Roster) -> list[Submission]:
    """A row for everybody of the roster of whom nothing is here."""
    here = {id(roster.find(person)) for came in came_in for person in came.people}
    gone = [person for person in roster.people if id(person) not in here and person.called]
    taken = [came.name for came in came_in]
    raws = [f"{person.called} {person.id or person.email}".strip() for person in gone]
    names = distinct(taken + [person.called for person in gone], taken + raws)[len(taken) :]
    stems = file_names([came.file for came in came_in] + names)[len(taken) :]
    return [
        Submission(name, stem, None, NOTHING, NOTHING, people=(person,), attempts=0)
        for name, stem, person in zip(names, stems, gone, strict=True)
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
    """Hash of a file's bytes, by which a submission is known from run to run."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
