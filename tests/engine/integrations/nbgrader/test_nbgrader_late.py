"""The lab's rule for late work in nbgrader's own grade book."""

from __future__ import annotations

import csv
import tomllib
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from traitlets.config import Configurable
from typer.testing import Result

from gatelab.integrations.nbgrader.course import find_programs
from gatelab.integrations.nbgrader.late import CsvExport, LatePenalties, PenaltiesUpToDate
from gatelab.lab.keys import validated
from gatelab.lab.late import LateSettings, late_rule
from helpers.grade_books import make_book
from helpers.tiny_class import Tiny, gatelab

RULE = "[late]\ndue = 2026-10-24T23:59:00+02:00\ngrace_minutes = 15\npercent_per_day = 10\ncap = 50\n"


class Exporter(Configurable):
    """The lock on the lab while nbgrader autogrades."""


@pytest.mark.parametrize(
    ("rule", "time", "penalty"),
    [
        (RULE, datetime(2026, 10, 24, 22, 13), None),  # in UTC, as nbgrader keeps it: within the grace
        (RULE, datetime(2026, 10, 25, 22, 0), 1.6),  # 1 d 1 min late: two days begun, 20 % of 8
        (RULE, datetime(2027, 1, 1), 4.0),
        (RULE, None, None),
        ("", datetime(2027, 1, 1), None),  # left to nbgrader, whose own due date nobody has set
    ],
    ids=["within the grace", "on the second day", "at the cap", "without a time", "without a rule"],
)
@pytest.mark.one_in(3)
def test_the_penalty_is_entered_by_the_platforms_time(
    tmp_path: Path, rule: str, time: datetime | None, penalty: float | None
) -> None:
    find_programs()  # alembic, by which nbgrader makes the book
    exporter = Exporter()
    row = tomllib.loads(rule).get("late")
    settings = row and validated(LateSettings, row, "lab.toml")
    exporter.lab = SimpleNamespace(late=late_rule(tmp_path / "lab.toml", settings, None))
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url) as book:
        book.add_student("ada")
        book.add_assignment("softmax")
        book.add_notebook("lab", "softmax")
        book.add_grade_cell("q1", "lab", "softmax", max_score=10, cell_type="code")
        book.add_submission("softmax", "ada", timestamp=time)
        grade = book.find_grade("q1", "lab", "softmax", "ada")
        grade.auto_score = 8
        book.db.commit()
    ids = {"notebook": "lab", "assignment": "softmax", "student": "ada", "db_url": url}
    LatePenalties(parent=exporter).preprocess(new_notebook(), {"nbgrader": ids})
    with Gradebook(url) as book:
        notebook = book.find_submission_notebook("lab", "softmax", "ada")
        assert notebook.late_submission_penalty == penalty and notebook.score == 8
    assert (tmp_path / "nbgrader.late.json").exists() == (penalty is not None)


@pytest.mark.one_in(2)
def test_marks_given_after_autograding_count_in_the_penalty(tmp_path: Path) -> None:
    """In `nbgrader export`, feedback and `gatelab export nbgrader`; a waiver stays a waiver."""
    tiny = Tiny.lay_out(tmp_path)
    for name in ("ada", "bob"):
        (tiny.folder / name / "softmax" / "timestamp.txt").write_text("2026-11-25 12:00:00 UTC\n")
    with tiny.table.open("a") as table:
        table.write("\n[late]\ndue = 2026-11-25T10:00:00+01:00\npercent_per_day = 10\n")
    tiny.grade()
    url = f"sqlite:///{make_book(tiny)}"
    before = penalties(tiny)
    with Gradebook(url) as book:
        added = {name: _given_in_formgrader(book, name) for name in ("ada", "bob")}
        CsvExport(kit=str(tiny.kit), to=str(tmp_path / "grades.csv")).export(book)
        rows = {row["student_id"]: row for row in csv.DictReader((tmp_path / "grades.csv").open())}
    for name in ("ada", "bob"):
        expected = pytest.approx(before[name] + added[name] / 10)
        assert float(rows[name]["late_submission_penalty"]) == expected
        assert penalties(tiny)[name] == expected

    tiny.gatelab("late", "bob", "--why", "ill")
    assert penalties(tiny)["bob"] is None
    with Gradebook(url) as book:
        for name in ("ada", "bob"):
            book.find_grade("q1", "lab", "softmax", name).manual_score = 0
        book.db.commit()
    for name in ("ada", "bob"):
        ids = {"notebook": "lab", "assignment": "softmax", "student": name, "db_url": url}
        PenaltiesUpToDate(kit=str(tiny.kit)).preprocess(new_notebook(), {"nbgrader": ids})
    with Gradebook(url) as book:
        ada, bob = (book.find_submission_notebook("lab", "softmax", name) for name in ("ada", "bob"))
        assert ada.late_submission_penalty == pytest.approx(ada.score / 10) and ada.score > 0
        assert bob.late_submission_penalty is None


