"""Does the Gradescope output say what the report says, and nothing that is only for staff?"""

import json

import pytest

from gatelab.lab.table import QuestionSpec
from gatelab.report.outputs.gradescope import gradescope_results, plain_text
from gatelab.report.record.exceptions import Raised
from gatelab.report.record.model import CellProblem, Kind, Mistake, Part, Question, Report

SPECS = [
    QuestionSpec("q1", "One LSTM step", 14),
    QuestionSpec("q2", "One GRU step", 12),
    QuestionSpec("q12a", "In your own words", 2, by_hand=True),
]


@pytest.fixture
def report() -> Report:
    return Report(
        "lab.ipynb",
        "graded",
        lab="softmax",
        seed=11,
        output="STAFF-LOADING",
        hints=["STAFF-HINT"],
        protection={"files": True, "network": False},
        cells=[
            CellProblem(3, "raised", "NameError: name 'x' is not defined", "x + 1"),
            CellProblem(4, "skipped", "experiment"),
        ],
        wall_seconds=3.4,
        questions=[
            Question(
                "q1",
                "One LSTM step",
                14,
                [
                    Part("outputs", 4, 4, None),
                    Part(
                        "input-gradients",
                        0,
                        10,
                        Kind.WRONG,
                        "h has the wrong shape",
                        suite_error=Raised("Failed", "", traceback="STAFF-TRACE"),
                    ),
                ],
                mistakes=[
                    Mistake("gates-swapped", "Two gates are swapped.", "look again."),
                    Mistake("bias-left-out", "A bias is left out.", "how many are there?"),
                ],
                signature="STAFF-SIGNATURE",
                code="STAFF-CODE",
                output="STAFF-PRINTED",
            ),
            Question("q2", "One GRU step", 12, [Part("outputs", 12, 12, None)]),
            Question("q12a", "In your own words", 2, by_hand=True),
        ],
    )


def test_every_graded_question_is_one_test_with_its_points(report):
    tests = gradescope_results(report)["tests"]
    assert [(t["name"], t.get("score"), t.get("max_score"), t.get("status")) for t in tests] == [
        ("q1: One LSTM step", 4, 14, "failed"),
        ("q2: One GRU step", 12, 12, "passed"),
        ("For staff", None, None, None),
    ]
    assert gradescope_results(report)["score"] == 16


def test_a_question_shows_its_mistake_and_its_parts(report):
    test = gradescope_results(report)["tests"][0]
    assert test["output"].splitlines() == [
        "Two gates are swapped. Hint: look again. And: A bias is left out. Hint: how many are there?",
        "outputs: 4 of 4",
        "input gradients: 0 of 10",
        "    h has the wrong shape",
    ]
    assert test["tags"] == ["q1", "gates-swapped", "bias-left-out"]


def test_what_is_marked_by_hand_is_named_and_not_scored(report):
    results = gradescope_results(report)
    assert "q12a (2 points) is marked by hand." in results["output"]
    assert not any("q12a" in test["name"] for test in results["tests"])


def test_only_the_hidden_test_holds_what_is_for_staff(report):
    results = gradescope_results(report)
    hidden = [test for test in results["tests"] if test["visibility"] == "hidden"]
    assert [test["name"] for test in hidden] == ["For staff"]
    for word in (
        "STAFF-LOADING",
        "STAFF-HINT",
        "STAFF-TRACE",
        "STAFF-PRINTED",
        "off on this machine: network",
    ):
        assert word in hidden[0]["output"]
    results["tests"].remove(hidden[0])
    assert "STAFF" not in json.dumps(results)
    assert results["stdout_visibility"] == "hidden"


def test_plain_text_is_a_students_text(report):
    text = plain_text(report, SPECS)
    assert "STAFF" not in text
    assert "q1: 4 of 14" in text
    assert "off on this machine: network" in text


def test_an_ungradable_submission_has_its_reason_and_every_question_with_0(report):
    results = gradescope_results(Report("x", "ungradable", "x: the file is empty; hand it in again."), SPECS)
    assert results["output"].startswith("Not graded. x: the file is empty; hand it in again.")
    scored = [(t["score"], t["max_score"]) for t in results["tests"] if "score" in t]
    assert scored == [(0, 14), (0, 12)]


def test_an_unchecked_question_is_not_a_silent_0():
    report = Report("x", "graded", questions=[Question("q1", "One LSTM step", 14)])
    assert "Nothing was checked here." in gradescope_results(report)["tests"][0]["output"]


def test_a_students_text_cannot_steer_a_terminal_nor_break_the_json(report):
    report.questions[0].parts[1].message = "ValueError: \x1b[2J\ud800 <b>bold</b>"
    output = gradescope_results(report)["tests"][0]["output"]
    assert "\x1b" not in output
    output.encode("utf-8")


def test_cells_that_did_not_run_are_named_by_their_number(report):
    lines = gradescope_results(report)["output"].splitlines()
    assert lines[2:] == ["Cell 3 (\"x + 1\") raised: NameError: name 'x' is not defined"]
