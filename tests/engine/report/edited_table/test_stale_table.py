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
