"""What is made from reports: does each reader get what is meant for them, whole, and nothing else?"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gatelab.integrations.sheets import ExportError, Rules, canvas, moodle
from gatelab.lab.bank import Bank, Chaff
from gatelab.lab.spec import Lab
from gatelab.report.classbook import Row, class_book
from gatelab.report.corrected import Given
from gatelab.report.gradescope import gradescope_results
from gatelab.report.model import UNTOUCHED, Cell, Part, Question, Report
from gatelab.report.pages import class_page, feedback_page
from gatelab.report.table import grades_csv
from gatelab.submission.people import Person
from gatelab.text import escape_formula

LAB = Lab.in_repository(Path(__file__).resolve().parents[3])
CHOSEN = ["q1", "q2"]
NASTY = "<script>alert('&')</script>"
SWAPPED = Chaff(
    "forget-and-input-swapped", "q1", "The forget and input gates are swapped.", "Which block is first?", ""
)
TANH = Chaff("tanh-left-out", "q1", "The tanh of the cell is left out.", "Read the last line.", "")
BANK = Bank(chaffs=(SWAPPED, TANH))


def question(id: str, *earned: bool, **more: object) -> Question:
    """A question of five-point parts, one for each verdict."""
    parts = [
        Part(
            f"part-{k}",
            5.0 if passed else 0.0,
            5.0,
            passed,
            "" if passed else f"message {k}",
            f"STAFF detail {k}",
        )
        for k, passed in enumerate(earned)
    ]
    return Question(id, LAB.questions[id].title, 5.0 * len(earned), parts, **more)


def graded(name: str, *questions: Question, **more: object) -> Report:
    by_hand = Question("q12a", "In your own words", 2.0, by_hand=True)
    protection = {"files": True, "network": False}
    return Report(name, "graded", questions=[*questions, by_hand], seed=7, protection=protection, **more)


def a_class() -> list[Row]:
    swapped = question(
        "q1", True, False, misconception=SWAPPED.id, note=f"{SWAPPED.misconception} Hint: {SWAPPED.hint}"
    )
    both = question("q1", False, False, misconception=f"{SWAPPED.id}+{TANH.id}")
    reports = [
        graded("ada", question("q1", True, True), question("q2", True, True), sha256="1" * 64),
        graded("bob", swapped, question("q2", True, False), sha256="2" * 64),
        graded(
            "cleo", both, question("q2", False, False), sha256="2" * 64, hints=["Uses torch.nn.LSTMCell."]
        ),
        Report("=dan", "ungradable", reason="=dan.ipynb: the file is empty; save it and hand it in again."),
    ]
    rows = [Row(report.submission, f"file-{k}", report) for k, report in enumerate(reports)]
    return [*rows, Row("eve", "file-4", None, "The run was stopped before this one.")]


class Seen(HTMLParser):
    """What a browser makes of a page: its text and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.links, self.open = "", [], [], []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.links += [value for name, value in attributes if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self.open[-1:]:
            self.text += data


class TestGradesCsv:
    def table(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(grades_csv(LAB, a_class(), CHOSEN))))

    def test_every_submission_has_its_row(self) -> None:
        assert [(row["submission"], row["status"]) for row in self.table()] == [
            ("ada", "graded"),
            ("bob", "graded"),
            ("cleo", "graded"),
            ("'=dan", "ungradable"),
            ("eve", "not graded yet"),
        ]

    def test_stand_points_only_where_there_is_a_grade(self) -> None:
        table = self.table()
        assert [(row["q1"], row["q2"], row["total"]) for row in table] == [
            ("10", "10", "20"),
            ("5", "5", "10"),
            ("0", "0", "0"),
            ("", "", ""),
            ("", "", ""),
        ]
        assert all(row["out_of"] == "18" and row["q12a"] == "" for row in table)

    def test_marks_by_hand_are_in_the_total(self) -> None:
        rows = [
            replace(row, given=Given({"q12a": 1.5})) if row.name in {"bob", "eve"} else row
            for row in a_class()
        ]
        table = list(csv.DictReader(io.StringIO(grades_csv(LAB, rows, CHOSEN))))
        found = [(row["q12a"], row["q12b"], row["total"], row["out_of"]) for row in table]
        assert found[0] == ("", "", "20", "18") and found[1] == ("1.5", "", "11.5", "20")
        assert found[4] == ("1.5", "", "", "20")

    @pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", " =1", '"=1'])
    def test_no_cell_is_a_formula(self, cell: str) -> None:
        assert escape_formula(cell)[0] == "'" or escape_formula(cell).strip()[0] == "'"

    @pytest.mark.parametrize(
        "name", ["x;=1+2;", "x\t=1+2", "x\r=1+2", 'x;"=1+2";', 'x";=1+2', "x,=1+2", "x;\t=1"]
    )
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_NONE])
    def test_no_cell_is_a_formula_however_a_spreadsheet_splits(
        self, name: str, delimiter: str, quoting: int
    ) -> None:
        if delimiter == "," and quoting == csv.QUOTE_NONE:
            quoting = (
                csv.QUOTE_MINIMAL
            )  # whoever splits at the commas that are meant takes the quotes off, too
        rows = [Row(name, name, Report(name, "ungradable", reason=f"{name}: the file is empty"))]
        text = grades_csv(LAB, rows, CHOSEN)
        cells = [
            cell
            for row in csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting)
            for cell in row
        ]
        assert [cell for cell in cells if cell.strip("\"' \t").startswith("=") and "'" not in cell] == []

    def test_every_field_is_quoted(self) -> None:
        assert all(line[0] == line[-1] == '"' for line in grades_csv(LAB, a_class(), CHOSEN).splitlines())

    def test_a_line_break_does_not_break_the_row(self) -> None:
        row = Row("a\nb", "f", Report("a\nb", "ungradable", reason="x\r\n=cmd()"))
        assert len(grades_csv(LAB, [row], CHOSEN).splitlines()) == 2


