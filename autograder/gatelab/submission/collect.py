"""Collects what a class handed in: everybody becomes exactly one submission, gradable or not.

A class may have these layouts, as a folder or as one archive, even mixed:

    flat                     nbgrader's                           a platform's download
    class/ada.ipynb          submitted/ada/softmax/lab.ipynb      names: platforms.py
    class/grace.zip          submitted/grace/softmax/lab.ipynb    Gradescope: gradescope_export.py

A student's archive is opened, an archive inside it is not. A notebook is parsed here only to choose among several (choose.py);
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

from gatelab.faults import MESSAGE_TO_STUDENT, GraderFault
from gatelab.handed_out.lists import all_of
from gatelab.lab.spec import Lab
from gatelab.submission.archives import ArchiveError
from gatelab.submission.attempts import Entry, HandInAttempt, Picked, Problem, attempts
from gatelab.submission.choose import is_notebook
from gatelab.submission.entries import CollectError, found_in
from gatelab.submission.names import distinct, file_names
from gatelab.submission.notebook import read_bytes
from gatelab.submission.people import Person, Roster, alike, folded, known
from gatelab.submission.pick import of_folder, unreadable
from gatelab.submission.platforms import Arrival
from gatelab.text import brief, visible

__all__ = ["CollectError", "Submission", "collect", "mark_namesakes", "one", "sha256_of"]

NOTHING = "Nothing was handed in."


@dataclass(frozen=True)
class Submission:
    """One row of the grade book."""

    name: str  # the student, or what the file is called; safe to show, unique in the class
    file: str  # stem of this submission's output files
    path: Path | None  # the notebook; None if there is none to grade
    problem: str = ""  # why there is none and what to do, in one sentence for staff
    problem_for_student: str = ""  # the same for the student
    sha256: str = ""
    others: tuple[str, ...] = ()  # notebooks and earlier attempts that came with it and are not graded
    machine_fault: bool = False  # whether the problem is the machine's and not the submission's
    entry: str = ""  # the name of the file or folder that was handed in; empty if nothing was
    people: tuple[Person, ...] = ()  # whose it is, as far as the platform or the roster says
    # When it was handed in, as the platform recorded it (never a file's date), with a time zone. None: not known.
    handed_in: datetime | None = None
    attempts: int = 1  # known to the platform; 0 if nothing was handed in
    newest: str = ""  # for an earlier attempt: the name of the newest attempt's row
    attempt: int = 0  # for an earlier attempt: its number, from 1 on
    alike: bool = False  # whether another row's person has the same name
    called_late: bool = False  # whether the platform calls it late
    notes: tuple[str, ...] = ()  # remarks for staff on how it was handed in, one sentence each
    unexplained: bool = False  # whether nothing was handed in, and no more is known

    @property
    def gradable(self) -> bool:
        return self.path is not None

    @property
    def missing(self) -> bool:
        """Whether this is somebody on the roster who handed in nothing."""
        return self.attempts == 0

    @property
    def called(self) -> str:
        """The person's name, or the row's name if that is not known."""
        who = ", ".join(person.called for person in self.people if person.called)
        earlier = f", attempt {self.attempt}" if self.attempt else ""
        return who + earlier if who else self.name

    @property
    def listed(self) -> str:
        """The same for a list of the class: with the row's name if another person has the same name."""
        return f"{self.called} ({self.name})" if self.alike and self.name != self.called else self.called


def collect(
    folder: Path,
    lab: Lab,
    leave_out: Path | None = None,
    *,
    unpack_folder: Path | None = None,
    roster: Roster | None = None,
    every_attempt: bool = False,
    beside: Path | None = None,
) -> list[Submission]:
    """All submissions of a class, sorted by name, followed by those on the roster who handed in nothing.

    `leave_out` (the output folder) and `beside` (the roster) are not submissions even if they are in the
    folder. A single notebook is a class of one; an archive is a class. `unpack_folder` is a folder for files from archives; without
    it no archive is opened. With `every_attempt` earlier attempts get their own rows. Raises CollectError.
    """
    folder = Path(folder)
    try:
        found = found_in(folder, lab, [path for path in (leave_out, beside) if path], unpack_folder)
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
    submissions = _submissions(rows, lab, roster)
    return mark_namesakes(submissions + (_missing(submissions, roster) if roster else []))


def mark_namesakes(rows: list[Submission]) -> list[Submission]:
    """The same rows, each with `alike` set if another person has the same name."""
    count = Counter(row.called for row in rows)
    return [replace(row, alike=count[row.called] > 1) for row in rows]


@dataclass(frozen=True)
class _Row:
    """A future row: `raw` is its entry, or the person's key on a platform; `base` is its name before names are made unique."""

    raw: str
    base: str
    attempt: HandInAttempt
    earlier: tuple[HandInAttempt, ...] = ()
    newest: str = ""  # for an earlier attempt: the raw of the newest
    number: int = 0  # for an earlier attempt: its number, from 1


