"""A spreadsheet that was open while somebody else corrected: only what was typed into it counts, and nothing older than that."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import Result

from helpers import command
from helpers.marked_class import Class, saved, with_mark

pytestmark = pytest.mark.usefixtures("shared_server")


def gatelab(again: Class, *words: object) -> Result:
    done = command.gatelab(*words, "-o", again.out, "--root", again.kit)
    assert done.exit_code == 0, done.output
    return done


def comments(again: Class) -> dict[str, str]:
    return {
        name: row["comment_for_student"] for name, row in again.rows().items() if row["comment_for_student"]
    }


def test_a_colleagues_changes_meanwhile_are_not_overwritten(again: Class) -> None:
    """Comments, and marks of what cannot be graded: no column of the kit's own distinguishes these tables."""
    gatelab(again, "comment", "bob", "A old")
    gatelab(again, "comment", "007", "to be taken back")
    sheet = again.table()
    gatelab(again, "comment", "bob", "B new")
    gatelab(again, "comment", "007", "--remove")
    gatelab(again, "mark", "essay.pdf", "q3", "2")
    again.grades.write_bytes(saved(with_mark(sheet, "007", "1")))
    text = again.run().output
    assert comments(again) == {"bob": "B new"} and again.rows()["essay.pdf"]["q3"] == "2"
    assert f"Marks read from {again.grades}: 007 q3 1." in text and "Corrections read" not in text
    assert "only changes made since then are read" in text


def test_what_was_typed_into_the_open_table_counts_beside_it(again: Class) -> None:
    gatelab(again, "comment", "bob", "A old")
    sheet = again.table()
    gatelab(again, "comment", "bob", "B new")
    gatelab(again, "comment", "ada", "from a colleague")
    row = next(row for row in sheet if row[0] == "cleo; x")
    row[sheet[0].index("comment_for_student")] = "typed"
    row = next(row for row in sheet if row[0] == "essay.pdf")
    row[sheet[0].index("q3")] = "0,5"
    again.grades.write_bytes(saved(sheet))
    again.run()
    assert comments(again) == {"bob": "B new", "ada": "from a colleague", "cleo; x": "typed"}
    assert again.rows()["essay.pdf"]["q3"] == "0.5"


def test_the_newest_table_counts_if_nothing_distinguishes_them(again: Class) -> None:
    gatelab(again, "comment", "bob", "first")
    sheet = again.table()
    row = next(row for row in sheet if row[0] == "bob")
    row[sheet[0].index("comment_for_student")] = "second"
    again.grades.write_bytes(saved(sheet))
    assert "table of an earlier run" not in again.run().output and comments(again) == {"bob": "second"}


@pytest.mark.one_in(3)
def test_many_corrections_by_command_do_not_make_an_open_table_a_new_one(again: Class) -> None:
    gatelab(again, "comment", "bob", "A old")
    sheet = again.table()
    gatelab(again, "comment", "bob", "B new")
    for k in range(25):
        gatelab(again, "comment", "ada", f"comment {k}")
    again.grades.write_bytes(saved(with_mark(sheet, "007", "1")))
    again.run()
    assert comments(again) == {"bob": "B new", "ada": "comment 24"}


def test_an_override_indistinguishable_from_the_graders_points_is_reported_as_ignored(again: Class) -> None:
    shutil.rmtree(again.out / "earlier")
    again.edit({("bob", "q1"): "2", ("ada", "q3"): "2"})
    text = again.run().output
    assert "earlier/ holds none, so no override in it is read; give overrides with gatelab mark." in text
    assert (again.rows()["bob"]["q1"], again.rows()["ada"]["q3"]) == ("4", "2")
    assert "earlier/" not in again.run().output


