"""Is a list of the class understood, whichever platform or person made it, and is the right person found by it?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from gatelab.integrations.roster import RosterError, read_roster
from gatelab.limits import PERSON_LIMIT
from gatelab.submission.people import Person, Roster, usual_name

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,LSTM lab (77)\n    Points Possible,,,,,10\n"
    '"Lovelace, Ada",4711,0042,ada,S1,\n"Student, Test",9,,test,S1,\n'
)
MOODLE = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (submission),Feedback comments\n"
    'Participant 4711,Ada Lovelace,ada@example.org,Submitted,,26.00,"Thursday, 26 November 2026, 6:28 AM",\n'
    "Participant 4712,Bob Babbage,bob@example.org,No submission,,26.00,-,\n"
)
GRADESCOPE = "First Name,Last Name,SID,Email,Sections\nAda,Lovelace,0042,ada@example.org,S1\n"
OWN = "sep=;\nMatrikelnummer;Nachname;Vorname;E-Mail\n0042;Lovelace;Ada;ada@example.org\n"
NBGRADER = "id,first_name,last_name,email,lms_user_id\nada,Ada,Lovelace,ada@example.org,\n"


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> Roster:
    (tmp_path / "roster.csv").write_bytes(text.encode(encoding))
    return read_roster(tmp_path / "roster.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (CANVAS, [Person("Lovelace, Ada", "", "4711", ("0042", "ada"))]),
        (GRADESCOPE, [Person("Ada Lovelace", "ada@example.org", "", ("0042",))]),
        (OWN, [Person("Ada Lovelace", "ada@example.org", "", ("0042",))]),
        (NBGRADER, [Person("Ada Lovelace", "ada@example.org", "ada")]),
        ("name\nAda Lovelace\nAda Lovelace\n", [Person("Ada Lovelace")]),
    ],
    ids=["canvas", "gradescope", "own", "nbgrader", "names alone"],
)
def test_everybody_is_read_once(tmp_path: Path, text: str, wanted: list[Person], encoding: str) -> None:
    assert read(tmp_path, text, encoding).people == wanted


def test_somebody_in_two_sections_is_one_person(tmp_path: Path) -> None:
    text = "Name,Email,ID number,Section\nAda Lovelace,ada@x.org,1001,1\nLovelace Ada,Ada@X.org,,2\nAda Roe,,1001,1\nBo Lee,fam@x.org,,\nMay Lim,fam@x.org,,\n"
    assert [(one.called, one.id) for one in read(tmp_path, text).people] == [
        ("Ada Lovelace", "1001"),
        ("Bo Lee", ""),
        ("May Lim", ""),
    ]


def test_a_time_without_a_zone_is_read_in_the_zone_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(
        'Identifier,Full name,Last modified (submission)\nParticipant 1,Ada Lovelace,"Thursday, 26 November 2026, 11:28 PM"\n'
    )
    (ada,) = read_roster(path, ZoneInfo("Asia/Tokyo")).people
    assert ada.handed_in and ada.handed_in.isoformat() == "2026-11-26T23:28:00+09:00"


def test_moodles_sheet_says_when_something_was_handed_in(tmp_path: Path) -> None:
    ada, bob = read(tmp_path, MOODLE).people
    assert (ada.name, ada.email, ada.number) == ("Ada Lovelace", "ada@example.org", "4711")
    assert ada.handed_in == datetime(2026, 11, 26, 6, 28).astimezone() and bob.handed_in is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "no header row that names people; give it a column Name"),
        ("name,email\n", "nobody is in it"),
        ("name,name\nA,B\n", "the column 'Name' twice"),
        ('name,email\n"Ada,a\n', "quotation"),
    ],
)
def test_another_file_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RosterError, match=rf"roster\.csv: .*{said}"):
        read(tmp_path, text)


ADA = Person("Lovelace, Ada", "ada@example.org", "4711", ("0042", "alove1"))
BOB = Person("Bob van der Berg", "bob@example.org", "4712", ("0043",))
BOB2 = Person("Bob van der Berg", "bob2@example.org", "4713", ("0044",))


@pytest.mark.parametrize(
    ("came", "found"),
    [
        (Person("lovelaceada", number="4711"), ADA),  # Canvas's download
        (Person("lovelaceada", number="99"), ADA),  # a list of another platform
        (Person("Ada Lovelace", number="4711"), ADA),
        (Person("roecleo", number="4711"), None),  # another platform's number
        (Person("x", "ADA@example.org"), ADA),
        (Person(ids=("alove1",)), ADA), (Person(ids=("0042",)), ADA), (Person(ids=("ada@example.org",)), ADA),
        (Person("ada", ids=("ada",)), ADA),  # the part of the address before its @
        (Person("ada_lovelace", ids=("ada_lovelace",)), ADA), (Person("Lovelace-Ada"), ADA),
        (Person("Bob van der Berg"), None),  # two
        (Person("Bob van der Berg", number="4713"), BOB2), (Person("van_der_bergbob", number="4712"), BOB),
        (Person("mallory", ids=("mallory",)), None), (Person(ids=("42",)), None), (Person(), None),
    ],
)  # fmt: skip
def test_one_person_is_found_or_nobody(came: Person, found: Person | None) -> None:
    assert Roster([ADA, BOB, BOB2]).find(came) == found


@pytest.mark.parametrize(
    ("name", "said"),
    [("Lovelace, Ada", "Ada Lovelace"), ("Ada Lovelace", "Ada Lovelace"), ("a\x1bb", "a\\x1bb"), ("A, B, C", "A, B, C"),
     ("x" * 500, "x" * PERSON_LIMIT)],
)  # fmt: skip
def test_people_get_their_usual_names(name: str, said: str) -> None:
    assert usual_name(name) == said


def test_a_workbook_is_opened_once_however_many_titles_it_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Full name", "First name", "Email address", "ID number", "Matrikelnummer"])
    book.active.append(["Ada Lovelace", "Ada", "ada@example.org", "42", "4711"])
    book.create_sheet("Notes").append(["nothing of interest"])
    book.save(tmp_path / "people.xlsx")
    opened, load = [], openpyxl.load_workbook
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *a, **k: opened.append(k) or load(*a, **k))
    [ada] = read_roster(tmp_path / "people.xlsx").people
    assert (ada.name, ada.email, ada.ids) == ("Ada Lovelace", "ada@example.org", ("42", "4711"))
    assert len(opened) == 2  # for the values, and for the formulas behind them


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"), (b" \n", "is empty"), (b"\xd0\xcf\x11\xe0x", "is an old Excel workbook"),
        (b"PK\x03\x04x", "is a workbook that cannot be opened"), (b"<html>", "has no header row that names people"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_list_is_named_for_what_it_is(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "people.csv").write_bytes(data)
    with pytest.raises(RosterError, match=rf"people\.csv: (it )?{said}.*\.$"):
        read_roster(tmp_path / "people.csv")