def _of_people(found: list[Entry], lab: Lab) -> list[list[HandInAttempt]]:
    """The attempts of each person. Each entry that no platform names is a person of its own."""
    by_person: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in found:
        by_person[entry.arrival.platform, entry.arrival.key].append(entry)
    people = []
    for entries in by_person.values():
        try:
            people.append(attempts(entries, lab, read_bytes))
        except GraderFault as error:
            problem = Problem(str(error).rstrip("."), "run the command again", machine_fault=True)
            people.append([HandInAttempt(replace(entries[0], picked=Picked(None, problem)))])
    return people


def _rows(people: list[list[HandInAttempt]], every_attempt: bool) -> list[_Row]:
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
    # Output files are also named after the student or, if two share a name, after the entry.
    count = Counter(bases)
    stems = file_names([row.raw if count[row.base] > 1 else row.base for row in rows])
    by_raw = dict(zip(raws, names, strict=True))
    claims = _claims(rows)
    found = []
    for row, name, stem in zip(rows, names, stems, strict=True):
        entry, arrival = row.attempt.entry, row.attempt.entry.arrival
        submission = _submission(name, stem, entry.raw, entry.picked, lab)
        people = arrival.people if arrival.platform else _by_name(name, roster)
        doubts = _doubts(arrival.people or (_named(name),), roster)
        if len(claims[arrival.platform, _number(arrival)]) == 1:
            people = _with_platform(people, arrival.platform)
        renamed = _other_names(people, roster)
        people = tuple(known(person, roster) for person in people)
        others = [
            *row.attempt.others,
            *(f"an earlier attempt, {each.entry.description}" for each in row.earlier),
        ]
        notes = []
        if submission.path is not None and not is_notebook(submission.path.name):
            notes.append(f"{brief(submission.path.name)} was taken, because it holds a notebook.")
        if submission.path is None and any(each.entry.picked.path for each in row.earlier):
            notes.append("An earlier attempt has a notebook: --attempts all grades it too.")
        if (
            len(rows) == 1
            and submission.others
            and submission.path
            and entry.raw in submission.path.parts[:-1]
        ):
            notes.append(f"If {brief(entry.raw)} is not one student's folder, name it as the class's folder.")
        came = 0 if entry.picked.problem and entry.picked.problem.missing else 1
        handed_in = _handed_in(arrival, people)
        unread = next((person.unread for person in people if person.unread), arrival.unread)
        if not handed_in and unread:
            notes.append(f"The hand-in time cannot be read: {brief(unread)!r}; no late penalty is computed.")
        notes += [*doubts, *renamed, *_claimed_too(arrival, claims), *arrival.notes]
        if arrival.late:
            notes.append(f"{arrival.platform} calls it late.")
        found.append(
            replace(
                submission,
                others=tuple(others),
                entry=entry.raw,
                people=people,
                handed_in=handed_in,
                called_late=arrival.late,
                attempts=1 if row.newest else came + len(row.earlier) + arrival.earlier,
                newest=by_raw.get(row.newest, "") if row.newest else "",
                attempt=row.number,
                notes=tuple(notes),
            )
        )
    return _note_duplicates(found)


def _number(arrival: Arrival) -> str:
    return arrival.people[0].number if arrival.people else ""


def _claims(rows: list[_Row]) -> dict[tuple[str, str], set[str]]:
    """The keys under which each number of a platform came in: one, unless something is wrong with the download."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        arrival = row.attempt.entry.arrival
        found[arrival.platform, _number(arrival)].add(arrival.key)
    return found


def _claimed_too(arrival: Arrival, claims: dict[tuple[str, str], set[str]]) -> list[str]:
    """A sentence, if another entry of the platform's download has the same number."""
    number = _number(arrival)
    others = claims[arrival.platform, number] - {arrival.key} if arrival.platform and number else set()
    if not others:
        return []
    whose = all_of(sorted(brief(key.removesuffix(f"_{number}")) for key in others))
    return [
        f"{arrival.platform}'s number {number} came in as {whose}'s, too; check whose it is, since {arrival.platform} gives it to one person."
    ]


def _with_platform(people: tuple[Person, ...], platform: str) -> tuple[Person, ...]:
    """The same people, each with the platform whose number it is."""
    return tuple(
        replace(one, moodle=platform == "Moodle", canvas=platform == "Canvas") if one.number else one
        for one in people
    )


def _other_names(people: tuple[Person, ...], roster: Roster | None) -> list[str]:
    """A sentence for each person who has another name on the roster and was found by the platform's number."""
    pairs = [(one, found) for one in people if roster and (found := roster.find(one))]
    return [
        f"Number {one.number} is {found.called}'s on the roster, so it counts as theirs; check that it is, because the name differs."
        for one, found in pairs
        if one.number and one.number == found.number and not alike(one.name, found.name)
    ]