def _given_in_formgrader(book: Gradebook, name: str) -> float:
    """Points that a person adds to what a student has for q1; returns how many."""
    grade = book.find_grade("q1", "lab", "softmax", name)
    added = grade.max_score + 1 - grade.score
    grade.manual_score = grade.max_score + 1
    book.db.commit()
    return added


def penalties(tiny: Tiny) -> dict[str, float | None]:
    """What nbgrader takes off, once the class was exported."""
    said = tiny_export(tiny)
    # 1 where the book holds other points than the class, which is what some of these tests bring about.
    assert said.exit_code == 0 or "are kept; not" in said.output, said.output
    with Gradebook(f"sqlite:///{tiny.base / 'gradebook.db'}") as book:
        return {
            each.student.id: each.notebooks[0].late_submission_penalty
            for each in book.assignment_submissions("softmax")
        }


def autograded(tiny: Tiny, penalty: float) -> None:
    """nbgrader's own plugin takes something off everybody."""
    with Gradebook(f"sqlite:///{tiny.base / 'gradebook.db'}") as book:
        for each in book.assignment_submissions("softmax"):
            each.notebooks[0].late_submission_penalty = penalty
        book.db.commit()


def tiny_export(tiny: Tiny) -> Result:
    return gatelab("export", "nbgrader", tiny.out, "--db", tiny.base / "gradebook.db", "--partial")


@pytest.mark.one_in(2)
def test_a_withdrawn_penalty_is_withdrawn_in_nbgrader_too(tmp_path: Path) -> None:
    tiny = Tiny.lay_out(tmp_path)
    for name, time in (("ada", "2026-11-24 12:00:00 UTC"), ("bob", "2026-11-25 12:00:00 UTC")):
        (tiny.folder / name / "softmax" / "timestamp.txt").write_text(f"{time}\n")
    without = tiny.table.read_text()
    tiny.table.write_text(f"{without}\n[late]\ndue = 2026-11-25T10:00:00+01:00\npercent_per_day = 10\n")
    tiny.grade()
    make_book(tiny)
    tiny.gatelab("late", "ada", "2", "--why", "agreed")
    tiny.gatelab("late", "cleo", "1.5", "--why", "seen at the door")
    assert penalties(tiny) == {"ada": 2, "bob": 0.9, "cleo": 1.5}

    for name in ("ada", "cleo"):
        tiny.gatelab("late", name, "--remove")
    tiny.replace(tiny.table, "11-25T10", "11-29T10")
    tiny.grade()
    assert penalties(tiny) == {"ada": None, "bob": None, "cleo": None}
    # No time is known for cleo, so what nbgrader's plugin deducts is kept. For the others the rule decides.
    autograded(tiny, 3)
    assert penalties(tiny) == {"ada": None, "bob": None, "cleo": 3}

    tiny.gatelab("late", "bob", "1", "--why", "agreed")
    assert penalties(tiny)["bob"] == 1
    tiny.table.write_text(without)  # and the withdrawn rule takes its penalties with it
    tiny.gatelab("late", "bob", "--remove")
    tiny.grade()
    assert penalties(tiny) == {"ada": None, "bob": None, "cleo": 3}
    autograded(tiny, 2)
    assert penalties(tiny) == {"ada": 2, "bob": 2, "cleo": 2}
