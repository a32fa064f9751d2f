"""The table of marks says what each mark is for and whose it is, and loses none."""

from __future__ import annotations

import os

import pytest

from gatelab.report.by_hand.marks import Mark, Marks, Work, read_marks
from helpers.marked_class import GIVEN, Class
from helpers.tables import by_submission

pytestmark = pytest.mark.usefixtures("shared_server")


class TestTheMarksTable:
    def test_a_row_records_student_question_file_time_and_source(self, marked: Class) -> None:
        rows = by_submission(marked.out / "marks.csv")
        assert marked.marks() == GIVEN
        ada = rows["ada"]
        assert (ada["question"], ada["points"], ada["entry"], ada["source"]) == (
            "q3",
            "1.5",
            "ada.ipynb",
            "grades.csv",
        )
        assert ada["sha256"] == marked.rows()["ada"]["sha256"] and len(ada["sha256"]) == 64
        assert ada["given"].endswith("Z") and rows["essay.pdf"]["sha256"] == ""

    def test_marks_are_in_grades_and_total_and_on_the_page(self, marked: Class) -> None:
        rows = marked.rows()
        assert (rows["ada"]["q3"], rows["ada"]["total"], rows["ada"]["out_of"]) == ("1.5", "5.5", "12")
        assert (rows["007"]["q3"], rows["007"]["out_of"]) == ("", "10")
        assert "of 12 points" in (marked.out / "feedback" / "ada.html").read_text()

    def test_a_run_without_a_change_writes_no_new_version(self, again: Class) -> None:
        names = sorted(os.listdir(again.out / "earlier"))
        before = (again.grades.read_bytes(), (again.out / "marks.csv").read_bytes())
        said = again.run()
        assert (again.grades.read_bytes(), (again.out / "marks.csv").read_bytes()) == before
        assert sorted(os.listdir(again.out / "earlier")) == names
        assert "grades.csv: " not in said.stderr and "Marks read from" not in said.output

    def test_each_version_is_kept(self, again: Class) -> None:
        again.give(ada=1)
        assert "ada q3 1.5 → 1" in again.run().output
        versions = [path.read_text() for path in sorted((again.out / "earlier").glob("*-marks-*"))]
        assert ['"ada","q3","1.5"' in text for text in versions] == [True, False]
        assert versions[-1] == (again.out / "marks.csv").read_text()

    def test_a_removed_marks_table_is_written_again(self, again: Class) -> None:
        (again.out / "marks.csv").unlink()
        assert "marks.csv: was removed; it is written again from" in again.run().stderr
        assert again.marks() == GIVEN

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "is empty"), (b"\x80\x81\0", "has no header row"), (b"submission,question,points\n", "has no column 'sha256'"),
            (b"submission,question,points,sha256\nada,q3,many,\n", "has no mark in line 2"),
        ],
    )  # fmt: skip
    def test_a_damaged_table_does_not_count_as_one_without_marks(
        self, again: Class, data: bytes, why: str
    ) -> None:
        (again.out / "marks.csv").write_bytes(data)
        before = again.files()
        said = again.run()
        assert said.exit_code == 2 and again.files() == before
        assert f"marks.csv: {why}" in said.stderr and "-marks-" in said.stderr.split("copy ")[1]

    @pytest.mark.parametrize("rows", [0, 1, 3])
    def test_rows_that_were_cut_off_are_restored(self, again: Class, rows: int) -> None:
        """A header alone is a whole table, too: on a full disk, in a merge, by an editor."""
        path = again.out / "marks.csv"
        path.write_text("\n".join(path.read_text().splitlines()[: 1 + rows]) + "\n")
        said = again.run()
        assert again.marks() == GIVEN and again.rows()["ada"]["q3"] == "1.5"
        assert "marks.csv: lacked the marks " in said.stderr and "they are put back from" in said.stderr
        assert "lacked the marks" not in again.run().stderr

    def test_a_withdrawn_mark_does_not_come_back(self, again: Class) -> None:
        again.give(ada="-")
        again.run()
        assert "lacked" not in again.run().stderr
        assert ("ada", "q3") not in again.marks()

    def test_a_table_changed_by_hand_is_kept_before_it_is_replaced(self, again: Class) -> None:
        path = again.out / "marks.csv"
        changed = path.read_text().replace('"ada","q3","1.5"', '"ada","q3","0.5"')
        path.write_text(changed)
        again.give(bob=1)
        again.run()
        assert again.marks() == GIVEN | {("ada", "q3"): 0.5, ("bob", "q3"): 1.0}
        assert again.rows()["ada"]["q3"] == "0.5"
        assert changed in [copy.read_text() for copy in (again.out / "earlier").glob("*-marks-*")]

    def test_a_damaged_copy_stops_nothing(self, again: Class) -> None:
        for path in (again.out / "earlier").iterdir():
            path.write_bytes(b"\xff\x00" * 9)
        again.give(ada=1)
        said = again.run()
        assert said.exit_code == 1 and again.marks() == GIVEN | {("ada", "q3"): 1.0}

    def test_marks_in_a_grade_table_are_read_when_nothing_else_of_them_is_left(self, again: Class) -> None:
        for path in [again.out / "marks.csv", *(again.out / "earlier").glob("*-marks-*")]:
            path.unlink()
        again.run()
        assert again.marks() == GIVEN

    def test_columns_that_a_later_kit_adds_are_kept(self, again: Class) -> None:
        path = again.out / "marks.csv"
        head, *rows = path.read_text().splitlines()
        path.write_text(
            "\n".join([f'{head},"mood"', *(f'{row},"because, {k}"' for k, row in enumerate(rows))])
        )
        why = {row.split('"')[1]: f"because, {k}" for k, row in enumerate(rows)}
        again.give(ada=1)
        again.run()
        found = {name: (row["points"], row["mood"]) for name, row in by_submission(path).items()}
        assert found["ada"] == ("1", why["ada"]) and found["bob"] == ("2", why["bob"])


class TestAQuestionThatChanged:
    def test_a_mark_above_the_questions_points_must_be_given_again(self) -> None:
        ada = Work.of("ada", "ada", "a" * 64)
        marks = Marks()
        marks.give(Mark("ada", "q3", 2.0, ada.sha256))
        assert marks.counting(ada, {"q3": 2.0}) == {"q3": 2.0} and marks.again([ada], {"q3": 2.0}) == [{}]
        assert marks.counting(ada, {"q3": 1.0}) == {}
        assert marks.again([ada], {"q3": 1.0}) == [{"q3": (2.0, "ada")}]
        assert marks.counting(ada, {"q4": 2.0}) == {} and marks.again([ada], {"q4": 2.0}) == [{}]
        assert read_marks(marks.text().encode()).by_key == marks.by_key

    @pytest.mark.parametrize("points", [1 / 3, 0.1 + 0.2, 1e-9, 12345.678, 0.0])
    def test_a_mark_keeps_all_its_digits(self, points: float) -> None:
        marks = Marks()
        marks.give(Mark("=ada, the 2nd", "q3", points, ""))
        assert next(iter(read_marks(marks.text().encode()).by_key.values())).points == points
