"""What `gatelab verify` says about a chaff that did not fail as it should is true, whatever happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gatelab.audit.matrix import ChaffRow, LostPart, Matrix, WheatRow
from helpers.files import replace_in
from helpers.tiny_class import gatelab
from helpers.tiny_lab import tiny_kit

RIGHT: dict[str, Any] = {"lost": ("values",), "elsewhere": (), "named": "slip"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"named": ""}, ["chaff q1/slip was caught, but its mistake was not named"]),
        ({"named": "other"}, ["chaff q1/slip was taken for other"]),
        ({"lost": (), "named": ""}, ["chaff q1/slip passed its own question"]),
        ({"elsewhere": (LostPart("q2", "mean"),)}, ["chaff q1/slip lost points elsewhere: q2/mean"]),
        (
            {"lost": (), "elsewhere": (LostPart(None, "No time was left."),), "named": ""},
            ["chaff q1/slip could not be graded: No time was left."],
        ),
    ],
)
def test_each_fault_of_the_matrix_is_a_true_sentence(change: dict[str, Any], said: list[str]) -> None:
    row = ChaffRow("slip", "q1", "A slip.", **{**RIGHT, **change})
    assert Matrix(chaffs=[row]).faults == said


def test_what_kept_several_from_being_graded_is_said_once() -> None:
    why = LostPart(None, "The hidden suite fails.")
    wheats = [WheatRow("style 1", seed, (why,)) for seed in (1, 2)]
    chaffs = [ChaffRow("slip", "q1", "A slip.", (), (why,), ""), ChaffRow("slip", "q1", "A slip.", **RIGHT)]
    found = Matrix(chaffs=chaffs, wheats=wheats).faults
    assert found == ["3 wheats and chaffs could not be graded: The hidden suite fails."]


def test_a_failing_wheat_is_reported_with_the_first_message_of_each_question() -> None:
    lost = (LostPart("q1", "a", "Wrong shape."), LostPart("q1", "b", "Other."), LostPart("q2", "c", "No."))
    found = Matrix(wheats=[WheatRow("style 1", 7, lost)]).faults
    assert found == ["wheat style 1 (seed 7) lost q1/a, q1/b, q2/c (q1: Wrong shape; q2: No)"]


@pytest.mark.usefixtures("shared_server")
@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("file", "old", "new", "said", "never"),
    [
        (
            "hidden/test_q1_softmax.py", "    logits = draw(", "    np.array(1)\n    logits = draw(",
            ["could not be graded: The hidden suite fails (test_q1_softmax.py, line", "NameError: name 'np' is not defined"],
            ["lost nothing", "lost everything", "q1/over-the-batch"],
        ),
        (
            "bank/wheat/q2/gathered.py", " / len(labels)", "",
            ["lost q2/", "(q2: the loss"],
            ["could not be graded"],
        ),
    ],
    ids=["a suite that fails", "a wheat that fails"],
)  # fmt: skip
def test_verify_says_what_is_wrong_once_and_why(
    tmp_path: Path, file: str, old: str, new: str, said: list[str], never: list[str]
) -> None:
    kit = tiny_kit(tmp_path / "kit")
    replace_in(kit / "tests" / "softmax" / file, old, new)
    done = gatelab("verify", "--seeds", "2", "--jobs", "1", "--root", kit)
    output = " ".join(done.stdout.split())
    assert done.exit_code == 1, done.output
    for words in said:
        assert words in output, output
    for words in never:
        assert words not in output, output
    assert output.count("NameError") <= 1
