"""Two people with the same name, and several attempts of one person, are distinguished wherever staff see them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from gatelab.integrations.nbgrader.gradebook import enter
from gatelab.report.record.model import Report
from gatelab.report.whole_class.class_report import Row, submission_of
from gatelab.report.whole_class.graded_class import Graded, GradedClass
from gatelab.submission.collect import Submission, collect, mark_namesakes
from gatelab.submission.people import Person
from helpers.tiny_lab import tiny_lab_here

LAB = tiny_lab_here()
BOOK = json.dumps(
    {
        "cells": [{"cell_type": "code", "source": "def softmax(): return 1", "metadata": {}, "outputs": []}],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)


def entry(number: int, name: str, email: str, day: int) -> str:
    return (
        f"submission_{number}:\n  :submitters:\n  - :name: {name}\n    :email: {email}\n"
        f"  :created_at: 2026-04-{day} 17:34:00 Z\n"
    )


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Gradescope's, of two people called Ada Lovelace, one of them with an earlier attempt, and of Bob with one."""
    rows = [
        entry(1, "Ada Lovelace", "ada@example.org", 20),
        entry(2, "Ada Lovelace", "ada@example.org", 21),
        entry(3, "Ada Lovelace", "ada2@example.org", 21),
        entry(4, "Bob Babbage", "bob@example.org", 20),
        entry(5, "Bob Babbage", "bob@example.org", 21),
    ]
    (tmp_path / "submission_metadata.yml").write_text("".join(rows), encoding="utf-8")
    for k in range(1, len(rows) + 1):
        (tmp_path / f"submission_{k}").mkdir()
        (tmp_path / f"submission_{k}" / "lab.ipynb").write_text(BOOK, encoding="utf-8")
    return tmp_path


def test_namesakes_and_attempts_are_distinguished(export: Path) -> None:
    came_in = collect(export, LAB, every_attempt=True)
    assert sorted(submission.listed for submission in came_in) == [
        "Ada Lovelace (ada2@example.org)",
        "Ada Lovelace (ada@example.org)",
        "Ada Lovelace, attempt 1",
        "Bob Babbage",
        "Bob Babbage, attempt 1",
    ]
    assert {submission.called for submission in came_in if not submission.attempt} == {
        "Ada Lovelace",
        "Bob Babbage",
    }


def test_a_student_sees_only_their_own_name(export: Path) -> None:
    assert sorted(submission.called for submission in collect(export, LAB)) == [
        "Ada Lovelace",
        "Ada Lovelace",
        "Bob Babbage",
    ]


def test_namesakes_are_still_distinguished_after_a_correction_reads_the_class_back(export: Path) -> None:
    came_in = collect(export, LAB, every_attempt=True)
    table = [
        {
            "name": submission.name, "file": submission.file, "status": "graded", "newest": submission.newest, "attempt": submission.attempt,
            "people": [{"sheet": one.name, "email": one.email, "number": "", "ids": []} for one in submission.people],
        }
        for submission in came_in
    ]  # fmt: skip
    again = mark_namesakes([submission_of(row, export) for row in table])
    assert [submission.listed for submission in again] == [submission.listed for submission in came_in]
    rows = [
        Row(submission.name, submission.file, Report(submission.name, "graded"), submission=submission)
        for submission in came_in
    ]
    assert len({row.called for row in rows}) == len(rows)


def test_a_row_with_a_unique_name_is_listed_by_that_name() -> None:
    alone = mark_namesakes([Submission("ada", "ada", None), Submission("bob", "bob", None)])
    assert [submission.listed for submission in alone] == ["ada", "bob"]


def test_two_rows_of_one_student_do_not_overwrite_each_other_in_nbgrader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    )  # nbgrader starts alembic
    database = tmp_path / "gradebook.db"
    with Gradebook(f"sqlite:///{database}") as book:
        book.add_assignment("lab")
    ada = (Person("Ada", ids=("ada",)),)
    rows = [Graded(name, "Ada", name, "graded", Report(name, "graded"), ada) for name in ("ada", "ada-again")]
    entered = enter(database, GradedClass(tmp_path, "lab", 10, rows), rows)
    assert entered.students == []
    assert entered.notes == ["ada: 2 submissions (ada, ada-again); enter the points by hand."]


@pytest.mark.parametrize(
    ("more", "late"),
    [
        ({"called_late": True, "remarks": ["Canvas calls it late."]}, True),
        ({"called_late": False, "remarks": ["Whoever calls it late."]}, False),
        ({"remarks": ["Canvas calls it late."]}, True),
        ({}, False),
    ],
    ids=["late", "not late", "of an earlier kit, late", "of an earlier kit"],
)
def test_whether_a_row_is_late_is_a_field_of_its_own(more: dict, late: bool) -> None:
    row = {"name": "ada", "file": "ada", "status": "graded", **more}
    assert submission_of(row, Path()).called_late == late
