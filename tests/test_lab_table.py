"""questions.toml: is a value of the wrong kind named, with its file, its question and its field?"""

from __future__ import annotations

from pathlib import Path

import pytest

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
        ('points = 1\nown_if = { LSTM = "q3" }', "own_if must be a table of lists"),
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
