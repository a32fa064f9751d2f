"""Outputs made from reports: each reader gets everything meant for them, and nothing else."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from gatelab.lab.bank import Bank
from gatelab.report.by_hand.corrected_report import StaffInput
from gatelab.report.outputs.grade_table import grades_csv
from gatelab.report.outputs.gradescope import gradescope_results
from gatelab.report.outputs.pages import class_page, feedback_page
from gatelab.report.record.model import CellProblem, Kind, Mistake, Part, Question, Report
from gatelab.report.whole_class.class_report import Row, class_content
from gatelab.text import escape_formula
from helpers.made_reports import BANK, CHOSEN, EXP, LAB, NASTY, SWAPPED, Seen, a_class, graded, question


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

    def test_points_are_written_only_where_there_is_a_grade(self) -> None:
        table = self.table()
        assert [(row["q1"], row["q2"], row["total"]) for row in table] == [
            ("10", "10", "20"),
            ("5", "5", "10"),
            ("0", "0", "0"),
            ("", "", ""),
            ("", "", ""),
        ]
        # What was graded says itself what it is out of; of the rest the lab does.
        assert [row["out_of"] for row in table] == ["20", "20", "20", "10", "10"]
        assert all(row["q12a"] == "" for row in table)

    def test_marks_by_hand_are_in_the_total(self) -> None:
        rows = [
            replace(row, given=StaffInput({"q12a": 1.5})) if row.name in {"bob", "eve"} else row
            for row in a_class()
        ]
        table = list(csv.DictReader(io.StringIO(grades_csv(LAB, rows, CHOSEN))))
        found = [(row["q12a"], row["q12b"], row["total"], row["out_of"]) for row in table]
        assert found[0] == ("", "", "20", "20") and found[1] == ("1.5", "", "11.5", "22")
        assert found[4] == ("1.5", "", "", "12")

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
    def test_the_page_says_points_messages_and_hint(self) -> None:
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

    def test_the_page_speaks_to_the_student_and_not_to_staff(self) -> None:
        report = Report("ada", "ungradable", "STAFF: ask for it", "Hand in lab.ipynb itself.")
        page = feedback_page(LAB, report)
        assert "STAFF" not in page and "Hand in lab.ipynb itself." in page
        assert "STAFF" not in json.dumps(gradescope_results(report, LAB.questions.values()))

    def test_a_student_of_moodles_download_is_addressed_by_name(self) -> None:
        text = Seen(
            feedback_page(LAB, graded("Jörg Ü_12345_assignsubmission_file_", question("q1", True)))
        ).text
        assert "Jörg Ü" in text and "assignsubmission" not in text

    def test_what_is_for_staff_is_kept_from_students(self) -> None:
        report = graded(
            "ada",
            question(
                "q1",
                True,
                False,
                output="STAFF printed",
                mistakes=[Mistake("STAFF-id", "It is swapped.", "")],
            ),
            output="STAFF output",
            hints=["STAFF hint"],
            versions={"STAFF": "STAFF"},
        )
        report.seed = 987654
        page = feedback_page(LAB, report)
        assert "STAFF" not in page and "987654" not in page

    def test_no_text_of_a_submission_becomes_markup(self) -> None:
        report = graded(
            NASTY,
            Question("q1", NASTY, 5, [Part(NASTY, 0, 5, Kind.WRONG, NASTY)], [Mistake(NASTY, NASTY, NASTY)]),
            cells=[CellProblem(3, "raised", NASTY)],
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
        page = feedback_page(
            LAB, graded("ada", Question("q1", "t", 5, [Part("p", 0, 5, Kind.WRONG, message)]))
        )
        page.encode("utf-8")
        assert len(page) < 30_000 and not any(char in page for char in "\x00\x1b\u202e")

    def test_a_reason_that_all_parts_share_is_given_once(self) -> None:
        parts = [Part(f"p{k}", 0, 1, Kind.NOT_DEFINED, "`softmax` is not defined.") for k in range(5)]
        seen = Seen(feedback_page(LAB, graded("ada", Question("q1", "t", 5, parts))))
        assert seen.text.count("is not defined") == 1 and "p0, p1, p2, p3, p4" in seen.text

    def test_the_page_names_the_cells_that_did_not_run(self) -> None:
        cells = [CellProblem(4, "raised", "NameError: x"), CellProblem(5, "skipped", "experiment")]
        text = Seen(feedback_page(LAB, graded("ada", question("q1", True), cells=cells))).text
        assert "Cell 4" in text and "NameError: x" in text and "Cell 5" not in text

    def test_the_page_is_short_when_every_cell_raised(self) -> None:
        cells = [CellProblem(k, "raised", f"ValueError: {'x' * 1700}") for k in range(1999)]
        page = feedback_page(LAB, graded("ada", question("q1", True), cells=cells))
        assert len(page) < 100_000 and "1979 more cells" in " ".join(Seen(page).text.split())
        rows = [Row("ada", "ada", graded("ada", question("q1", True), cells=cells))]
        book = class_content(LAB, rows, CHOSEN, 7, BANK)
        assert len(class_page(book)) < 100_000 and len(json.dumps(book)) < 100_000
        assert book["submissions"][0]["cells"][-1] == "and 1979 more"


class TestClassReport:
    def book(self) -> dict:
        return class_content(LAB, a_class(), CHOSEN, 7, BANK)

    def test_misconceptions_are_counted(self) -> None:
        """Two made at once count for each of the two."""
        found = [(m["id"], m["count"], m["who"]) for m in self.book()["misconceptions"]]
        assert found == [(SWAPPED.id, 2, ["bob", "cleo"]), (EXP.id, 1, ["cleo"])]

    def test_questions_are_summed_up(self) -> None:
        q1 = self.book()["questions"][0]
        assert (q1["mean"], q1["graded"], q1["none"]) == (5.0, 3, 1)
        assert q1["parts"] == [
            {"name": "part-0", "passed": 2, "graded": 3},
            {"name": "part-1", "passed": 1, "graded": 3},
        ]

    def test_only_a_stub_counts_as_not_begun(self) -> None:
        stub = [
            Part(f"part-{k}", 0.0, 5.0, Kind.UNTOUCHED, "Not written yet (q1: not written yet).")
            for k in range(2)
        ]
        rows = [*a_class(), *(Row(n, n, graded(n, Question("q1", "t", 10.0, stub))) for n in ("fay", "gus"))]
        q1 = class_content(LAB, rows, CHOSEN, 7, BANK)["questions"][0]
        assert (q1["mean"], q1["graded"], q1["none"], q1["not_begun"]) == (5.0, 3, 1, 2)
        assert [part["graded"] for part in q1["parts"]] == [3, 3]
        half = Question("q1", "t", 10.0, [stub[0], Part("x", 0.0, 5.0, Kind.WRONG, "The shape is wrong.")])
        assert half.attempted

    def test_the_distribution_counts_only_graded_submissions(self) -> None:
        bins = [bin["count"] for bin in self.book()["distribution"]]
        assert bins == [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]

    def test_it_is_plain_json(self) -> None:
        book = self.book()
        assert json.loads(json.dumps(book)) == book

    def test_the_page_shows_what_the_class_book_holds(self) -> None:
        seen = Seen(class_page(self.book()))
        text = " ".join(seen.text.split())
        for said in (
            SWAPPED.misconception,
            "=dan.ipynb: the file is empty",
            "not graded yet",
            "Protection on: files. Off: network.",
            "Uses torch.log_softmax.",
            "The same file was handed in as bob, cleo",
        ):
            assert said in text
        assert {"grades.csv", "class.json", "feedback/file-0.html", "reports/file-3.json"} <= set(seen.links)
        assert "feedback/file-4.html" not in seen.links

    def test_a_class_without_a_grade_gets_a_page(self) -> None:
        rows = [Row("dan", "dan", Report("dan", "ungradable", reason=NASTY))]
        seen = Seen(class_page(class_content(LAB, rows, CHOSEN, 7, Bank())))
        assert NASTY in seen.text and "script" not in seen.tags

    def test_a_strange_file_name_links_to_its_page(self) -> None:
        rows = [Row("नमस्ते", "नमस्ते", graded("नमस्ते", question("q1", True)))]
        page = class_page(class_content(LAB, rows, ["q1"], 7, Bank()))
        assert "feedback/%E0%A4%A8" in page


def test_text_in_backticks_is_code_on_the_page_and_markup_in_it_is_text() -> None:
    from gatelab.text import html_with_code

    assert (
        html_with_code("`exp` has no `<b>`; a ` alone")
        == "<code>exp</code> has no <code>&lt;b&gt;</code>; a ` alone"
    )
    assert html_with_code("`\n`<script>") == "`\n`&lt;script&gt;"
