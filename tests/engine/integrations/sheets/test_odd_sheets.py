"""What platforms do to their own sheets, and staff to lists: nobody's grade is overwritten, and nothing untrue is said of a row."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from gatelab.integrations.delivery import for_moodle
from gatelab.integrations.export_record import keep_newer_marks
from gatelab.integrations.roster import read_roster
from gatelab.integrations.sheets import Filled, Rules, canvas, moodle
from gatelab.report.record.model import Report
from gatelab.report.whole_class.graded_class import Graded, GradedClass
from gatelab.submission.people import Person, Roster, known
from helpers.made_reports import of_people

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Lab (77)
    Points Possible,,,,,26
"Lovelace, Ada",4711,,ada,S1,
"Smith, John",4712,,js1,S1,
"Smith, John",4713,,js2,S2,
"""
MOODLE = """\
Identifier,Full name,Email address,Grade,Maximum Grade,Grade can be changed,Feedback comments
Participant 4711,Ada Lovelace,ada@example.org,,26.00,Yes,
Participant 4712,John Smith,js@example.org,,26.00,Yes,
Participant 4713,John Smith,js2@example.org,,26.00,Yes,
"""
POINTS = "10"  # of each report


def sheet(folder: Path, text: str) -> Path:
    path = folder / "sheet.csv"
    path.write_text(text, encoding="utf-8")
    return path


def people(**numbers: str) -> Rules:
    return Rules(people={name: (Person(number=number),) for name, number in numbers.items()})


class TestCanvas:
    def fill(self, folder: Path, text: str, rules: Rules) -> Filled:
        return canvas(sheet(folder, text), of_people(*rules.people), "77", rules)

    def test_an_excused_student_stays_excused_and_is_named(self, tmp_path: Path) -> None:
        filled = self.fill(tmp_path, CANVAS.replace("ada,S1,", "ada,S1,EX"), people(ada="4711"))
        assert "ada,S1,EX\n" in filled.text and filled.fixed == ["Lovelace, Ada (excused)"]
        assert (filled.filled, list(filled.replaced.values())) == (0, [])

    def test_a_student_listed_twice_counts_as_handed_in_and_is_left_to_a_person(self, tmp_path: Path) -> None:
        twice = CANVAS + '"Lovelace, Ada",4711,,ada,S2,\n'
        filled = self.fill(tmp_path, twice, people(ada="4711"))
        assert filled.text == twice
        assert filled.unclear == ["4711: 2 rows of the sheet fit; fill in by hand."]
        assert filled.no_row == [] and "Lovelace, Ada" not in " ".join(filled.no_grade)

    def test_a_row_that_a_spreadsheet_cut_short_is_filled(self, tmp_path: Path) -> None:
        cut = CANVAS.replace(",ada,S1,", ",ada")
        filled = self.fill(tmp_path, cut, people(ada="4711"))
        assert f"4711,,ada,,{POINTS}\n" in filled.text
        assert keep_newer_marks(tmp_path / "sheet.csv", filled, {}) == ([], {"4711": {"Lab (77)": [POINTS]}})

    def test_people_of_one_name_are_told_apart(self, tmp_path: Path) -> None:
        filled = self.fill(tmp_path, CANVAS, people(ada="4711"))
        assert filled.no_grade == ["Smith, John (4712)", "Smith, John (4713)"]

    def test_a_newer_mark_of_one_of_two_namesakes_is_not_reported_as_replaced(self, tmp_path: Path) -> None:
        rules = people(john="4712")
        path = sheet(tmp_path, CANVAS)
        _, memory = keep_newer_marks(path, canvas(path, of_people("john"), "77", rules), {})
        path = sheet(tmp_path, CANVAS.replace("js1,S1,", "js1,S1,7"))
        filled = canvas(path, of_people("john"), "77", rules)
        assert list(filled.replaced.values()) == [f"Smith, John (4712): 7 → {POINTS}"]
        held, _ = keep_newer_marks(path, filled, memory)
        assert list(filled.replaced.values()) == [] and held == [
            f"Smith, John (4712): 7 is kept, not {POINTS}"
        ]
        assert "js1,S1,7\n" in filled.text


