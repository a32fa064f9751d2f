"""The table of questions in the handout: the build writes it, and it says the same as lab.toml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatelab.build import BuildError, questions_file
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab
from helpers.files import replace_in
from helpers.tiny_lab import tiny_kit


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """The settings of a lab that asks for the file."""
    tiny_kit(tmp_path / "kit")
    path = tmp_path / "kit" / "assignment" / "softmax" / "lab.toml"
    replace_in(
        path, 'notebook = "lab.ipynb"', 'notebook = "lab.ipynb"\nquestions_file = "tests/questions.json"', 1
    )
    return path


def kept_up(toml: Path) -> Path:
    lab = Lab.in_repository(toml.parents[2])
    questions_file.keep_up(lab, Settings.of(lab))
    return toml.parent / "tests" / "questions.json"


def test_it_follows_the_settings(toml: Path) -> None:
    replace_in(toml, "points = 4", "points = 4\nminutes = 25", 1)
    table = json.loads(kept_up(toml).read_text(encoding="utf-8"))
    assert table["lab"] == "softmax" and [question["id"] for question in table["questions"]] == ["q1", "q2"]
    assert table["questions"][0] == {
        "id": "q1",
        "title": "Softmax",
        "points": 4,
        "minutes": 25,
        "names": ["softmax"],
        "by_hand": False,
    }
    replace_in(toml, '"Softmax"', '"Softmax, anew"', 1)
    assert json.loads(kept_up(toml).read_text(encoding="utf-8"))["questions"][0]["title"] == "Softmax, anew"


def test_it_says_nothing_that_is_for_staff(toml: Path) -> None:
    text = kept_up(toml).read_text(encoding="utf-8")
    assert "builds_on" not in text and "seconds" not in text


def test_a_file_that_is_up_to_date_is_not_touched(toml: Path) -> None:
    path = kept_up(toml)
    before = path.stat().st_mtime_ns
    assert kept_up(toml).stat().st_mtime_ns == before


def test_a_lab_that_asks_for_none_gets_none(toml: Path) -> None:
    replace_in(toml, 'questions_file = "tests/questions.json"\n', "", 1)
    assert not kept_up(toml).exists()


@pytest.mark.parametrize("place", ["../questions.json", "/tmp/questions.json", "lab.py", "tests"])
def test_a_place_outside_of_the_handout_is_refused(toml: Path, place: str) -> None:
    replace_in(toml, "tests/questions.json", place, 1)
    with pytest.raises(BuildError, match=r"must be a \.json file of this folder"):
        kept_up(toml)


def test_minutes_are_a_number(toml: Path) -> None:
    from gatelab.lab.spec import LabError

    replace_in(toml, "points = 4", 'points = 4\nminutes = "long"', 1)
    with pytest.raises(LabError, match="minutes must be a number"):
        Lab.in_repository(toml.parents[2])