class TestTheReasonsOfOthers:
    """bob's q1 was overridden by command while the table was open; what is typed there says nothing about that override."""

    THEIRS = "shown at the board"

    def open_meanwhile(self, again: Class) -> list[list[str]]:
        sheet = again.table()
        gatelab(again, "mark", "bob", "q1", "3", "--why", self.THEIRS)
        return sheet

    def save(self, again: Class, sheet: list[list[str]], **cells: str) -> str:
        row = next(row for row in sheet if row[0] == "bob")
        for title, cell in cells.items():
            row[sheet[0].index(title)] = cell
        again.grades.write_bytes(saved(sheet))
        return again.run().output

    def overrides(self, again: Class) -> str:
        return again.rows()["bob"]["overrides"]

    def test_a_reason_belongs_to_the_override_that_was_typed_with_it(self, again: Class) -> None:
        sheet = self.open_meanwhile(again)
        said = self.save(again, sheet, q2="1", override_reason="copied")
        ours = self.overrides(again)
        assert (
            f"q1: 3 instead of 4 ({self.THEIRS})" in ours and "q2: 1" in ours and ours.count("(copied)") == 1
        )
        assert "bob q1" not in said.split("Corrections read")[1].splitlines()[0]
        assert "copied" not in again.rows()["bob"]["override_reason"]
        # The sheet is still open, and is saved once more, with a mark for somebody else.
        self.save(again, with_mark(sheet, "007", "1"))
        assert self.overrides(again) == ours and again.rows()["007"]["q3"] == "1"

    def test_a_command_that_reads_the_table_keeps_them_too(self, again: Class) -> None:
        sheet = self.open_meanwhile(again)
        row = next(row for row in sheet if row[0] == "bob")
        row[sheet[0].index("q2")], row[sheet[0].index("override_reason")] = "1", "copied"
        again.grades.write_bytes(saved(sheet))
        gatelab(again, "mark", "007", "q3", "1")
        assert f"q1: 3 instead of 4 ({self.THEIRS})" in self.overrides(again)
        assert self.overrides(again).count("(copied)") == 1

    def test_a_reason_beside_a_mark_by_hand_replaces_no_newer_one(self, again: Class) -> None:
        sheet = self.open_meanwhile(again)
        said = self.save(again, sheet, q3="1", override_reason="brief")
        assert self.overrides(again) == f"q1: 3 instead of 4 ({self.THEIRS})"
        assert again.rows()["bob"]["q3"] == "1"
        assert (
            "column override_reason: the overrides in this row are newer than this table; brief is ignored"
            in said
        )

    def test_a_reason_beside_a_new_mark_by_hand_replaces_none_in_the_newest_table_either(
        self, again: Class
    ) -> None:
        self.open_meanwhile(again)
        said = self.save(again, again.table(), q3="1", override_reason="brief")
        assert self.overrides(again) == f"q1: 3 instead of 4 ({self.THEIRS})"
        assert "column override_reason: every override in this row has a reason; brief is ignored" in said

    def test_an_open_table_still_gives_its_own_override_a_reason_later(self, again: Class) -> None:
        sheet = self.open_meanwhile(again)
        self.save(again, sheet, q2="1")
        self.save(again, sheet, override_reason="copied")
        assert f"({self.THEIRS})" in self.overrides(again) and self.overrides(again).count("(copied)") == 1
        self.save(again, sheet, override_reason="copied, says she")
        assert f"({self.THEIRS})" in self.overrides(again)
        assert self.overrides(again).count("(copied, says she)") == 1

    def test_an_override_that_the_open_table_shows_gets_its_new_reason(self, again: Class) -> None:
        gatelab(again, "mark", "bob", "q2", "1", "--why", "half of it")
        sheet = self.open_meanwhile(again)
        self.save(again, sheet, override_reason="a third of it")
        assert (
            f"({self.THEIRS})" in self.overrides(again)
            and self.overrides(again).count("(a third of it)") == 1
        )


def test_what_was_read_once_from_an_open_table_undoes_nothing_that_came_after(again: Class) -> None:
    """The sheet is saved twice; between the two, others change what it holds."""
    gatelab(again, "mark", "cleo; x", "q3", "2")
    sheet = again.table()
    at = {row[0]: row for row in sheet}
    at["bob"][sheet[0].index("q1")] = "1"
    at["bob"][sheet[0].index("override_reason")] = "guessed"
    at["bob"][sheet[0].index("comment_for_student")] = "old"
    at["bob"][sheet[0].index("q3")] = "1"
    at["cleo; x"][sheet[0].index("q3")] = "-"
    again.grades.write_bytes(saved(sheet))
    again.run()
    gatelab(again, "mark", "bob", "q1", "3", "--why", "shown at the board")
    gatelab(again, "comment", "bob", "new")
    gatelab(again, "mark", "bob", "q3", "2")
    gatelab(again, "mark", "cleo; x", "q3", "0.5")
    again.grades.write_bytes(saved(with_mark(sheet, "007", "1")))
    again.run()
    rows = again.rows()
    assert rows["bob"]["overrides"] == "q1: 3 instead of 4 (shown at the board)"
    assert comments(again)["bob"] == "new"
    assert {name: rows[name]["q3"] for name in ("bob", "cleo; x", "007")} == {
        "bob": "2",
        "cleo; x": "0.5",
        "007": "1",
    }
