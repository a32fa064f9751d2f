"""Who is in the class: a list with names, e-mail addresses and IDs, or the sheet that a platform let staff download.

The columns are found by their titles, as Canvas's grade book, Moodle's grading worksheet and Gradescope's roster have them
and as people write them; which separator, encoding or format is spreadsheet.py's.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from pathlib import Path

from gatelab.limits import PEOPLE_LIMIT, PERSON_LIMIT
from gatelab.submission.languages import IDENTIFIER, LANGUAGES, translated
from gatelab.submission.people import Person, Roster, alike, merged
from gatelab.submission.spreadsheet import Line, NoHeader, Sheet, SheetError, Table, normal
from gatelab.submission.times import moment
from gatelab.text import clean_name

NAME = ("Full name", "Student", "Name", "Student name", "Display name", "full_name", *translated("Full name"))
FIRST = ("First name", "Given name", "First", "first_name", *translated("First name"))
LAST = ("Last name", "Surname", "Family name", "Last", "last_name", *translated("Last name"))
EMAIL = ("Email address", "Email", "E-mail", "E-mail address", "Mail", *translated("Email address"))
# The platform's own number is part of its downloads' file names.
NUMBER = (IDENTIFIER, "ID", "User ID", "user_id", "Canvas user ID")
# The school's own ID, which is shown first. In other languages than English, Moodle's title for its number ("Kennung") is also what
# others call their logins.
IDS = (
    "SIS User ID", "ID number", "SID", "Student ID", "student_id", *translated("Student ID"), "SIS Login ID", "Username", "Login",
    "Login ID", "Integration ID", *translated(IDENTIFIER), *translated("ID number"), *translated("Username"),
)  # fmt: skip
# Moodle's number under such a title: "Teilnehmer/in 4711".
_HIDDEN = "|".join(
    word for language in LANGUAGES.values() if IDENTIFIER in language.titles for word in language.hidden
)
PARTICIPANT = re.compile(rf"(?:{_HIDDEN})\S* (\d+)", re.IGNORECASE)
HANDED_IN = ("Last modified (submission)", *translated("Last modified (submission)"))
ALL = (*NAME, *FIRST, *LAST, *EMAIL, *NUMBER, *IDS, *HANDED_IN)
NOT_PEOPLE = {"pointspossible", "student,test"}  # rows of Canvas's sheet


class RosterError(Exception):
    """The list cannot be used; the message names it and says what to do."""


def read_roster(path: Path, zone: tzinfo | None = None) -> Roster:
    """The people of a list, each once, in its order. `zone`: of times without one; None: this machine's. Raises RosterError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RosterError(
            f"{path}: cannot be read ({error.strerror}); name the list of the class."
        ) from error
    table = _table(path, data)
    people = [person for line in table.lines if not line.above and (person := _person(table, line, zone))]
    if not people:
        raise RosterError(f"{path}: nobody is in it; it needs a row for everybody in the class.")
    if len(people) > PEOPLE_LIMIT:
        raise RosterError(f"{path}: more than {PEOPLE_LIMIT:,} people are in it; name the list of one class.")
    return Roster(_once(people))


def _once(people: list[Person]) -> list[Person]:
    """Each person once, also one who is in several sections or courses: the same address or ID, and a name that may be the same."""
    found: list[Person] = []
    by_sign: dict[str, int] = {}
    for person in people:
        signs = [sign.casefold() for sign in (person.email, *person.ids) if sign]
        k = next((by_sign[sign] for sign in signs if sign in by_sign), None)
        if k is None or not alike(person.name, found[k].name):
            k = len(found)
            found.append(person)
        else:
            found[k] = merged(found[k], person)
        by_sign |= {sign: k for sign in signs if sign not in by_sign}
    return list(dict.fromkeys(found))


def _table(path: Path, data: bytes) -> Table:
    """The table, found by whichever column about people it has. The header is the row with the most known titles."""
    advice = "save it as CSV (UTF-8) with one header row"
    try:
        sheet = Sheet(data)
    except SheetError as error:
        raise RosterError(f"{path}: {error}; {advice}.") from error
    best: Table | None = None
    failure = SheetError("")
    for key in (*NAME, *LAST, *EMAIL, *NUMBER, *IDS):
        try:
            if not sheet.may_have(key):  # written the way most of them are
                continue
            table = sheet.table(normal(key), ALL)
        except NoHeader as error:
            failure = error
            continue
        except SheetError as error:
            raise RosterError(f"{path}: {error}; {advice}.") from error
        if best is None or len(table.columns) > len(best.columns):
            best = table
    if best is None:
        wanted = "a column Name (or First name and Last name), and Email or ID"
        raise RosterError(f"{path}: it has no header row that names people; give it {wanted}.") from failure
    return best


def _person(table: Table, line: Line, zone: tzinfo | None) -> Person | None:
    def first(titles: tuple[str, ...]) -> str:
        found = next((cell for title in titles if (cell := table.cell(line, title))), "")
        return clean_name(found.removeprefix("'"), PERSON_LIMIT)

    name = first(NAME) or " ".join(filter(None, [first(FIRST), first(LAST)]))
    number = first(NUMBER)
    moodle = bool(table.cell(line, IDENTIFIER))
    number = number.split()[-1] if number and number.split()[-1].isdecimal() else number  # "Participant 4711"
    ids = dict.fromkeys(cell for title in IDS if (cell := first((title,))))
    for id in [*ids]:
        if not number and (participant := PARTICIPANT.fullmatch(id)):
            number, moodle = participant[1], True
            del ids[id]
    email = first(EMAIL)
    if normal(name) in NOT_PEOPLE or not (name or number or ids or email):
        return None
    time_cell = first(HANDED_IN)
    handed_in = moment(time_cell, zone) if time_cell else None
    unread = time_cell if time_cell.strip("-") and not handed_in else ""
    return Person(name, email, number, tuple(ids), handed_in, moodle, unread, _of_canvas(table))


def _of_canvas(table: Table) -> bool:
    """Whether it is the sheet of Canvas's grade book, whose numbers are Canvas's."""
    titles = {*table.columns, *table.others.values()}
    return {"Student", "ID", "Section"} <= titles and bool(titles & {"SIS User ID", "SIS Login ID"})
