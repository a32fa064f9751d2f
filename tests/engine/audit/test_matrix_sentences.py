"""What `gatelab verify` says about a chaff that did not fail as it should is true, whatever happened."""

from __future__ import annotations

from typing import Any

import pytest

from gatelab.audit.matrix import ChaffRow, LostPart, Matrix

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
