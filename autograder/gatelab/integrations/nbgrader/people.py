"""Finds nbgrader's student for a submission: nbgrader has its own IDs, which may differ from the roster's.

A student who is already in the grade book is found by any ID or e-mail address of theirs that is there; nobody gets a second entry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from gatelab.report.whole_class.graded_class import Graded
from gatelab.submission.people import Person
from gatelab.submission.platforms import arrivals


@dataclass(frozen=True)
class StudentOfRow:
    """A row and the ID of the student who handed it in. `new`: whether the student is not in the grade book yet."""

    row: Graded
    student: str
    new: bool
    details: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()  # further students in the grade book who seem to be the same person


def students_of(
    rows: Sequence[Graded], lab: str, there: Iterable[Any]
) -> tuple[list[StudentOfRow], list[str]]:
    """The students of these rows, and a sentence about each doubtful one. `there`: nbgrader's students. For a student with several
    rows nothing is entered."""
    known: dict[str, list[str]] = defaultdict(list)
    for student in there:
        known[student.id].insert(0, student.id)
        if student.email and student.email != student.id:
            known[student.email].append(student.id)
    found = [one for row in rows for one in _of_row(row, lab, known)]
    count = Counter(one.student for one in found)
    notes = []
    for student, times in count.items():
        if times > 1:
            names = ", ".join(one.row.name for one in found if one.student == student)
            notes.append(f"{student}: {times} submissions ({names}); enter the points by hand.")
    found = [one for one in found if count[one.student] == 1]
    notes += [
        f"{one.row.called}: entered as {one.student}, but by ID or e-mail address {', '.join(one.others)} in the grade book may be "
        "the same person; remove the wrong one with `nbgrader db student remove`."
        for one in found
        if one.others
    ]
    return found, notes


def _of_row(row: Graded, lab: str, known: Mapping[str, list[str]]) -> list[StudentOfRow]:
    if not row.people:
        there = known.get(row.name, [])
        return [StudentOfRow(row, there[0] if there else row.name, not there, others=tuple(there[1:]))]
    return [_of_person(row, person, _named_by_id(row, lab), known) for person in row.people]


def _of_person(row: Graded, person: Person, by_id: bool, known: Mapping[str, list[str]]) -> StudentOfRow:
    """`by_id`: whether the row's name is an ID and not a name from a platform."""
    first, _, last = person.called.rpartition(" ")
    details = {"first_name": first or last, "last_name": last if first else "", "email": person.email}
    given = [*person.ids, person.email, person.number]
    signs = [sign for sign in ([row.name, *given] if by_id else [*given, row.name]) if sign]
    there = list(dict.fromkeys(id for sign in signs for id in known.get(sign, ())))
    student = there[0] if there else row.name if by_id else person.id or person.email or row.name
    return StudentOfRow(
        row, student, not there, {k: value for k, value in details.items() if value}, tuple(there[1:])
    )


def _named_by_id(row: Graded, lab: str) -> bool:
    """Whether staff or nbgrader named the file or folder after the student."""
    arrival = arrivals([row.entry], lab).get(row.entry)
    if arrival is not None and arrival.platform == "nbgrader":
        return True
    return row.name in (row.entry, PurePath(row.entry).stem)
