"""The record of what a bank's mistakes get: a command writes it, rounding does not change it, and a difference says what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gatelab.audit.matrix import ChaffRow, LostPart, Matrix
from gatelab.audit.verify import verify
from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank, Chaff, load_bank
from helpers.tiny_lab import tiny_lab
from programs import bank_said

pytestmark = pytest.mark.usefixtures("shared_server")

SLIP = Chaff("slip", "q1", "It is summed.", "What is a mean?", "")
ROW = ChaffRow("slip", "q1", SLIP.misconception, ("values", "sizes"), (), "slip", 1, 2, 4)
NOTE = "It is summed. Hint: What is a mean?"
OFF = (
    "the mean has the right shape, but {} of 15 numbers differ; the largest difference is {} at {} (got {})."
)


def record(
    *messages: str, row: ChaffRow = ROW, note: str = NOTE, cells: tuple[tuple[int, str, str], ...] = ()
) -> str:
    """The record of a chaff with these messages for its parts."""
    parts = [(f"q1/{name}", 0, message) for name, message in zip(row.lost, messages, strict=False)]
    outcome = {"": [("graded", ""), *cells], "q1": [("q1", row.named, note), ("q1/right", 1, ""), *parts]}
    return bank_said.said(Matrix(chaffs=[row], outcomes={SLIP.key: outcome}), [SLIP])[SLIP.key]


def test_a_record_has_the_points_and_each_message_with_its_parts() -> None:
    assert record("It is 3, not 2.", "It is 3, not 2.") == (
        "2 of 4, 1 by the parts\n  values, sizes: It is 3, not 2.\n"
    )


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (OFF.format(15, 0.31, "N = 0, H = 4", 0.8066), OFF.format(14, 1, "N = 2, H = 1", "-3e-08")),
        (OFF.format(1, 6.8, "[17, 0]", 7.362), OFF.format(2, "1e+02", "[1]", "nan")),
        ("the loss is 0.2513; it should be 1.25.", "the loss is nan; it should be -1.251."),
    ],
)
def test_rounding_on_another_processor_is_not_a_difference(here: str, there: str) -> None:
    assert record(here) == record(there)


def test_any_other_change_is_a_difference() -> None:
    records = [
        record("wrong"),
        record("Wrong"),
        record("wrong", "wrong"),
        record("wrong", note="It is summed. Hint: Is it?"),
        record("wrong", cells=((2, "raised", "NameError"),)),
        *(
            record("wrong", row=replace(ROW, **change))
            for change in (
                {"points": 1.5},
                {"earned": 0.5},
                {"of": 5},
                {"named": "other"},
                {"named": ""},
                {"elsewhere": (LostPart("q2", "values"),)},
            )
        ),
    ]
    assert len({*records}) == len(records)


def test_a_difference_names_the_mistake_both_texts_and_the_command() -> None:
    accepted = {
        "q1/slip": "2 of 4, 1 by the parts\n  values: wrong\n",
        "q1/other": "0 of 4, 0 by the parts\n",
    }
    now = accepted | {
        "q1/slip": "2 of 4, 1 by the parts\n  values: Wrong\n",
        "q2/new": "0 of 6, 0 by the parts\n",
    }
    slip, new = bank_said.differences(now, accepted)
    assert slip.startswith("q1/slip: ") and "make accept-bank QUESTION=q1" in slip
    assert slip.splitlines()[-2:] == ["-  values: wrong", "+  values: Wrong"]
    assert new.startswith("q2/new: ") and new.splitlines()[-1] == "+0 of 6, 0 by the parts"


@pytest.mark.one_in(6)
def test_the_accepted_record_is_reproduced_with_another_number_of_jobs(tmp_path: Path) -> None:
    lab = tiny_lab(tmp_path)
    chaffs = load_bank(lab).chaffs
    assert bank_said.read(lab) == {}
    assert [path.name for path in bank_said.accept(lab, (), jobs=1)] == ["q1.txt", "q2.txt"]
    with Engine(lab, jobs=2) as engine:
        again = bank_said.said(verify(engine, Bank((), chaffs), everywhere=False), chaffs)
    assert again.keys() == {chaff.key for chaff in chaffs}
    assert bank_said.differences(again, bank_said.read(lab)) == []
    for chaff in chaffs:
        if chaff.question == "q2":
            (lab.hidden.parent / "bank" / "chaff" / f"{chaff.key}.py").unlink()
    assert bank_said.accept(lab, ("q2",), jobs=1) == []
    assert bank_said.read(lab).keys() == {chaff.key for chaff in chaffs if chaff.question == "q1"}
