"""A report's JSON has a documented schema, and is validated by it when it is read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelab.report.record.curve import Band, Curve, Look, Point
from gatelab.report.record.exceptions import Frame, Raised
from gatelab.report.record.model import (
    FORMAT,
    CellProblem,
    GradingHashes,
    Kind,
    Mistake,
    Part,
    Question,
    Report,
    SecondGrading,
)
from gatelab.report.record.schema import is_of_a_class, read, read_json, schema
from gatelab.report.whole_class.class_report import signature

PART = Part(
    "values",
    0.0,
    10.0,
    Kind.RAISED,
    "It raised.",
    "Is it a tuple?",
    Raised("", "test_q1.py", traceback="test_q1.py"),
    Raised("ValueError", "no"),
)
WHOLE = Report(
    "ada", "graded", "why", "told", False, "ab" * 32, 11, "softmax",
    [
        Question(
            "q1", "One step", 10.0, [PART], [Mistake("slip", "what", "hint"), Mistake("slop", "that", "?")], 6.0,
            "printed", "5a", "def f(): ...", False, 0.5, ["g"], SecondGrading(["g"], [Part("values", 10.0, 10.0, None)]),
            Curve("accuracy", 0.99, [Point(10, 2.0)], [Look(100, 0.97)], False, [Band(10, 1.9, 2.0, 2.1)], 32),
        ),
        Question("q12a", "In words", 2.0, by_hand=True),
    ],
    [CellProblem(3, "raised", "NameError", "x = y", "y")], ["Untitled.ipynb"], False, ["hint"], {"files": True}, {"torch": "2.13.0"},
    GradingHashes("5f" * 32, {"": "00112233aabbccdd", "q1": "1" * 16, "q12a": "2" * 16}), "out", 1.5, 2.5,
)  # fmt: skip


@pytest.fixture
def data() -> dict[str, Any]:
    return json.loads(WHOLE.to_json())


def test_the_schema_in_docs_is_that_of_the_classes(root: Path) -> None:
    """When this fails: python -m gatelab.report.record.schema > docs/report.schema.json; if more than words changed, raise FORMAT."""
    assert json.loads((root / "docs" / "report.schema.json").read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize("report", [WHOLE, Report("eve", "ungradable", "no notebook"), Report("x", "failed")])
def test_a_report_has_the_form_and_comes_back_as_it_was(report: Report) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(json.loads(report.to_json()), schema())
    assert read_json(report.to_json()) == report


FORM = jsonschema.Draft202012Validator(schema())
numbers = st.floats(0, 1e6)
parts = st.builds(Part, points=numbers, max_points=numbers, kind=st.none()) | st.builds(
    Part, points=numbers, max_points=numbers, kind=st.sampled_from(Kind), message=st.text(min_size=1)
)
questions = st.builds(
    Question,
    max_points=numbers,
    parts=st.lists(parts, max_size=3),
    credit=numbers,
    seconds=numbers,
    second_grading=st.none() | st.builds(SecondGrading, parts=st.lists(parts, max_size=2)),
    curve=st.none() | st.just(WHOLE.questions[0].curve),
)
reports = st.builds(
    Report, questions=st.lists(questions, max_size=3), cpu_seconds=numbers, wall_seconds=numbers
)


@given(reports)
@settings(deadline=None, max_examples=50)
def test_whatever_a_report_holds_it_has_the_form_and_comes_back(report: Report) -> None:
    FORM.validate(json.loads(report.to_json()))
    assert read_json(report.to_json()) == report


def test_a_part_that_is_lost_says_why(data: dict[str, Any]) -> None:
    lost = data["questions"][0]["parts"][0]
    for change in ({"message": ""}, {"kind": None}, {"passed": True}):
        old, _ = dict(lost), lost.update(change)
        assert not FORM.is_valid(data), change
        lost.update(old)
    del lost["message"]
    assert not FORM.is_valid(data)


@pytest.fixture
def of_format_2() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("report-of-format-2.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("format", [1, 2])
def test_a_report_of_an_earlier_format_is_read_with_all_that_it_says(
    of_format_2: dict[str, Any], format: int
) -> None:
    old = of_format_2
    if format == 1:
        old["format"] = 1
        for question in old["questions"]:
            del question["curve"]
    report = read(old)
    first, second, _ = report.questions
    assert report.quick and (report.points, report.max_points) == (old["points"], old["max_points"])
    assert first.mistakes == [Mistake("swapped", "One.", "a"), Mistake("left-out", "Two.", "b")]
    assert (first.note, first.points) == (old["questions"][0]["note"], old["questions"][0]["points"])
    wrong, right = first.parts
    assert (wrong.kind, wrong.student_text) == (Kind.WRONG, old["questions"][0]["parts"][0]["message"])
    suite, student = wrong.suite_error, wrong.student_error
    assert suite and student and suite.traceback.endswith("AssertionError: wrong")
    assert (suite.summary, student.message) == ("AssertionError: wrong", "no (cell 3)")
    assert suite.frames == [Frame(7, 0, "test_q1.py", "test_values", "close(reply)")]
    assert student.frames == [Frame(2, 3, "", "f")]
    assert (right.passed, right.kind, right.suite_error, right.student_error) == (True, None, None, None)
    assert [part.kind for part in second.parts] == [Kind.UNTOUCHED, Kind.NOT_RUN]
    assert first.second_grading and [part.passed for part in first.second_grading.parts] == [False, True]
    assert (first.curve is None) == (format == 1)
    jsonschema.validate(json.loads(report.to_json()), schema())


def test_a_report_of_format_3_is_read_with_the_hashes_that_were_among_its_versions() -> None:
    text = Path(__file__).with_name("report-of-format-3.json").read_text(encoding="utf-8")
    assert json.loads(text)["format"] == 3 and read_json(text) == WHOLE
    old = json.loads(text)
    old["versions"] = {"torch": "2.13.0"}
    assert read(old).grading_hashes is None and is_of_a_class(text) and not is_of_a_class(json.dumps(old))


TRACEBACK = """Traceback (most recent call last):
  File "/kit/sandbox/worker/runtime.py", line 105, in handle
    answer = call()
             ^^^^^^
  File "cell 3", line 2, in f
    y = g(x)
        ^^^^
  File "cell 1", line 4, in g
    raise ValueError(f'no {x}')
