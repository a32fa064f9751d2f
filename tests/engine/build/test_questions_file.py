"""The table of questions in the handout: written by the build, and what lab.toml says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatelab.build import BuildError, questions_file
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab
from helpers.tiny_lab import tiny_kit


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """The settings of a lab that asks for the file."""
    tiny_kit(tmp_path / "kit")
    path = tmp_path / "kit" / "assignment" / "softmax" / "lab.toml"
    swap(path, 'notebook = "lab.ipynb"', 'notebook = "lab.ipynb"\nquestions_file = "tests/questions.json"')
    return path


def swap(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def kept_up(toml: Path) -> Path:
    lab = Lab.in_repository(toml.parents[2])
    questions_file.keep_up(lab, Settings.of(lab))
    return toml.parent / "tests" / "questions.json"


def test_it_follows_the_settings(toml: Path) -> None:
    swap(toml, "points = 4", "points = 4\nminutes = 25")
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
    swap(toml, '"Softmax"', '"Softmax, anew"')
    assert json.loads(kept_up(toml).read_text(encoding="utf-8"))["questions"][0]["title"] == "Softmax, anew"


def test_it_says_nothing_that_is_for_staff(toml: Path) -> None:
    text = kept_up(toml).read_text(encoding="utf-8")
    assert "builds_on" not in text and "seconds" not in text


def test_a_file_that_is_up_to_date_is_not_touched(toml: Path) -> None:
    path = kept_up(toml)
    before = path.stat().st_mtime_ns
    assert kept_up(toml).stat().st_mtime_ns == before


def test_a_lab_that_asks_for_none_gets_none(toml: Path) -> None:
    swap(toml, 'questions_file = "tests/questions.json"\n', "")
    assert not kept_up(toml).exists()


@pytest.mark.parametrize("place", ["../questions.json", "/tmp/questions.json", "lab.py", "tests"])
def test_a_place_outside_of_the_handout_is_refused(toml: Path, place: str) -> None:
    swap(toml, "tests/questions.json", place)
    with pytest.raises(BuildError, match=r"must be a \.json file of this folder"):
        kept_up(toml)


def test_minutes_are_a_number(toml: Path) -> None:
    from gatelab.lab.spec import LabError

    swap(toml, "points = 4", 'points = 4\nminutes = "long"')
    with pytest.raises(LabError, match="minutes must be a number"):
        Lab.in_repository(toml.parents[2])
