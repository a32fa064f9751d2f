"""What wrong numbers have in common with the right ones is reported, but only if it is true."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor

from gatelab.handed_out.checking.likeness import likeness

pytestmark = pytest.mark.usefixtures("axes")

N, T, H = 3, 5, 4
GENERATOR = torch.Generator().manual_seed(5)
WANT = torch.randn(N, T, H, generator=GENERATOR, dtype=torch.float64)
OTHER = torch.randn(N, T, H, generator=GENERATOR, dtype=torch.float64)
LENGTHS = torch.tensor([2.0, 3.0, 5.0]).double().view(3, 1, 1)


def late(numbers: Tensor) -> Tensor:
    return torch.cat([torch.zeros_like(numbers[:, :1]), numbers[:, :-1]], dim=1)


def one_wrong(numbers: Tensor) -> Tensor:
    return torch.cat([numbers[:1], OTHER[1:2], numbers[2:]])


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (WANT.float().double(), "rounding of float32"),
        (WANT + 1e-7 * OTHER, "a small number that was added"),
        (torch.zeros_like(WANT), "All of yours are 0"),
        (-WANT, "opposite sign"),
        (WANT / 7, "multiplied by the same factor"),
        (WANT + 1, "the same number added"),
        (WANT / LENGTHS, "Each of the sequences has the right numbers times a factor"),
        (late(WANT), "one step late"),
        (WANT.roll(-1, 1), "one step early"),
        (WANT.flip(1), "the right time steps in reversed order"),
        (WANT[[1, 2, 0]], "the right sequences in another order"),
        (WANT[[1, 1, 1]], "All sequences have the numbers that are right for N = 1"),
        (one_wrong(WANT), "Only the sequences N = 1 are wrong;"),
        (WANT.transpose(0, 1).reshape(N, T, H), "the right numbers, but at other places"),
        ((0.2 * WANT + 0.5).clamp(0, 1), "rise and fall with the right ones"),
        (WANT.tanh(), "rise and fall with the right ones"),
    ],
)
def test_a_similarity_is_stated_without_any_of_the_right_numbers(got: Tensor, says: str) -> None:
    want = WANT.sigmoid() if "rise" in says else WANT
    sentence = likeness(got, want, ["N", "T", "H"])
    assert says in sentence
    assert not re.search(r"\d\.\d", sentence)


@pytest.mark.parametrize(
    "got",
    [
        OTHER,
        torch.full_like(WANT, float("nan")),
        WANT * OTHER,
        torch.cat([WANT[..., :2], OTHER[..., 2:]], dim=-1),
    ],
)
def test_numbers_that_have_nothing_in_common_are_not_said_to(got: Tensor) -> None:
    assert likeness(got, WANT, ["N", "T", "H"]) == ""


def test_a_few_numbers_that_agree_by_chance_are_not_mentioned() -> None:
    one = torch.ones(1, 1, dtype=torch.float64)
    assert likeness(2 * one, one, ["N", "H"]) == ""
    assert likeness(torch.tensor([2.0, 3.0]), torch.tensor([5.0, 9.0]), ["H"]) == ""
    assert "rounding" in likeness(one * (1 + 1e-7), one, ["N", "H"])


def test_a_gradient_is_not_taken_for_another_function() -> None:
    """Its values may come from the right function, and the graph be cut on one of the ways back."""
    assert likeness(WANT.tanh(), WANT.sigmoid(), ["?", "?", "?"]) == ""
    assert "same factor" in likeness(WANT / 7, WANT, ["?", "?", "?"])


def test_equal_sequences_are_not_called_reordered() -> None:
    equal = WANT[:1].expand(3, T, H)
    assert "order" not in likeness(torch.cat([equal[:2], OTHER[:1]]), equal, ["N", "T", "H"])
