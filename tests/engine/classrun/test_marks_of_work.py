"""A mark belongs to the work that was read: another file, another name, another class does not get it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helpers.command import gatelab
from helpers.marked_class import GIVEN, Class, saved
from helpers.notebooks import write_notebook
from helpers.tiny_class import Tiny
from helpers.tiny_lab import RIGHT, SETUP, tiny_kit

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=0)]


class TestAMarkBelongsToWhatWasRead:
    def listed(self, again: Class, said: object, name: str, was: str) -> None:
        """Listed as to be marked again in all three places, and not counted."""
        row = again.rows()[name]
        assert (row["q3"], row["mark_again"], row["out_of"]) == ("", f"q3 was {was}", "10")
        line = next(line for line in said.stderr.splitlines() if line.startswith("To be marked again"))
        assert f"{name} q3 (was {was})" in line
        page = (again.out / "index.html").read_text()
        assert "To be marked again" in page and f"q3 was {was}" in page

    def test_another_file_must_be_marked_again(self, again: Class) -> None:
        write_notebook(again.folder / "ada.ipynb", SETUP, RIGHT["q1"], "# better")
        before = (again.folder / "bob.ipynb").read_bytes()
        said = again.run()
        self.listed(again, said, "ada", "1.5")
        assert (
            again.marks() == GIVEN
            and again.rows()["ada"]["total"] == "4"
            and again.rows()["bob"]["q3"] == "2"
        )
        assert "of 10 points" in (again.out / "feedback" / "ada.html").read_text()
        sheet = again.base / "sheet.csv"
        sheet.write_text("Student,ID,SIS Login ID,Section,Softmax (77)\nAd,1,ada,S,\nBo,2,bob,S,\n")
        gatelab("export", "canvas", again.out, "--template", sheet, "--partial")
        assert "Ad,1,ada,S,4\nBo,2,bob,S,12" in (again.out / "canvas.csv").read_text()

        again.give(ada=1)  # read again
        said = again.run()
        assert again.rows()["ada"]["q3"] == "1" and again.rows()["ada"]["mark_again"] == ""
        assert "To be marked again" not in said.output

        write_notebook(again.folder / "ada.ipynb", SETUP, RIGHT["q1"], "# worse")
        self.listed(again, again.run(), "ada", "1")
        assert (again.folder / "bob.ipynb").read_bytes() == before

    def test_a_mark_saved_before_the_other_file_was_seen_belongs_to_the_first_one(self, again: Class) -> None:
        again.edit({("007", "q3"): "2"})
        write_notebook(again.folder / "007.ipynb", SETUP, "# another")
        self.listed(again, again.run(), "007", "2")

    def test_the_old_file_has_its_old_mark(self, again: Class) -> None:
        path = again.folder / "ada.ipynb"
        old = path.read_bytes()
        write_notebook(path, SETUP)
        again.run()
        path.write_bytes(old)
        said = again.run()
        assert again.rows()["ada"]["q3"] == "1.5" and "To be marked again" not in said.output

    @pytest.mark.parametrize("taken_in", [True, False])
    def test_a_namesake_does_not_get_the_mark(self, again: Class, taken_in: bool) -> None:
        """`ada/` beside `ada.ipynb`: the folder is called ada now, and the file ada.ipynb. Its mark goes with it where it was recorded for this file."""
        if not taken_in:
            again.give(ada=1)
        was = "1.5" if taken_in else "1"
        (again.folder / "ada").mkdir()
        write_notebook(again.folder / "ada" / "lab.ipynb", SETUP, RIGHT["q2"])
        said = again.run()
        if taken_in:
            rows = again.rows()
            assert [rows[name]["q3"] for name in ("ada", "ada.ipynb")] == ["", "1.5"]
            assert "To be marked again" not in said.stderr
        else:
            self.listed(again, said, "ada", was)
            self.listed(again, said, "ada.ipynb", f"{was}, given to ada")

    def test_two_who_swap_names_do_not_swap_marks(self, again: Class) -> None:
        ada, bob = again.folder / "ada.ipynb", again.folder / "bob.ipynb"
        ada.rename(again.folder / "x"), bob.rename(ada), (again.folder / "x").rename(bob)
        said = again.run()
        self.listed(again, said, "ada", "1.5")
        self.listed(again, said, "bob", "2")

    def test_a_mark_of_a_student_who_has_left_is_kept_and_reported(self, again: Class) -> None:
        (again.folder / "ada.ipynb").unlink()
        again.give(ada=1)
        said = again.run()
        assert "marks.csv: keeps marks of ada, not in this class" in said.stderr
        assert said.exit_code == 1 and again.marks() == GIVEN | {("ada", "q3"): 1.0}

    def test_marks_of_a_name_that_is_not_in_the_class_are_kept_and_reported(self, again: Class) -> None:
        """A table from elsewhere still lists a student who has withdrawn; no grades depend on that."""
        table = [*again.table(), ["zoe", "zoe", "graded", "", "3", "4", "1", "8", "12"]]
        again.grades.write_bytes(saved(table))
        said = again.run()
        assert "marks.csv: keeps marks of zoe, not in this class" in said.stderr
        assert said.exit_code == 1 and again.marks() == GIVEN | {("zoe", "q3"): 1.0}
        assert "zoe" not in again.rows() and saved(table) in again.kept()
        assert "keeps marks of zoe" in again.run().stderr and again.marks()[("zoe", "q3")] == 1.0

    def test_a_row_under_another_name_is_refused(self, again: Class) -> None:
        """bob's row is gone and ada's is called bob."""
        table = [row for row in again.table() if row[0] != "bob"]
        again.grades.write_bytes(
            saved([["bob" if c == "ada" and k == 0 else c for k, c in enumerate(r)] for r in table])
        )
        before = again.files()
        said = again.run()
        assert (
            said.exit_code == 2
            and "in a row whose file is not that of bob" in said.stderr
            and again.files() == before
        )

    def test_names_sorted_apart_from_their_rows_are_refused(self, again: Class) -> None:
        head, *rows = again.table()
        names = sorted((row[0] for row in rows), reverse=True)
        again.grades.write_bytes(
            saved([head, *([name, *row[1:]] for name, row in zip(names, rows, strict=True))])
        )
        said = again.run()
        assert said.exit_code == 2 and "sorted or moved apart" in said.stderr and again.marks() == GIVEN

    @pytest.mark.parametrize("tables", [True, False])
    def test_another_class_in_the_folder_takes_over_only_the_same_work(
        self, again: Class, tables: bool
    ) -> None:
        again.give(bob=1)
        if not tables:  # as an earlier version of the kit left it
            shutil.rmtree(again.out / "earlier")
            (again.out / "marks.csv").unlink()
        (again.base / "class").rename(again.base / "week5")
        write_notebook(again.base / "week5" / "ada.ipynb", SETUP)
        arguments = [again.base / "week5", "-o", again.out, "--root", again.kit, "--jobs", "1", "--fresh"]
        said = gatelab("grade", *arguments)
        assert "held another class; its tables are kept in" in said.stderr
        assert again.marks() == {("bob", "q3"): 1.0, ("Jörg Ü", "q3"): 0.0}
        earlier = [path.read_text() for path in (again.out / "earlier").glob("*-marks-*")]
        assert any('"ada","q3","1.5"' in text for text in earlier)


def test_a_mark_of_a_renamed_student_whose_file_another_has_too_is_reported(tmp_path: Path) -> None:
    tiny = Tiny.lay_out(tmp_path)
    (tiny.folder / "bob" / "softmax" / "lab.ipynb").write_bytes(
        (tiny.folder / "ada" / "softmax" / "lab.ipynb").read_bytes()
    )
    tiny.grade()
    tiny.gatelab("mark", "ada", "q1", "1", "--why", "copied")
    (tiny.folder / "ada").rename(tiny.folder / "adam")
    assert "keeps corrections of ada, not in this class" in tiny.grade().stderr


def test_marks_move_when_a_submission_is_renamed(tmp_path: Path) -> None:
    """A namesake hands in later, and both rows are called by number; what a person gave to the first one stays with it."""
    tiny = Tiny(tmp_path)
    tiny_kit(tiny.kit, by_hand=True)
    with tiny.table.open("a") as table:
        table.write('\n[late]\ndue = "2026-10-24 23:59"\nzone = "Europe/Berlin"\npercent_per_day = 10\n')
    tiny.folder.mkdir()
    for who in ("lovelaceada_101_90001", "liwei_104_90004"):
        write_notebook(tiny.folder / f"{who}_lab.ipynb", SETUP, RIGHT["q1"], f"# {who}")
    assert tiny.grade().exit_code == 0
    for words in (
        ("mark", "liwei", "q3", "2"),
        ("mark", "liwei", "q1", "3", "--why", "x"),
        ("comment", "liwei", "hello"),
        ("late", "liwei", "1", "--why", "y"),
    ):
        assert tiny.gatelab(*words).exit_code == 0
    before = tiny.rows()["liwei"]
    write_notebook(tiny.folder / "liwei_105_95005_lab.ipynb", SETUP, RIGHT["q1"], "# another")
    said = tiny.grade()
    assert "To be marked again" not in said.output and "not in this class" not in said.output
    rows = tiny.rows()
    assert set(rows) == {"lovelaceada", "liwei_104", "liwei_105"} and rows["liwei_104"]["total"] == "4"
    for column in ("q1", "q3", "late_penalty", "total", "overrides", "comment_for_student", "mark_again"):
        assert rows["liwei_104"][column] == before[column]
        assert column in ("q1", "total") or rows["liwei_105"][column] == ""
    assert tiny.grade().exit_code == 0 and tiny.rows() == rows
