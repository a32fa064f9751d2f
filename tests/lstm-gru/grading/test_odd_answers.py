"""Right work that keeps settings, helper objects and helpers in odd but legitimate ways has all its points; a mistake costs its question."""

from __future__ import annotations

from pathlib import Path

import pytest
from odd_answers import CASES
from odd_containers import ANSWERS
from own_versions import lost

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine

ALL = CASES | {"helper objects in sets, deques, slots and generators": ANSWERS}


def graded(engine: Engine, place: Path, sources: dict) -> dict[str, list[tuple[str, str]]]:
    """Question → what it loses."""
    report = engine.grade(write_notebook(place / "lab.ipynb", engine.lab, sources), training=False)
    assert report.status == "graded" and report.cells == [], report.reason
    return lost(report)


@pytest.mark.parametrize("what", ALL)
@pytest.mark.one_in(4)
def test_a_right_answer_in_an_odd_form_loses_nothing(plain_engine: Engine, tmp_path: Path, what: str) -> None:
    assert graded(plain_engine, tmp_path, ALL[what]) == {}


@pytest.mark.one_in(2, among="a wrong one")
def test_a_wrong_answer_whose_helper_others_use_rightly_costs_its_question_alone(
    plain_engine: Engine, tmp_path: Path
) -> None:
    sources = dict(ALL["a helper in q6's cell for q8, q9 and q10"])
    right = "return outputs[at]"
    assert sources["q6"].count(right) == 1
    sources["q6"] = sources["q6"].replace(right, "return outputs[at] * 2")
    assert set(graded(plain_engine, tmp_path, sources)) == {"q6"}


@pytest.mark.one_in(2, among="a wrong one")
def test_a_wrong_layer_that_is_taken_from_a_dict_of_classes_costs_its_question_alone(
    plain_engine: Engine, tmp_path: Path
) -> None:
    registry = """
LAYERS = {}


class Registered(nn.Module):
    def __init_subclass__(cls):
        LAYERS[cls.__name__] = cls


"""
    layers, model = (plain_engine.lab.reference(id) for id in ("q3", "q8"))
    layers = registry + layers.replace("(nn.Module)", "(Registered)")
    model = model.replace("= LSTM(", "= LAYERS['LSTM'](")
    assert graded(plain_engine, tmp_path, {"q3": layers, "q8": model}) == {}
    layers = layers.replace("dim=1), (h, c)", "dim=1), (h, h)")
    assert set(graded(plain_engine, tmp_path, {"q3": layers, "q8": model})) == {"q3"}
