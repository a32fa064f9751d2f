"""What staff gave in the kit's grade book reaches nbgrader's: as its manual score, with the reason, and never over a newer mark."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from typer.testing import Result

from gatelab.integrations.nbgrader.gradebook_record import FILE, GradebookRecord
from helpers.command import gatelab
from helpers.grade_books import make_book
from helpers.tiny_class import Tiny

pytestmark = pytest.mark.one_in(3, at=1)

WHY = "agreed in the office hour"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("given"))
    assert tiny.grade().exit_code == 0
    make_book(tiny)
    return tiny


@pytest.fixture
def fresh(graded: Tiny, tmp_path: Path) -> Tiny:
    made = graded.copy(tmp_path)
    (tmp_path / "gradebook.db").write_bytes((graded.base / "gradebook.db").read_bytes())
    return made


def export(tiny: Tiny) -> Result:
    words = ["export", "nbgrader", str(tiny.out), "--db", str(tiny.base / "gradebook.db"), "--partial"]
    said = gatelab(*words)
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said


@pytest.fixture
def book(fresh: Tiny) -> Iterator[Gradebook]:
    with Gradebook(f"sqlite:///{fresh.base / 'gradebook.db'}") as book:
        yield book


def grade(book: Gradebook, name: str, cell: str = "q1") -> Any:
    book.db.expire_all()
    return book.find_grade(cell, "lab", "softmax", name)


def comment(book: Gradebook, name: str, cell: str = "q1-solution") -> str:
    book.db.expire_all()
    return book.find_comment(cell, "lab", "softmax", name).comment or ""


def test_points_given_to_an_earlier_file_go_on_waiting_to_be_looked_at_again(
    fresh: Tiny, book: Gradebook
) -> None:
    """Until an export enters the same."""
    assert export(fresh).exit_code == 0
    found = grade(book, "ada")
    found.manual_score, found.needs_manual_grade = 2, True
    book.db.commit()
    said = export(fresh)
    assert grade(book, "ada").needs_manual_grade and grade(book, "ada").manual_score == 2
    assert "ada, q1: the grade book's 2 points wait to be looked at again" in " ".join(said.output.split())
    fresh.gatelab("mark", "ada", "q1", "2", "--why", WHY)
    export(fresh)
    assert not grade(book, "ada").needs_manual_grade and grade(book, "ada").manual_score == 2


def test_points_from_formgrader_above_the_maximum_are_named(fresh: Tiny, book: Gradebook) -> None:
    """They were given before the question's points were lowered. They are kept, and wait to be looked at."""
    assert export(fresh).exit_code == 0
    found = grade(book, "ada")
    found.manual_score, found.needs_manual_grade = found.max_score + 1, False
    book.db.commit()
    for _ in range(2):
        said = " ".join(export(fresh).output.split())
        assert "ada, q1: the grade book's 5 points, given in formgrader, are more than the 4 that" in said
        assert "handed in again" not in said
        assert grade(book, "ada").needs_manual_grade and grade(book, "ada").manual_score == 5


def dump(tiny: Tiny) -> list[str]:
    with sqlite3.connect(tiny.base / "gradebook.db") as database:
        return list(database.iterdump())


def test_an_override_is_the_manual_score_next_to_the_graders_own(fresh: Tiny, book: Gradebook) -> None:
    assert fresh.gatelab("mark", "bob", "q1", "1.5", "--why", WHY).exit_code == 0
    assert export(fresh).exit_code == 0
    found = grade(book, "bob")
    assert (found.manual_score, found.score, found.needs_manual_grade) == (1.5, 1.5, False)
    assert found.auto_score is not None and found.auto_score != 1.5
    assert WHY in comment(book, "bob") and "Staff gave 1.5" in comment(book, "bob")
    assert grade(book, "ada").manual_score is None and comment(book, "ada") == ""
    once = dump(fresh)
    assert export(fresh).exit_code == 0
    assert dump(fresh) == once


def test_an_override_changed_or_withdrawn_here_is_changed_there_too(fresh: Tiny, book: Gradebook) -> None:
    export(fresh)
    untouched = grade(book, "bob").score
    fresh.gatelab("mark", "bob", "q1", "1", "--why", WHY)
    export(fresh)
    fresh.gatelab("mark", "bob", "q1", "0.5", "--why", "another reason")
    assert export(fresh).exit_code == 0
    assert grade(book, "bob").score == 0.5
    assert "another reason" in comment(book, "bob") and WHY not in comment(book, "bob")
    fresh.gatelab("mark", "bob", "q1", "--remove")
    assert export(fresh).exit_code == 0
    assert (grade(book, "bob").manual_score, grade(book, "bob").score) == (None, untouched)
    assert comment(book, "bob") == ""


