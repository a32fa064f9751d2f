"""A wrong tensor gets the same sentence from a hidden suite and from a public check, which tells the right number, too."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gatelab.testkit.compare import close
from gatelab.testkit.handed_out.checking.differ import Finding, agree
from gatelab.testkit.handed_out.checking.record import Call

WANT = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def from_step_two(numbers: Tensor) -> Tensor:
    return torch.cat([numbers[:, :2], numbers[:, 2:] * 1.5], dim=1)


def told_by_both(got: Tensor) -> tuple[str, str]:
    """What the hidden suite says and what the public check says."""
    said = ["", ""]
    try:
        close(got, WANT, "outputs", "N T H", dtype=WANT.dtype)
    except AssertionError as error:
        said[0] = str(error)
    try:
        agree(Call("f", "f", value=got), Call("f", "f", value=WANT), {"": "outputs: N T H"})
    except Finding as error:
        said[1] = str(error)
    return said[0], said[1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: x.transpose(0, 1), "have shape (5, 3, 4); expected (3, 5, 4), that is (N batch, T time, H hidden)"),
        (lambda x: x[:, :4], "have shape (3, 4, 4); expected (3, 5, 4)"),
        (lambda x: x.float(), "have dtype torch.float32; expected torch.float64"),
        (lambda x: x / 0, "hold inf from time step t = 0"),
        (from_step_two, "are right up to time step t = 1 and wrong from t = 2 on; the largest difference"),
        (lambda x: x.flip(1), "the right time steps in reversed order"),
        (lambda x: x + 1e-8, "60 of 60 numbers differ"),
        (lambda x: x + 2e-9 * x.sign(), "numbers differ"),
    ],
)  # fmt: skip
def test_one_sentence_for_one_mistake(change: Callable[[Tensor], Tensor], says: str) -> None:
    hidden, public = told_by_both(change(WANT))
    assert says in hidden
    assert (
        re.sub(
            r", expected [^)]*\)|: the axes are in another order", lambda m: ")" * (m[0][-1] == ")"), public
        )
        == f"`f`: {hidden}"
    )


@pytest.mark.parametrize("off", [0.0, 1e-11, 1e-12])
def test_what_one_lets_pass_the_other_does(off: float) -> None:
    assert told_by_both(WANT * (1 + off)) == ("", "")
