"""The sheets that Canvas and Moodle let staff download: filled in one column, by name or number, and never with a formula."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.integrations.sheets import Rules, canvas, moodle
from gatelab.report.record.model import Report
from gatelab.report.whole_class.graded_class import ExportError
from gatelab.submission.people import Person
from helpers.made_reports import of_people

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Essay (11),Softmax lab (77),Final Score\r\n"
    "    Points Possible,,,,,10,26,(read only)\r\n"
    '"Lovelace, Ada",4711,,ada,S1,,,\r\n'
    '"Babbage, Bob",4712,,bbob,S1,9,,50\r\n'
    '"Roe, Cleo",4713,,cleo,S1,,,\r\n'
)
MOODLE = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 4711,Ada Lovelace,ada@example.org,Submitted,,26.00,\n"
    "Participant 4712,Bob Babbage,bob@example.org,Submitted,,26.00,\n"
)


class TestLearningPlatforms:
    def sheet(self, folder: Path, text: str) -> Path:
        path = folder / "sheet.csv"
        path.write_bytes(text.encode())
        return path

    def test_only_the_assignments_column_of_canvas_is_filled(self, tmp_path: Path) -> None:
        reports = of_people("ada", "babbagebob")
        rules = Rules(people={"babbagebob": (Person("babbagebob", number="4712"),)})
        filled = canvas(self.sheet(tmp_path, CANVAS), reports, "77", rules)
        assert filled.text == CANVAS.replace("ada,S1,,,", "ada,S1,,10,").replace("S1,9,,50", "S1,9,10,50")
        assert (filled.filled, filled.no_grade, filled.no_row, filled.unclear) == (2, ["Roe, Cleo"], [], [])

    def test_an_ungradable_submission_gets_no_grade(self, tmp_path: Path) -> None:
        filled = canvas(
            self.sheet(tmp_path, CANVAS), [Report("ada", "ungradable", reason="empty")], "Softmax lab (77)"
        )
        assert filled.text == CANVAS and filled.ungradable == ["Lovelace, Ada"]
        assert filled.no_grade == ["Babbage, Bob", "Roe, Cleo"]

    @pytest.mark.parametrize("assignment", ["77", "Softmax lab", "Softmax lab (77)"])
    def test_an_assignment_is_known_by_title_or_number(self, tmp_path: Path, assignment: str) -> None:
        assert canvas(self.sheet(tmp_path, CANVAS), of_people("ada"), assignment).filled == 1

    def test_a_title_that_two_assignments_share_is_refused(self, tmp_path: Path) -> None:
        path = self.sheet(tmp_path, CANVAS.replace("Essay (11)", "Softmax lab (11)"))
        with pytest.raises(ExportError, match=r"more than one column 'Softmax lab'; .* Softmax lab \(11\)"):
            canvas(path, [], "Softmax lab")

    def test_a_replaced_grade_is_named(self, tmp_path: Path) -> None:
        sheet = CANVAS.replace("ada,S1,,,", "ada,S1,,55,").replace("bbob,S1,9,,", "bbob,S1,9,10.0,")
        filled = canvas(self.sheet(tmp_path, sheet), of_people("ada", "bbob"), "77")
        assert filled.filled == 2 and list(filled.replaced.values()) == ["Lovelace, Ada: 55 → 10"]

    def test_the_assignment_must_be_named_where_there_are_two(self, tmp_path: Path) -> None:
        with pytest.raises(
            ExportError, match=r"--assignment one of its assignments: Essay \(11\), Softmax lab \(77\)"
        ):
            canvas(self.sheet(tmp_path, CANVAS), [])

    def test_moodles_worksheet_is_filled_by_participant(self, tmp_path: Path) -> None:
        reports = of_people("Ada Lovelace", "bob@example.org")
        rules = Rules(people={"Ada Lovelace": (Person("Ada L.", number="4711", moodle=True),)})
        filled = moodle(self.sheet(tmp_path, MOODLE), reports, rules=rules)
        said = "q1: 5 of 10; q2: 5 of 5"
        assert filled.text == MOODLE.replace(",,26.00,\n", f",10,26.00,{said}\n") and filled.filled == 2

    def test_headers_in_another_language_can_be_named(self, tmp_path: Path) -> None:
        french = MOODLE.replace("Grade,Max", "Note,Max").replace(
            "Feedback comments", "Feedback par commentaires"
        )
        path = self.sheet(tmp_path, french)
        with pytest.raises(ExportError, match="--grade-column"):
            moodle(path, [])
        reports = of_people("ada@example.org")
        assert moodle(path, reports, "Note", "Feedback par commentaires").filled == 1

    def test_a_scale_is_not_filled_with_points(self, tmp_path: Path) -> None:
        for scale in ("Scale", "Skala"):
            path = self.sheet(
                tmp_path, MOODLE.replace("Maximum Grade", scale).replace("26.00", '"Fail, Pass"')
            )
            with pytest.raises(ExportError, match="graded by a scale, which takes no points"):
                moodle(path, of_people("ada"))

    def test_a_german_worksheet_needs_no_option(self, tmp_path: Path) -> None:
        german = (
            "ID,Vollständiger Name,E-Mail-Adresse,ID-Nummer,Status,Bewertung,Bestwertung,Bewertung kann geändert werden,"
            "Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar\n"
            'Teilnehmer/in4711,Ada Lovelace,ada@example.org,1001,,,"30,00",Ja,-,-,\n'
            'Teilnehmer/in4712,Bob Babbage,bob@example.org,1002,,,"30,00",Nein,-,-,\n'
            'Teilnehmer/in4713,Cleo Roe,cleo@example.org,1003,,,"30,00",Ja,-,-,\n'
        )
        people = {"1001": (), "bob@example.org": (), "x": (Person("Cleo Roe"),)}
        filled = moodle(self.sheet(tmp_path, german), of_people(*people), rules=Rules(15, people))
        said = "q1: 5 of 10; q2: 5 of 5"
        assert filled.text == german.replace(',,"30,00",Ja,-,-,', f',20,"30,00",Ja,-,-,{said}')
        assert filled.fixed == ["Bob Babbage (locked)"] and "scaled by 30/15" in filled.notes[0]

    def test_a_doubtful_match_is_left_to_a_person(self, tmp_path: Path) -> None:
        reports = of_people("ada", "lovelaceada", "stranger")
        rules = Rules(people={"lovelaceada": (Person("lovelaceada", number="4711"),)})
        filled = canvas(self.sheet(tmp_path, CANVAS), reports, "77", rules)
        assert filled.text == CANVAS and filled.no_row == ["stranger"]
        assert filled.unclear == ["Lovelace, Ada: 2 submissions (ada, lovelaceada); fill in by hand."]

    @pytest.mark.parametrize("name", ["lab_4711_1_x", "x_4711_assignsubmission_file_", "4711 4712", "#4711"])
    def test_a_number_within_a_name_is_nobodys(self, tmp_path: Path, name: str) -> None:
        """A platform's own are people by the time that a class is graded."""
        for fill, sheet in ((canvas, CANVAS.replace("Essay (11)", "Essay")), (moodle, MOODLE)):
            filled = fill(self.sheet(tmp_path, sheet), of_people(name))
            assert (filled.text, filled.no_row) == (sheet, [name])

    def test_a_team_has_its_total_in_everybodys_row(self, tmp_path: Path) -> None:
        team = (Person("Ada Lovelace", "ada@example.org"), Person("Bob Babbage", "bob@example.org"))
        rules = Rules(15, {"a team": team})
        filled = moodle(self.sheet(tmp_path, MOODLE), of_people("a team"), rules=rules)
        assert filled.filled == 2 and filled.text.count(",17.33,26.00,") == 2
        assert filled.notes == [
            f"{tmp_path / 'sheet.csv'}: its maximum is 26 and the class was graded out of 15 points; every total is scaled by 26/15."
        ]

    def test_moodles_maximum_must_be_the_same_in_every_row(self, tmp_path: Path) -> None:
        path = self.sheet(tmp_path, MOODLE.replace("26.00", "10", 1))
        with pytest.raises(
            ExportError, match=r"its maximum is 10, 26\.00 and the class was graded out of 15 points"
        ):
            moodle(path, [], rules=Rules(15))

    def test_a_sheet_without_a_maximum_is_filled_and_reported(self, tmp_path: Path) -> None:
        sheet = CANVAS.replace("    Points Possible,,,,,10,26,(read only)\r\n", "")
        filled = canvas(self.sheet(tmp_path, sheet), of_people("ada"), "77", Rules(15))
        assert filled.filled == 1 and "states no maximum; totals are exported out of 15" in filled.notes[0]

    @pytest.mark.parametrize("name", ["=1+1", "@sum", " =x", "+cmd|calc", "-2+3", "＝1"])
    def test_a_name_is_never_a_formula(self, tmp_path: Path, name: str) -> None:
        filled = canvas(self.sheet(tmp_path, CANVAS.replace("Roe, Cleo", name)), [], "77")
        assert f"'{name}" in filled.text and filled.notes == [
            "1 cell holds a formula; an apostrophe precedes it now."
        ]

    @pytest.mark.parametrize("name", ["Eve;=1+1", 'Eve; "=1+1', "Eve;@sum", "Eve\t=1+1", "Eve;＝1"])
    def test_no_name_is_a_formula_where_a_spreadsheet_splits_elsewhere(
        self, tmp_path: Path, name: str
    ) -> None:
        """Excel splits at semicolons where a comma is the decimal sign."""
        sheet = CANVAS.replace("Roe, Cleo", name.replace('"', '""'))
        filled = canvas(self.sheet(tmp_path, sheet), [], "77")
        assert filled.notes == ["1 cell holds a formula; an apostrophe precedes it now."]
        for delimiter in ";\t":
            cells = [cell for line in filled.text.splitlines() for cell in line.split(delimiter)]
            assert not any(cell.lstrip(' "').startswith(("=", "@", "＝")) for cell in cells)
        (tmp_path / "sheet.csv").write_text(filled.text, encoding="utf-8", newline="")
        assert canvas(tmp_path / "sheet.csv", [], "77").text == filled.text

    @pytest.mark.parametrize("text", ["", "a\n", "PK\x03\x04", "\n\n"])
    def test_another_file_is_refused_as_a_sheet(self, tmp_path: Path, text: str) -> None:
        for fill in (canvas, moodle):
            with pytest.raises(ExportError, match=r"sheet\.csv: .*download"):
                fill(self.sheet(tmp_path, text), [])