class TestFeedback:
    def test_says_points_messages_and_hint(self) -> None:
        text = Seen(feedback_page(LAB, a_class()[1].report)).text
        for said in (
            "bob",
            "10 of 20 points",
            "message 1",
            SWAPPED.misconception,
            SWAPPED.hint,
            "marked by hand",
        ):
            assert said in " ".join(text.split())

    def test_speaks_to_the_student_and_not_to_staff(self) -> None:
        report = Report("ada", "ungradable", "STAFF: ask for it", "Hand in lab.ipynb itself.")
        page = feedback_page(LAB, report)
        assert "STAFF" not in page and "Hand in lab.ipynb itself." in page
        assert "STAFF" not in json.dumps(gradescope_results(report, LAB.questions.values()))

    def test_a_student_of_moodles_download_is_addressed_by_name(self) -> None:
        text = Seen(
            feedback_page(LAB, graded("Jörg Ü_12345_assignsubmission_file_", question("q1", True)))
        ).text
        assert "Jörg Ü" in text and "assignsubmission" not in text

    def test_keeps_from_students_what_is_for_staff(self) -> None:
        report = graded(
            "ada",
            question("q1", True, False, output="STAFF printed", misconception="STAFF-id"),
            output="STAFF output",
            hints=["STAFF hint"],
            versions={"STAFF": "STAFF"},
        )
        report.seed = 987654
        page = feedback_page(LAB, report)
        assert "STAFF" not in page and "987654" not in page

    def test_nothing_of_a_submission_is_markup(self) -> None:
        report = graded(
            NASTY,
            Question("q1", NASTY, 5, [Part(NASTY, 0, 5, False, NASTY)], note=NASTY),
            cells=[Cell(3, "raised", NASTY)],
        )
        for page in (
            feedback_page(LAB, report),
            feedback_page(LAB, Report(NASTY, "ungradable", reason=NASTY)),
        ):
            seen = Seen(page)
            assert "script" not in seen.tags and NASTY in seen.text
            assert "default-src 'none'" in page

    def test_any_text_can_be_shown(self) -> None:
        message = "\ud800 \x00 \x1b[31m \u202e " + "x" * 100_000
        page = feedback_page(LAB, graded("ada", Question("q1", "t", 5, [Part("p", 0, 5, False, message)])))
        page.encode("utf-8")
        assert len(page) < 30_000 and not any(char in page for char in "\x00\x1b\u202e")

    def test_a_reason_that_all_parts_share_is_given_once(self) -> None:
        parts = [Part(f"p{k}", 0, 1, False, "`lstm_step` is not defined.") for k in range(5)]
        seen = Seen(feedback_page(LAB, graded("ada", Question("q1", "t", 5, parts))))
        assert seen.text.count("is not defined") == 1 and "p0, p1, p2, p3, p4" in seen.text

    def test_names_the_cells_that_did_not_run(self) -> None:
        cells = [Cell(4, "raised", "NameError: x"), Cell(5, "skipped", "experiment")]
        text = Seen(feedback_page(LAB, graded("ada", question("q1", True), cells=cells))).text
        assert "Cell 4" in text and "NameError: x" in text and "Cell 5" not in text

    def test_the_page_is_short_when_every_cell_raised(self) -> None:
        cells = [Cell(k, "raised", f"ValueError: {'x' * 1700}") for k in range(1999)]
        page = feedback_page(LAB, graded("ada", question("q1", True), cells=cells))
        assert len(page) < 100_000 and "1979 more cells" in " ".join(Seen(page).text.split())
        rows = [Row("ada", "ada", graded("ada", question("q1", True), cells=cells))]
        book = class_book(LAB, rows, CHOSEN, 7, BANK)
        assert len(class_page(book)) < 100_000 and len(json.dumps(book)) < 100_000
        assert book["submissions"][0]["cells"][-1] == "and 1979 more"


