"""q6: the last valid output, with garbage in the padding: large numbers, nan, inf."""

import pytest
import torch
import trained  # noqa: F401 (finds the students' package)
from torch import Tensor
from twins import unsorted_lengths

from gatelab.testkit import close, close_grads, part, unchanged
from seqlab.copies import copied

SIZES = [(3, 5, 4), (5, 7, 2), (2, 9, 6)]  # N, T, H, pairwise different
NAME = "last_valid"
NAMES = {"0": "outputs", "1": "lengths"}


def padded(draw, N: int, T: int, H: int, lengths: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    """outputs (N, T, H) whose padding holds large numbers of both signs."""
    outputs = draw(N, T, H, dtype=dtype)
    padding = torch.arange(T) >= lengths[:, None]
    outputs[padding] = draw(N, T, H, scale=1e3, dtype=dtype)[padding]
    return outputs


def drawn(draw, N: int, T: int, H: int) -> tuple[Tensor, Tensor]:
    """Outputs and lengths; the lengths include 1 and T and are not in order."""
    lengths = unsorted_lengths(draw, N, T)
    return padded(draw, N, T, H, lengths), lengths


def expected(outputs: Tensor, lengths: Tensor) -> Tensor:
    """Sequence by sequence."""
    return torch.stack([sequence[int(length) - 1] for sequence, length in zip(outputs, lengths, strict=True)])


def last_valid_is(got, outputs: Tensor, lengths: Tensor, what: str = NAME, **how) -> None:
    """`got` must be the last valid outputs; the message says if it holds another step's or another sequence's."""
    try:
        close(got, expected(outputs, lengths), what, "N H", **how)
    except AssertionError as error:
        raise AssertionError(f"{error} {copied(outputs, lengths, got)}".rstrip()) from None


def check_values(student, draw, N: int, T: int, H: int) -> None:
    outputs, lengths = drawn(draw, N, T, H)
    got = student.call(NAME, outputs, lengths).value
    last_valid_is(got, outputs, lengths, dtype=torch.float64)


def check_gradients(student, draw, N: int, T: int, H: int) -> None:
    """A random gradient sent back reaches only the steps that were read."""
    outputs, lengths = drawn(draw, N, T, H)
    outputs.requires_grad_()
    upstream = draw(N, H)
    (want,) = torch.autograd.grad(expected(outputs, lengths), outputs, upstream)
    reply = student.call(NAME, outputs, lengths, upstream=upstream)
    last_valid_is(reply.value, outputs.detach(), lengths)
    close_grads(reply.grads, {"0": want}, NAMES)


@part("q6", "last-valid", 1.5)
@pytest.mark.parametrize(("N", "T", "H"), SIZES)
def test_last_valid(student, draw, N, T, H):
    check_values(student, draw, N, T, H)


@part("q6", "last-valid-gradients", 1)
@pytest.mark.parametrize(("N", "T", "H"), SIZES)
def test_last_valid_gradients(student, draw, N, T, H):
    check_gradients(student, draw, N, T, H)


CASES = [  # N, T, H, lengths: all 1, all T, one sequence, one step, sizes of 1, and random
    (3, 4, 2, [1, 1, 1]),
    (2, 6, 3, [6, 6]),
    (1, 5, 4, [3]),
    (4, 1, 3, [1, 1, 1, 1]),
    (2, 3, 1, [2, 3]),
    (1, 1, 1, [1]),
    (3, 5, 2, [2, 5, 3]),
]
NO_NUMBERS = (float("nan"), float("inf"), -float("inf"))  # times 0 they are not 0


def edges(draw, dtype: torch.dtype) -> list[tuple[Tensor, Tensor, str]]:
    """Outputs, lengths and what is special about them: the cases above, and the padded ones with other padding."""
    made = []
    for N, T, H, own in CASES:
        lengths = torch.tensor(own)
        outputs = padded(draw, N, T, H, lengths, dtype)
        made.append((outputs, lengths, ""))
        if min(own) < T:
            padding = (torch.arange(T) >= lengths[:, None])[:, :, None].expand_as(outputs)
            fill = torch.tensor(NO_NUMBERS, dtype=dtype).repeat(outputs.numel())[: outputs.numel()]
            filled = torch.where(padding, fill.view_as(outputs), outputs)
            made.append((filled, lengths, " with nan and inf in the padding"))
            zeros = padding.clone()
            zeros[:, 0] = True  # only `lengths` tells a step of zeros from padding
            where = " with zeros in the padding and in the first step"
            made.append((outputs.masked_fill(zeros, 0.0), lengths, where))
    return made


def check_edges(student, draw, dtype: torch.dtype) -> None:
    """Calls with different sizes, one after another; the arguments are unchanged."""
    cases = edges(draw, dtype)
    # All calls first: known mistakes are told apart by the results of all of them.
    replies = [student.call(NAME, outputs, lengths) for outputs, lengths, _ in cases]
    for reply, (outputs, lengths, more) in zip(replies, cases, strict=True):
        what = f"{NAME} for lengths {lengths.tolist()} and T = {outputs.shape[1]}{more}"
        last_valid_is(reply.value, outputs.double(), lengths, what, dtype=dtype)
        unchanged(reply.after, {"0": outputs, "1": lengths}, NAMES)


@part("q6", "last-valid-of-any-size-and-dtype", 1.5)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_last_valid_at_the_edges(student, draw, dtype):
    check_edges(student, draw, dtype)
