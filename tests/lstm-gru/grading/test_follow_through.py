"""Follow-through credit of this lab's known slips. (What such a credit is: tests/engine/grading/test_credit_of_a_known_slip.py.)"""

from __future__ import annotations

import pytest

from gatelab.lab.bank import Bank, Chaff, compose
from gatelab.lab.spec import Lab
from helpers.in_process import graded_here

pytestmark = pytest.mark.one_in(3, at=2)

STUB = "def {name}(*args, **kwargs):\n    raise NotImplementedError('{question}: not yet')\n"


def chaff(bank: Bank, key: str) -> Chaff:
    return next(one for one in bank.chaffs if one.key == key)


def test_every_mistake_of_the_bank_states_its_credit(lab: Lab) -> None:
    silent = [p.name for p in lab.bank.glob("chaff/*/*.py") if "\ncredit = " not in p.read_text("utf-8")]
    assert silent == []


def test_no_credit_for_shortcuts_or_core_misconceptions(bank: Bank) -> None:
    for key in (
        "q1/left-to-the-library", "q1/old-cell-dropped", "q2/left-to-the-library", "q2/old-state-dropped",
        "q3/does-not-call-the-step", "q3/cell-state-not-carried", "q7/given-layer-ignored",
        "q7/last-step-instead-of-last-valid", "q8/state-not-handed-over", "q8/targets-not-shifted",
        "q9/padding-in-the-loss", "q10/token-not-fed-back",
    ):  # fmt: skip
        assert chaff(bank, key).credit == 0, key


# question, two slips, and a third change that no file of the bank knows
LADDERS = [
    ("q1", "forget-and-input-swapped", "bias-of-the-state-left-out", ("kept = f * c", "kept = f * c * 1.01")),
    ("q2", "update-gate-complemented", "bias-of-the-state-left-out", ("n = torch.tanh(x_n + reset)", "n = torch.tanh(x_n + reset * 1.01)")),
    ("q4", "root-left-out", "own-gate-included", ("loss = outputs[:, -1].sum()", "loss = outputs[:, -1].exp().sum()")),
]  # fmt: skip


@pytest.mark.parametrize(("question", "one", "other", "unknown"), LADDERS)
@pytest.mark.one_in(3)
def test_points_fall_from_right_work_to_one_slip_two_slips_an_unknown_mistake_and_a_stub(
    lab: Lab, bank: Bank, question: str, one: str, other: str, unknown: tuple[str, str]
) -> None:
    slip, second = chaff(bank, f"{question}/{one}"), chaff(bank, f"{question}/{other}")
    both = compose(slip, second)
    assert both is not None
    reference = lab.reference(question)
    assert unknown[0] in both.source
    wrong = both.source.replace(*unknown)
    stub = "".join(STUB.format(name=name, question=question) for name in lab.questions[question].names)
    points = [
        graded_here(lab, question, source, bank).points
        for source in (reference, slip.source, both.source, wrong, stub)
    ]
    right, single, double, lost, nothing = points
    assert right > single > double >= lost >= nothing == 0, points
    assert right == lab.questions[question].points


def test_the_parts_count_if_they_give_more(lab: Lab, bank: Bank) -> None:
    result = graded_here(lab, "q3", chaff(bank, "q3/cell-state-detached-between-steps").source, bank)
    assert (result.points, result.follow_through) == (result.earned, "")


def test_two_slips_earn_the_product_of_their_shares(lab: Lab, bank: Bank) -> None:
    both = compose(chaff(bank, "q1/forget-and-input-swapped"), chaff(bank, "q1/bias-of-the-state-left-out"))
    assert both.credit == pytest.approx(0.36)
    assert graded_here(lab, "q1", both.source, bank).credit == pytest.approx(0.36 * 10)
