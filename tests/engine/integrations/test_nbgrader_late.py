"""The lab's rule for late work in nbgrader's own grade book."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from traitlets.config import Configurable

from gatelab.build.course import find_programs
from gatelab.integrations.nbgrader.late import LatePenalties
from gatelab.lab.late import late_rule

RULE = "[late]\ndue = 2026-10-24T23:59:00+02:00\ngrace_minutes = 15\npercent_per_day = 10\ncap = 50\n"


class Exporter(Configurable):
    """What holds the lab while nbgrader autogrades."""


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
    exporter.lab = SimpleNamespace(
        late=late_rule(tmp_path / "lab.toml", tomllib.loads(rule).get("late"), None)
    )
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