class TestMoodle:
    def fill(self, folder: Path, text: str, rules: Rules) -> Filled:
        return moodle(sheet(folder, text), of_people(*rules.people), rules=rules)

    def test_a_row_that_moodle_would_pass_over_is_not_filled(self, tmp_path: Path) -> None:
        text = MOODLE.replace("ada@example.org,,26.00,Yes", "ada@example.org,5,26.00,No")
        filled = self.fill(tmp_path, text, people(ada="4711"))
        assert (filled.text, filled.filled, list(filled.replaced.values())) == (text, 0, [])
        assert filled.fixed == ["Ada Lovelace (locked)"]

    def test_people_are_called_by_name(self, tmp_path: Path) -> None:
        filled = self.fill(tmp_path, MOODLE, people(john="4712"))
        assert filled.no_grade == ["Ada Lovelace", "John Smith (Participant 4713)"]

    @pytest.mark.parametrize(
        ("there", "named"),
        [
            ("<p>Well done!</p>", ["Ada Lovelace"]),
            ("q1 is lovely", ["Ada Lovelace"]),
            ("q1: 4 of 10; q2: 5 of 5", []),
            ("<p>q1: 4 of 10; q2: 5 of 5</p>", []),
            ("", []),
        ],
    )
    def test_feedback_of_a_person_is_named_where_ours_replaces_it(
        self, tmp_path: Path, there: str, named: list[str]
    ) -> None:
        text = MOODLE.replace("ada@example.org,,26.00,Yes,", f"ada@example.org,,26.00,Yes,{there}")
        assert list(self.fill(tmp_path, text, people(ada="4711")).feedback.values()) == named


def roster(folder: Path, text: str) -> Roster:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return read_roster(path)


class TestLists:
    @pytest.mark.parametrize("title", ["ID", "User ID", "Student ID"])
    def test_a_list_of_ids_alone_is_a_roster(self, tmp_path: Path, title: str) -> None:
        found = roster(tmp_path, f"{title}\nada\nbob\n")
        assert [person.id for person in found.people] == ["ada", "bob"]
        assert found.find(Person("ada", ids=("ada",))) is found.people[0]

    @pytest.mark.parametrize(
        ("said", "wanted"),
        [
            ("Donnerstag, 26. November 2026, 18:28", datetime(2026, 11, 26, 18, 28)),
            ("Montag, 1. März 2027, 06:05", datetime(2027, 3, 1, 6, 5)),
            ("Dienstag, 4. Mai 2027, 06:05", datetime(2027, 5, 4, 6, 5)),
            ("Sonntag, 31. Oktober 2027, 06:05", datetime(2027, 10, 31, 6, 5)),
            ("Mittwoch, 1. Dezember 2027, 06:05", datetime(2027, 12, 1, 6, 5)),
        ],
    )
    def test_moodles_german_times_are_read(self, tmp_path: Path, said: str, wanted: datetime) -> None:
        text = f'Kennung,Vollständiger Name,Zuletzt geändert (Abgabe)\nTeilnehmer/in 12,Ada,"{said}"\n'
        [ada] = roster(tmp_path, text).people
        assert (ada.handed_in, ada.unread) == (wanted.astimezone(), "")
        assert (ada.number, ada.ids, ada.moodle) == ("12", (), True)

    @pytest.mark.parametrize(
        ("said", "unread"), [("le 26 novembre à midi", "le 26 novembre à midi"), ("-", ""), ("", "")]
    )
    def test_a_time_that_cannot_be_read_is_kept_to_be_reported(
        self, tmp_path: Path, said: str, unread: str
    ) -> None:
        [ada] = roster(tmp_path, f"Full name,Last modified (submission)\nAda,{said}\n").people
        assert (ada.handed_in, ada.unread) == (None, unread)


@pytest.mark.parametrize(
    ("text", "delivered"),
    [("Identifier,Full name\nParticipant 77,Ada\n", True), ("ID,Name\n77,Ada\n", False)],
    ids=["Moodle's own sheet", "a list of student numbers"],
)
def test_a_student_number_is_not_taken_for_a_participant_of_moodle(
    tmp_path: Path, text: str, delivered: bool
) -> None:
    """Moodle delivers to whoever has the number."""
    person = known(Person("Ada"), roster(tmp_path, text))
    assert person.number == "77"
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / "ada.html").write_text("well done", encoding="utf-8")
    row = Graded("ada", "Ada", "ada", "graded", Report("ada", "graded"), (person,), "ada.ipynb")
    made = for_moodle(GradedClass(tmp_path, "lab", 20, [row]))
    assert bool(made.files) == delivered and len(made.left_out) == (not delivered)
