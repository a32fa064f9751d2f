"""A submission goes to the student who is in nbgrader's grade book already, and nobody is entered twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from typer.testing import Result

from helpers.grade_books import make_book, read_book
from helpers.tiny_class import Tiny, gatelab

pytestmark = pytest.mark.one_in(2)

ROSTER = "Name,Email,Student ID\nAda Lovelace,ada@x.org,S1\nBob Hopper,bob@x.org,S2\nCleo Ory,cleo@x.org,S3\n"
POINTS = {"ada": {"q1": 4, "q2": 6}, "bob": {"q1": 3, "q2": 6}, "cleo": {"q1": 4, "q2": 3.6}}
Student = tuple[str, str]  # ID and e-mail address


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A class of nbgrader's folders, graded with a list of the university's."""
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("people"))
    roster = tiny.base / "people.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    assert tiny.grade("--roster", roster).exit_code == 0
    make_book(tiny)
    return tiny


def exported(
    graded: Tiny, folder: Path, there: Sequence[Student]
) -> tuple[Result, dict[str, dict[str, float | None]]]:
    """The command's output for a grade book with these students, and the book's contents afterwards."""
    made, path = graded.copy(folder), folder / "gradebook.db"
    path.write_bytes((graded.base / "gradebook.db").read_bytes())
    with Gradebook(f"sqlite:///{path}") as book:
        for id, email in there:
            book.add_student(id, email=email)
            book.add_submission("softmax", id)
    said = gatelab("export", "nbgrader", made.out, "--db", path)
    return said, read_book(path)


@pytest.mark.parametrize("email", ["", "other@x.org"])
def test_the_student_whose_folder_it_was_gets_the_points(graded: Tiny, tmp_path: Path, email: str) -> None:
    said, book = exported(graded, tmp_path, [(name, email) for name in POINTS])
    assert said.exit_code == 0 and book == POINTS
    assert "3 students entered" in said.output and "new" not in said.output


def test_a_student_whom_the_book_knows_by_the_rosters_id_or_address_gets_the_points(
    graded: Tiny, tmp_path: Path
) -> None:
    said, book = exported(graded, tmp_path, [("S1", ""), ("bob@x.org", ""), ("007", "cleo@x.org")])
    assert said.exit_code == 0 and "new" not in said.output
    assert book == {"S1": POINTS["ada"], "bob@x.org": POINTS["bob"], "007": POINTS["cleo"]}


def test_whoever_is_new_in_the_book_is_named(graded: Tiny, tmp_path: Path) -> None:
    said, book = exported(graded, tmp_path, [("ada", ""), ("zoe", "")])
    assert said.exit_code == 0 and "2 of them new in it: bob, cleo." in said.output
    assert book == {**POINTS, "zoe": {"q1": None, "q2": None}}


def test_somebody_who_seems_to_be_in_the_book_twice_is_named(graded: Tiny, tmp_path: Path) -> None:
    said, book = exported(graded, tmp_path, [("ada", ""), ("bob", ""), ("cleo", ""), ("S1", "")])
    assert said.exit_code == 1 and book == {**POINTS, "S1": {"q1": None, "q2": None}}
    assert "Ada Lovelace: entered as ada, but" in said.output and "S1" in said.output
    assert "Bob Hopper: entered" not in said.output