@pytest.mark.parametrize("then", ["changed", "taken back", "the same"])
def test_a_newer_mark_and_comment_of_formgrader_are_kept(fresh: Tiny, book: Gradebook, then: str) -> None:
    fresh.gatelab("mark", "bob", "q1", "1", "--why", WHY)
    export(fresh)
    grade(book, "bob").manual_score = 2.0
    book.find_comment("q1-solution", "lab", "softmax", "bob").manual_comment = "seen with bob"
    book.db.commit()
    if then == "changed":
        fresh.gatelab("mark", "bob", "q1", "0.5", "--why", WHY)
    if then == "taken back":
        fresh.gatelab("mark", "bob", "q1", "--remove")
    said = export(fresh)
    assert (grade(book, "bob").manual_score, comment(book, "bob")) == (2.0, "seen with bob")
    assert (
        said.exit_code == 1
        and "bob, q1: the grade book's 2 points were not written by an export" in said.output
    )
    reported = "the grade book's comment was not written by an export from here and is kept" in said.output
    assert reported == (then != "taken back")


@pytest.mark.parametrize("how", ["by one folder", "alone", "recorded by its absolute path"])
def test_the_kit_may_be_moved_between_exports(fresh: Tiny, tmp_path: Path, how: str) -> None:
    """What an export entered is withdrawn by the next one, wherever the kit is by then."""
    fresh.gatelab("mark", "bob", "q1", "1", "--why", WHY)
    export(fresh)
    record = fresh.out / "nbgrader.sent.json"
    ((place, cells),) = json.loads(record.read_text(encoding="utf-8")).items()
    assert place == os.path.join("..", "gradebook.db")
    moved = Tiny(tmp_path / "moved")
    moved.base.mkdir()
    for name in ("kit", "submitted", "out", "gradebook.db"):
        (tmp_path / name).rename(moved.base / name)
    if how == "recorded by its absolute path":
        moved_record = moved.out / record.name
        moved_record.write_text(json.dumps({str(tmp_path / "gradebook.db"): cells}), encoding="utf-8")
    if how == "alone":
        (moved.base / "far" / "away").mkdir(parents=True)
        moved.out = moved.out.rename(moved.base / "far" / "away" / "out")
        moved.folder = moved.folder.rename(moved.base / "far" / "away" / "submitted")
    assert moved.gatelab("mark", "bob", "q1", "--remove").exit_code == 0
    said = export(moved)
    assert said.exit_code == 0, said.output
    with Gradebook(f"sqlite:///{moved.base / 'gradebook.db'}") as book:
        assert grade(book, "bob").manual_score is None and comment(book, "bob") == ""


def test_a_record_that_may_belong_to_another_book_is_not_used_for_this_one(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"/gone/gradebook.db": {"a": [1]}, "/lost/gradebook.db": {"a": [2]}}')
    assert GradebookRecord.beside(tmp_path, tmp_path / "gradebook.db").found == {}
    (tmp_path / FILE).write_text('{"/gone/gradebook.db": {"a": [1]}, "/gone/other.db": {"a": [2]}}')
    assert GradebookRecord.beside(tmp_path, tmp_path / "gradebook.db").found == {"a": [1]}
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "gradebook.db").touch()
    (tmp_path / FILE).write_text('{"there/gradebook.db": {"a": [1]}}')
    assert GradebookRecord.beside(tmp_path, tmp_path / "gradebook.db").found == {}


def test_a_mark_that_formgrader_gave_before_any_export_stays_when_an_equal_one_is_taken_back(
    fresh: Tiny, book: Gradebook
) -> None:
    export(fresh)
    grade(book, "bob").manual_score = 1.0
    book.db.commit()
    fresh.gatelab("mark", "bob", "q1", "1", "--why", WHY)
    assert export(fresh).exit_code == 0
    fresh.gatelab("mark", "bob", "q1", "--remove")
    export(fresh)
    assert grade(book, "bob").manual_score == 1.0


def test_extra_credit_of_formgrader_is_kept(fresh: Tiny, book: Gradebook) -> None:
    export(fresh)
    grade(book, "bob").extra_credit = 0.5
    book.db.commit()
    fresh.gatelab("mark", "bob", "q1", "1", "--why", WHY)
    export(fresh)
    assert grade(book, "bob").score == 1.5