"""
STUDENT = Raised(
    "ValueError", "no: (cell) x", [Frame(2, 3, "", "f", "y = g(x)"), Frame(4, 1, "", "g", "raise ValueError(f'no {x}')")], TRACEBACK
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "raised"),
    [
        ("", None),
        (f"ValueError: no: (cell) x (cell 1, line 4: raise ValueError(f'no {{x}}'))\n{TRACEBACK}", STUDENT),
        ("KeyError: 'h' (cell 12, line 7: d['h'])\n", Raised("KeyError", "'h'", [Frame(7, 12, "", "", "d['h']")])),
        ("TypeError: no ()\nTraceback", Raised("TypeError", "no", [], "Traceback")),
        ("the backward pass failed", Raised("", "the backward pass failed")),
    ],
    ids=["none", "in a function", "without its lines", "outside of the notebook", "backward"],
)  # fmt: skip
def test_an_exception_that_was_one_text_up_to_format_4_is_read_into_its_fields(
    text: str, raised: Raised | None
) -> None:
    old = json.loads(Path(__file__).with_name("report-of-format-4.json").read_text(encoding="utf-8"))
    assert old["format"] == 4 and read(old) == WHOLE
    old["questions"][0]["parts"][0]["raised"] = text
    question = replace(WHOLE.questions[0], parts=[replace(PART, student_error=raised)])
    assert read(old) == replace(WHOLE, questions=[question, WHOLE.questions[1]])


@pytest.mark.parametrize(
    ("signed", "row"),
    [
        (WHOLE.grading_hashes, "2c3bb7dc6a5d15aa"),
        (GradingHashes("5f" * 32), "6f7c87be7b8538c1"),
        (None, "4f53cda18c2baa0c"),
    ],
)
def test_a_class_json_that_was_written_with_reports_of_format_3_is_still_of_the_same_grading(
    signed: GradingHashes | None, row: str
) -> None:
    assert signature(replace(WHOLE, grading_hashes=signed)) == row


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"format": 99, "grading_hashes": {"key": "5f"}}', '{"versions": {"graded with": "5f"}}', "[" * 5000]
)  # fmt: skip
def test_a_text_that_is_not_a_report_is_not_one_of_a_class(text: str) -> None:
    assert not is_of_a_class(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda old: old.update(questions=3),
        lambda old: old.pop("versions"),
        lambda old: old.pop("reason"),
        lambda old: old["questions"].append(None),
        lambda old: old["questions"][0].pop("misconception"),
        lambda old: old["questions"][0].update(mistakes=[["one"]]),
        lambda old: old["questions"][0]["parts"][0].update(detail=None),
        lambda old: old["questions"][0]["parts"][0].update(kind="lost interest"),
    ],
)
def test_a_report_not_in_the_earlier_format_it_names_is_refused(
    of_format_2: dict[str, Any], change: Any
) -> None:
    change(of_format_2)
    with pytest.raises(ValueError, match=r"not a report of format 2|questions\.0\.parts\.0\.kind"):
        read(of_format_2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data.update(format=FORMAT + 1), f"format {FORMAT}"),
        (lambda data: data.pop("format"), f"format {FORMAT}"),
        (lambda data: data.update(status="lost"), "status"),
        (lambda data: data.update(colour="red"), "colour"),
        (lambda data: data["grading_hashes"].update(key=None), "grading_hashes.key"),
        (lambda data: data["grading_hashes"]["questions"].update(q1=3), "grading_hashes.questions.q1"),
        (lambda data: data["questions"][0].update(max_points="ten"), "questions.0.max_points"),
        (lambda data: data["questions"][0]["parts"][0].pop("kind"), "questions.0.parts.0.kind"),
        (lambda data: data["questions"][0]["parts"][0].update(kind="bad"), "questions.0.parts.0.kind"),
        (
            lambda data: data["questions"][0].update(mistakes=["slip+slop"]),
            "questions.0.mistakes.0",
        ),
        (lambda data: data["cells"][0].update(what="odd"), "cells.0.what"),
        (
            lambda data: data["questions"][0]["curve"]["looks"][0].update(score="good"),
            "questions.0.curve.looks.0.score",
        ),
        (lambda data: data["cells"].append(3), "cells.1"),
        (lambda data: data.update(questions="none"), "questions"),
        (lambda data: data["questions"].append(None), "questions.2"),
    ],
)
def test_a_report_of_another_form_is_refused_naming_the_field(data: dict, change: Any, says: str) -> None:
    change(data)
    with pytest.raises(ValueError, match=says):
        read(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema())
