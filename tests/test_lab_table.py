"""questions.toml: is a value of the wrong kind named, with its file, its question and its field?"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from gatelab.confine.apply import Settings
from gatelab.lab import Lab, LabError

HEAD = 'title = "Lab"\nname = "lstm-gru"\nnotebook = "lab.ipynb"\n'


def read(root: Path, text: str) -> Lab:
    path = root / "assignment" / "lstm-gru" / "questions.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return Lab.in_repository(root)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ('points = "14"', "points must be a number from 0 on, without quotes; it is '14'."),
        ("points = -1", "points must be a number from 0 on, without quotes; it is -1."),
        ("points = true", "points must be a number"),
        ('points = 1\nnames = "LSTM"', "names must be a list of texts"),
        ('points = 1\nby_hand = "yes"', "by_hand must be true or false"),
        ('points = 1\nbuilds_on = "LSTM"', "builds_on must be a list of texts"),
        ("points = 1\nseconds = [60]", "seconds must be a number"),
    ],
)
def test_is_a_value_of_another_kind_named(tmp_path: Path, field: str, said: str) -> None:
    lab = read(tmp_path, f'{HEAD}[q1]\ntitle = "One step"\n{field}\n')
    with pytest.raises(LabError) as told:
        _ = lab.questions
    assert f"questions.toml, [q1]: {said}" in str(told.value)


def test_is_a_head_that_lacks_something_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"questions\.toml: notebook must be a text in quotes; it is None"):
        _ = read(tmp_path, HEAD.replace('notebook = "lab.ipynb"\n', "")).title


def test_the_clock_is_a_backstop_of_several_times_the_processor_time(tmp_path: Path) -> None:
    rows = '[q1]\ntitle = "a"\npoints = 1\n[q2]\ntitle = "b"\npoints = 1\ncpu_seconds = 100\n[q3]\ntitle = "c"\npoints = 1\nseconds = 7\n'
    questions = read(tmp_path, HEAD + rows).questions
    assert [questions[id].seconds for id in ("q1", "q2", "q3")] == [200, 500, 7]


def test_every_question_of_the_lab_has_time_for_a_busy_machine(lab: Lab) -> None:
    """Nine busy processes on two cores: 4.5 times the processor time that a right answer takes."""
    thresholds = tomllib.loads((lab.hidden / "thresholds.toml").read_text(encoding="utf-8"))
    for spec in lab.questions.values():
        if spec.id in thresholds:
            # A training may take 1.25 times its seconds and the predictions half of them; there may be two trainings.
            training = 1.75 * thresholds[spec.id]["seconds"]
            assert spec.cpu_seconds >= 2 * training + 20 and spec.cpu_seconds < Settings("").cpu_seconds
            assert spec.seconds >= 4.5 * training
        elif not spec.by_hand:
            assert spec.seconds >= 4.5 * spec.cpu_seconds