def test_a_late_penalty_of_nbgraders_own_is_kept(fresh: Tiny, book: Gradebook) -> None:
    export(fresh)
    book.find_submission_notebook("lab", "softmax", "bob").late_submission_penalty = 2.0
    book.db.commit()
    export(fresh)
    book.db.expire_all()
    assert book.find_submission_notebook("lab", "softmax", "bob").late_submission_penalty == 2.0


def test_comments_on_the_whole_are_with_the_first_answer(fresh: Tiny, book: Gradebook) -> None:
    fresh.gatelab("comment", "bob", "Please come to see me.")
    assert export(fresh).exit_code == 0
    assert "Please come to see me." in comment(book, "bob")
    assert comment(book, "bob", "q2-solution") == "" and comment(book, "ada") == ""
    fresh.gatelab("comment", "bob", "--remove")
    assert export(fresh).exit_code == 0
    assert comment(book, "bob") == ""


def test_nbgraders_own_regrading_leaves_the_override(fresh: Tiny, book: Gradebook) -> None:
    """Its autograding writes the automatic score and nothing else."""
    fresh.gatelab("mark", "bob", "q1", "1", "--why", WHY)
    export(fresh)
    grade(book, "bob").auto_score = 0.0
    book.db.commit()
    assert grade(book, "bob").score == 1.0
    export(fresh)
    assert grade(book, "bob").score == 1.0 and grade(book, "bob").auto_score != 0.0


def test_a_folder_that_takes_no_memory_leaves_the_book_as_it_is(fresh: Tiny) -> None:
    export(fresh)
    fresh.gatelab("mark", "bob", "q1", "1", "--why", WHY)
    (fresh.out / "nbgrader.sent.json").unlink()
    (fresh.out / "nbgrader.sent.json").mkdir()
    before = dump(fresh)
    said = export(fresh)
    assert said.exit_code == 2 and "cannot be written" in said.output
    assert dump(fresh) == before


def test_a_book_of_an_older_nbgrader_is_said_to_need_an_upgrade(fresh: Tiny) -> None:
    database = fresh.base / "gradebook.db"
    with sqlite3.connect(database) as book:
        book.execute("alter table student drop column lms_user_id")
    said = export(fresh)
    assert said.exit_code == 2
    assert "was made by an older nbgrader" in said.output
    assert f"run `nbgrader db upgrade --db=sqlite:///{database.resolve()}`" in said.output.replace("\n", "")


# What each has for q1: the lab's table, the grade book, the class. What is said, and the step that puts it right
DISAGREEING = {
    "the class is old": (5, 5, "the grade book has 5 points for q1, as lab.toml says now, but the class in {out} was graded with 4 points for q1; run gatelab regrade, then"),
    "the book is old": (4, 5, "the grade book has 5 points for q1, but lab.toml and the class in {out} have 4 points for q1; run `nbgrader generate_assignment softmax` again, then"),
    "all three differ": (6, 5, "the class in {out} was graded with 4 points for q1, and lab.toml has 6 points for q1; run `nbgrader generate_assignment softmax` and gatelab regrade, then"),
    "no lab here": (None, 5, "the class in {out} was graded with 4 points for q1; run gatelab regrade if the grade book has what lab.toml says now, and `nbgrader generate_assignment softmax` if the class has."),
}  # fmt: skip


@pytest.mark.parametrize(("lab", "in_book", "said"), DISAGREEING.values(), ids=DISAGREEING)
def test_the_one_of_lab_book_and_class_that_is_out_of_date_is_named(
    fresh: Tiny, book: Gradebook, monkeypatch: pytest.MonkeyPatch, lab: int | None, in_book: int, said: str
) -> None:
    book.find_grade_cell("q1", "lab", "softmax").max_score = in_book
    book.db.commit()
    if lab is not None:
        fresh.replace(fresh.table, "points = 4", f"points = {lab}")
        monkeypatch.chdir(fresh.kit)
    before = dump(fresh)
    done = export(fresh)
    assert done.exit_code == 2 and said.format(out=fresh.out) in " ".join(done.output.split()), done.output
    assert dump(fresh) == before


def test_a_question_that_was_added_since_the_class_was_graded_is_named(
    fresh: Tiny, book: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fresh.table.open("a", encoding="utf-8") as table:
        table.write('\n[q3]\ntitle = "More"\npoints = 1\nby_hand = true\n')
    monkeypatch.chdir(fresh.kit)
    assert export(fresh).exit_code == 0  # neither the grade book nor the class has it yet
    book.add_grade_cell("q3", "lab", "softmax", max_score=1, cell_type="markdown")
    said = " ".join(export(fresh).output.split())
    assert (
        f"has 1 point for q3, as lab.toml says now, but the class in {fresh.out} was graded with nothing for q3; run gatelab grade, then"
        in said
    )
