"""The JSON of a report has a form that is written down, and is read by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gatelab.report.curve import Band, Curve, Look, Point
from gatelab.report.model import Cell, Otherwise, Part, Question, Report
from gatelab.report.schema import schema

WHOLE = Report(
    "ada", "graded", "why", "told", "ab" * 32, 11, "softmax",
    [
        Question(
            "q1", "One step", 10.0, [Part("values", 0.0, 10.0, False, "wrong", "staff")], "slip", 6.0, "note",
            [["what", "hint"]], "printed", "5a", "def f(): ...", False, 0.5, ["g"], Otherwise(["g"], [Part("values", 0, 10, False)]),
            Curve("accuracy", 0.99, [Point(10, 2.0)], [Look(100, 0.97)], False, [Band(10, 1.9, 2.0, 2.1)], 32),
        ),
        Question("q12a", "In words", 2.0, by_hand=True),
    ],
    [Cell(3, "raised", "NameError", "x = y", "y")], ["Untitled.ipynb"], False, ["hint"], {"files": True}, {"torch": "2.13.0"},
    "out", 1.5, 2.5,
)  # fmt: skip


@pytest.fixture
def data() -> dict[str, Any]:
    return json.loads(WHOLE.to_json())


def test_the_schema_in_docs_is_that_of_the_classes(root: Path) -> None:
    """When this fails: python -m gatelab.report.schema > docs/report.schema.json, and FORMAT is another."""
    assert json.loads((root / "docs" / "report.schema.json").read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize("report", [WHOLE, Report("eve", "ungradable", "no notebook"), Report("x", "failed")])
def test_a_report_has_the_form_and_comes_back_as_it_was(report: Report) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(json.loads(report.to_json()), schema())
    assert Report.from_json(report.to_json()) == report


def test_a_report_of_the_format_before_is_read(data: dict[str, Any]) -> None:
    data["format"] = 1
    for question in data["questions"]:
        del question["curve"]
    read = Report.from_dict(data)
    assert read.questions[0].curve is None and read.points == WHOLE.points


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data.update(format=3), "format 2"),
        (lambda data: data.pop("format"), "format 2"),
        (lambda data: data.update(status="lost"), "status"),
        (lambda data: data.update(colour="red"), "colour"),
        (lambda data: data["questions"][0].update(max_points="ten"), "questions.0.max_points"),
        (lambda data: data["questions"][0]["parts"][0].pop("passed"), "questions.0.parts.0.passed"),
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
        Report.from_dict(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema())