class TestClassReport:
    def book(self) -> dict:
        return class_book(LAB, a_class(), CHOSEN, 7, BANK)

    def test_misconceptions_are_counted(self) -> None:
        """Two made at once count for each of the two."""
        found = [(m["id"], m["count"], m["who"]) for m in self.book()["misconceptions"]]
        assert found == [(SWAPPED.id, 2, ["bob", "cleo"]), (TANH.id, 1, ["cleo"])]

    def test_questions_are_summed_up(self) -> None:
        q1 = self.book()["questions"][0]
        assert (q1["mean"], q1["graded"], q1["none"]) == (5.0, 3, 1)
        assert q1["parts"] == [
            {"name": "part-0", "passed": 2, "graded": 3},
            {"name": "part-1", "passed": 1, "graded": 3},
        ]

    def test_a_stub_counts_as_not_begun_and_nothing_else(self) -> None:
        stub = [
            Part(f"part-{k}", 0.0, 5.0, False, "Not written yet (q1: not written yet).", kind=UNTOUCHED)
            for k in range(2)
        ]
        rows = [*a_class(), *(Row(n, n, graded(n, Question("q1", "t", 10.0, stub))) for n in ("fay", "gus"))]
        q1 = class_book(LAB, rows, CHOSEN, 7, BANK)["questions"][0]
        assert (q1["mean"], q1["graded"], q1["none"], q1["not_begun"]) == (5.0, 3, 1, 2)
        assert [part["graded"] for part in q1["parts"]] == [3, 3]
        half = Question("q1", "t", 10.0, [stub[0], Part("x", 0.0, 5.0, False, "The shape is wrong.")])
        assert half.begun

    def test_the_spread_is_that_of_the_graded(self) -> None:
        bins = [bin["count"] for bin in self.book()["distribution"]]
        assert bins == [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]

    def test_it_is_plain_json(self) -> None:
        book = self.book()
        assert json.loads(json.dumps(book)) == book

    def test_the_page_says_it_all(self) -> None:
        seen = Seen(class_page(self.book()))
        text = " ".join(seen.text.split())
        for said in (
            SWAPPED.misconception,
            "=dan.ipynb: the file is empty",
            "not graded yet",
            "Protection on: files. Off: network.",
            "Uses torch.nn.LSTMCell.",
            "The same file came in as bob, cleo",
        ):
            assert said in text
        assert {"grades.csv", "class.json", "feedback/file-0.html", "reports/file-3.json"} <= set(seen.links)
        assert "feedback/file-4.html" not in seen.links

    def test_a_class_without_a_grade_gets_a_page(self) -> None:
        rows = [Row("dan", "dan", Report("dan", "ungradable", reason=NASTY))]
        seen = Seen(class_page(class_book(LAB, rows, CHOSEN, 7, Bank())))
        assert NASTY in seen.text and "script" not in seen.tags

    def test_a_strange_file_name_links_to_its_page(self) -> None:
        rows = [Row("नमस्ते", "नमस्ते", graded("नमस्ते", question("q1", True)))]
        page = class_page(class_book(LAB, rows, ["q1"], 7, Bank()))
        assert "feedback/%E0%A4%A8" in page


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Essay (11),LSTM lab (77),Final Score\r\n"
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

    def reports(self, *names: str) -> list[Report]:
        return [graded(name, question("q1", True, False), question("q2", True)) for name in names]

    def test_only_the_assignments_column_of_canvas_is_filled(self, tmp_path: Path) -> None:
        reports = self.reports("ada", "babbagebob_LATE_4712_90210_lab")
        filled = canvas(self.sheet(tmp_path, CANVAS), reports, "77")
        assert filled.text == CANVAS.replace("ada,S1,,,", "ada,S1,,10,").replace("S1,9,,50", "S1,9,10,50")
        assert (filled.filled, filled.no_grade, filled.no_row, filled.unclear) == (2, ["Roe, Cleo"], [], [])

    def test_an_ungradable_submission_gets_no_grade(self, tmp_path: Path) -> None:
        filled = canvas(
            self.sheet(tmp_path, CANVAS), [Report("ada", "ungradable", reason="empty")], "LSTM lab (77)"
        )
        assert filled.text == CANVAS and filled.ungradable == ["Lovelace, Ada"]
        assert filled.no_grade == ["Babbage, Bob", "Roe, Cleo"]

    @pytest.mark.parametrize("assignment", ["77", "LSTM lab", "LSTM lab (77)"])
    def test_an_assignment_is_known_by_title_or_number(self, tmp_path: Path, assignment: str) -> None:
        assert canvas(self.sheet(tmp_path, CANVAS), self.reports("ada"), assignment).filled == 1

    def test_a_title_that_two_assignments_share_is_refused(self, tmp_path: Path) -> None:
        path = self.sheet(tmp_path, CANVAS.replace("Essay (11)", "LSTM lab (11)"))
        with pytest.raises(ExportError, match=r"more than one column 'LSTM lab'; .* LSTM lab \(11\)"):
            canvas(path, [], "LSTM lab")

    def test_a_replaced_grade_is_named(self, tmp_path: Path) -> None:
        sheet = CANVAS.replace("ada,S1,,,", "ada,S1,,55,").replace("bbob,S1,9,,", "bbob,S1,9,10.0,")
        filled = canvas(self.sheet(tmp_path, sheet), self.reports("ada", "bbob"), "77")
        assert filled.filled == 2 and filled.replaced == ["Lovelace, Ada: 55 → 10"]

    def test_the_assignment_must_be_named_where_there_are_two(self, tmp_path: Path) -> None:
        with pytest.raises(
            ExportError, match=r"--assignment one of its assignments: Essay \(11\), LSTM lab \(77\)"
        ):
            canvas(self.sheet(tmp_path, CANVAS), [])

    def test_moodles_worksheet_is_filled_by_participant(self, tmp_path: Path) -> None:
        reports = self.reports("Ada Lovelace_4711_assignsubmission_file_", "bob@example.org")
        filled = moodle(self.sheet(tmp_path, MOODLE), reports)
        said = "q1: 5 of 10; q2: 5 of 5"
        assert filled.text == MOODLE.replace(",,26.00,\n", f",10,26.00,{said}\n") and filled.filled == 2

    def test_headers_in_another_language_can_be_named(self, tmp_path: Path) -> None:
        german = MOODLE.replace("Grade,Max", "Bewertung,Max").replace(
            "Feedback comments", "Feedback als Kommentar"
        )
        path = self.sheet(tmp_path, german.replace("Participant", "Teilnehmer/in"))
        with pytest.raises(ExportError, match="--grade-column"):
            moodle(path, [])
        reports = self.reports("x_4711_assignsubmission_file_")
        assert moodle(path, reports, "Bewertung", "Feedback als Kommentar").filled == 1

    def test_a_doubtful_match_is_left_to_a_person(self, tmp_path: Path) -> None:
        reports = self.reports("ada", "lovelaceada_4711_90210_lab", "stranger")
        filled = canvas(self.sheet(tmp_path, CANVAS), reports, "77")
        assert filled.text == CANVAS and filled.no_row == ["stranger"]
        assert filled.unclear == [
            "Lovelace, Ada: 2 submissions (ada, lovelaceada_4711_90210_lab); fill in by hand."
        ]

    def test_a_team_has_its_total_in_everybodys_row(self, tmp_path: Path) -> None:
        team = (Person("Ada Lovelace", "ada@example.org"), Person("Bob Babbage", "bob@example.org"))
        rules = Rules(15, {"a team": team})
        filled = moodle(self.sheet(tmp_path, MOODLE), self.reports("a team"), rules=rules)
        assert filled.filled == 2 and filled.text.count(",17.33,26.00,") == 2
        assert filled.notes == [
            f"{tmp_path / 'sheet.csv'}: its maximum is 26 and the lab has 15 points; every total is scaled by 26/15."
        ]

    def test_moodles_maximum_must_be_the_same_in_every_row(self, tmp_path: Path) -> None:
        path = self.sheet(tmp_path, MOODLE.replace("26.00", "10", 1))
        with pytest.raises(ExportError, match=r"its maximum is 10, 26\.00 and the lab has 15 points"):
            moodle(path, [], rules=Rules(15))

    def test_a_sheet_without_a_maximum_is_filled_and_reported(self, tmp_path: Path) -> None:
        sheet = CANVAS.replace("    Points Possible,,,,,10,26,(read only)\r\n", "")
        filled = canvas(self.sheet(tmp_path, sheet), self.reports("ada"), "77", Rules(15))
        assert filled.filled == 1 and "says no maximum; the totals are out of 15" in filled.notes[0]

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


def test_what_stands_in_backticks_is_code_on_the_page_and_markup_in_it_is_text(lab):
    from gatelab.text import marked

    assert (
        marked("`LSTM` has no `<b>`; a ` alone")
        == "<code>LSTM</code> has no <code>&lt;b&gt;</code>; a ` alone"
    )
    assert marked("`\n`<script>") == "`\n`&lt;script&gt;"