def _handed_in(arrival: Arrival, people: tuple[Person, ...]) -> datetime | None:
    """The time that the platform recorded: in its download, in its sheet, or in nbgrader's file next to the notebook."""
    by_sheet = next((person.handed_in for person in people if person.handed_in), None)
    return arrival.handed_in or by_sheet if arrival.platform else by_sheet or arrival.handed_in


def _by_name(name: str, roster: Roster | None) -> tuple[Person, ...]:
    """The person on the roster named by a file or folder."""
    found = roster.find(_named(name)) if roster else None
    return (found,) if found else ()


def _named(name: str) -> Person:
    """The person that the name of a file or folder describes."""
    return Person(name, name if "@" in name else "", ids=(name,))


def _candidates(people: Iterable[Person], roster: Roster | None) -> list[Person]:
    """The people on the roster who fit somebody of these, where more than one fits."""
    found = [roster.fits(person) for person in people] if roster else []
    return [who for fits in found if len(fits) > 1 for who in fits]


def _doubts(people: Iterable[Person], roster: Roster | None) -> list[str]:
    """A sentence, if somebody of these may be several people on the roster."""
    if not (maybe := _candidates(people, roster)):
        return []
    whose = " or ".join(f"{who.called} ({who.id or who.email})" for who in maybe)
    return [f"May belong to {whose}; rename it so that its name contains an ID or e-mail address."]


def _note_duplicates(submissions: list[Submission]) -> list[Submission]:
    """The same rows; if several are the same person on the roster, each says so."""
    rows: dict[Person, list[str]] = defaultdict(list)
    for submission in submissions:
        for person in submission.people if not submission.newest else ():
            rows[_identity(person)].append(submission.name)
    duplicates = {person: names for person, names in rows.items() if len(names) > 1}
    noted = []
    for submission in submissions:
        own = [(person, names) for person, names in duplicates.items() if submission.name in names]
        notes = [f"{', '.join(names)} all belong to {who.called}; remove all but one." for who, names in own]
        noted.append(replace(submission, notes=(*submission.notes, *notes)) if notes else submission)
    return noted


def _identity(person: Person) -> Person:
    """The person without what may differ between two hand-ins. A platform numbers people again in each course, so its number counts only
    if nothing else identifies the person."""
    number = "" if person.ids or person.email else person.number
    email, ids = folded(person.email), tuple(map(folded, person.ids))
    return replace(person, email=email, ids=ids, number=number, handed_in=None, unread="", moodle=False)


def _missing(submissions: list[Submission], roster: Roster) -> list[Submission]:
    """A row for everybody on the roster who handed in nothing."""
    present = {id(roster.find(person)) for submission in submissions for person in submission.people}
    absent = [person for person in roster.people if id(person) not in present and person.called]
    maybe = {
        id(who): submission.name
        for submission in submissions
        for who in _candidates(submission.people or (_named(submission.name),), roster)
    }
    taken = [submission.name for submission in submissions]
    raws = [f"{person.called} {person.id or person.email}".strip() for person in absent]
    names = distinct(taken + [person.called for person in absent], taken + raws)[len(taken) :]
    stems = file_names([submission.file for submission in submissions] + names)[len(taken) :]
    return [
        Submission(
            name,
            stem,
            None,
            reason,
            reason,
            people=(person,),
            attempts=0,
            unexplained=id(person) not in maybe,
        )
        for name, stem, person in zip(names, stems, absent, strict=True)
        for reason in [
            f"Nothing that is certainly theirs was handed in; {maybe[id(person)]} may be theirs."
            if id(person) in maybe
            else NOTHING
        ]
    ]


def one(folder: Path, lab: Lab) -> Submission:
    """The submission in one student's folder, in the form of `collect`."""
    return _submission(folder.name, "", folder.name, of_folder(folder, lab, None), lab)


def _submission(name: str, stem: str, raw: str, picked: Picked, lab: Lab) -> Submission:
    path, problem, sha256 = picked.path, picked.problem, ""
    if path is not None:
        try:
            sha256 = sha256_of(path)
        except OSError as error:
            path, problem = None, unreadable(error)
    staff = problem_for_student = ""
    if problem:
        staff = f"{visible(raw)}: {problem.what}; {problem.advice}."
        problem_for_student = (
            MESSAGE_TO_STUDENT
            if problem.machine_fault
            else f"{visible(raw)}: {problem.what}. Hand in {lab.notebook} itself."
        )
    machine_fault = problem is not None and problem.machine_fault
    return Submission(name, stem, path, staff, problem_for_student, sha256, picked.others, machine_fault)


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, by which a submission is recognised in later runs."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
