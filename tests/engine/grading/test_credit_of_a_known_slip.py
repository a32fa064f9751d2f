"""Follow-through credit: one known slip that explains every result of a question leaves the share of the points that its file states."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Question, Report
from gatelab.report.record.schema import read_json
from helpers.in_process import graded_here
from helpers.tiny_lab import mistake

SLIP, _ = mistake("over-the-batch")  # its credit is 0.4


@pytest.fixture(scope="module")
def slip(lab: Lab, bank: Bank) -> Question:
    """q1's result with the slip in the answer."""
    return graded_here(lab, "q1", SLIP, bank)


def test_a_slip_earns_its_share_and_says_so(slip: Question) -> None:
    assert (slip.earned, slip.credit, slip.points) == (0, 1.6, 1.6)
    assert slip.follow_through == (
        "All results in this question that can be compared are what this mistake alone produces. You therefore earn 1.6 of 4 points; "
        "the parts below alone would earn 0."
    )


def test_a_mistake_that_is_not_the_whole_story_earns_its_parts(lab: Lab, bank: Bank) -> None:
    """Named or not: with a number changed that no file knows, nothing is credited."""
    assert "return powers" in SLIP
    more = graded_here(lab, "q1", SLIP.replace("return powers", "return 1.001 * powers"), bank)
    assert (more.credit, more.points) == (0, more.earned)


@pytest.mark.parametrize(("setting", "credit"), [("credit = 0\n", 0), ("credit = 0.5\n", 0.8), ("", 1.6)])
def test_the_settings_switch_credit_off_or_scale_it(
    tmp_path: Path, lab: Lab, bank: Bank, setting: str, credit: float
) -> None:
    shutil.copytree(lab.assignment, tmp_path, dirs_exist_ok=True)
    table = tmp_path / "lab.toml"
    table.write_text(setting + table.read_text(encoding="utf-8"), encoding="utf-8")
    result = graded_here(Lab(tmp_path, lab.hidden, lab.bank), "q1", SLIP, bank)
    assert (result.credit, result.points) == (credit, credit)


def test_the_report_keeps_what_is_earned_beside_what_is_credited(slip: Question) -> None:
    report = Report("a", "graded", questions=[slip])
    row = report.to_dict()["questions"][0]
    assert (row["points"], row["earned"], row["credit"]) == (1.6, 0, 1.6)
    assert report.points == 1.6
    assert read_json(report.to_json()) == report
    assert dataclasses.replace(slip, credit=0.0).points == 0


def test_a_confined_submission_earns_the_same(engine: Engine, lab: Lab, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "lab.ipynb", lab, {"q1": SLIP})
    question = engine.grade(path, questions=["q1"]).question("q1")
    assert (question.recognised, question.earned, question.points) == ("over-the-batch", 0, 1.6)
