"""q9: cross-entropy, the mean over all tokens of the batch that are not padding."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gatelab.testkit import close, close_grads, near, needs, part, unchanged

LOSS, D = "the loss", torch.float64  # whose dtype is that of the logits


def token_by_token(logits: Tensor, targets: Tensor, pad: int) -> Tensor:
    """The definition: one logarithm per token, then their mean."""
    terms = []
    for row, tokens in zip(logits, targets.tolist(), strict=True):
        for scores, token in zip(row, tokens, strict=True):
            if token != pad:
                terms.append(scores.logsumexp(dim=0) - scores[token])
    return torch.stack(terms).mean()


def batch(draw, n: int, t: int, v: int, pad: int, lengths: list[int]) -> tuple[Tensor, Tensor]:
    """Logits (n, t, v) and targets (n, t) whose rows hold the given numbers of real tokens, then `pad`."""
    real = draw.integers(0, v - 1, n, t)
    real = real + (real >= pad)  # every token but pad
    beyond = torch.arange(t) >= torch.tensor(lengths).unsqueeze(1)
    return draw(n, t, v, scale=2.0), real.masked_fill(beyond, pad)


@part("q9", "without-padding", 1)
@pytest.mark.parametrize(("n", "t", "v"), [(3, 5, 7), (1, 1, 4), (4, 2, 3), (3, 1, 5)])
def test_mean_of_the_cross_entropies_of_all_tokens(student, draw, n, t, v):
    logits, targets = batch(draw, n, t, v, 0, [t] * n)
    reply = student.sequence_loss(logits, targets, 0)
    close(reply.value, token_by_token(logits, targets, 0), f"{LOSS} of a batch without padding", "", dtype=D)
    unchanged(reply.after, {"0": logits, "1": targets}, {"0": "logits", "1": "targets"})


@part("q9", "padding", 2)
@pytest.mark.parametrize("pad", [0, 3, 6])
@pytest.mark.parametrize(
    ("lengths", "where"),
    [([2, 5, 1, 4], ""), ([5, 0, 3, 5], ""), ([0, 0, 1, 0], ""), ([2, 5, 1, 4], " between tokens")],
)
def test_padding_is_left_out_of_the_mean(student, draw, pad, lengths, where):
    logits, targets = batch(draw, 4, 5, 7, pad, lengths)
    if where:
        targets[0, 0] = targets[1, 2] = targets[3, 1] = pad
    reply = student.sequence_loss(logits, targets, pad)
    got = reply.value
    close(got, token_by_token(logits, targets, pad), f"{LOSS} of a batch with padding{where}", "", dtype=D)
    unchanged(reply.after, {"0": logits, "1": targets}, {"0": "logits", "1": "targets"})
    other = torch.where((targets == pad).unsqueeze(-1), draw(4, 5, 7, scale=2.0), logits)
    needs(
        near(student.sequence_loss(other, targets, pad).value, got),
        "The loss changes with the logits at the padding, which should not count.",
    )


@part("q9", "gradients", 1)
@pytest.mark.parametrize(("pad", "lengths"), [(0, [4, 4, 4]), (2, [3, 1, 4])])
def test_gradients_reach_the_real_tokens_only(student, draw, pad, lengths):
    logits, targets = batch(draw, 3, 4, 6, pad, lengths)
    logits.requires_grad_()
    upstream = draw(1)[0]
    reply = student.sequence_loss(logits, targets, pad, upstream=upstream)
    want = token_by_token(logits, targets, pad)
    close(reply.value, want.detach(), LOSS, "", dtype=D)
    want.backward(upstream)
    got = reply.grads.get("0")
    needs(
        got is None or bool((got[targets == pad] == 0).all()),
        "The gradient is not zero where the target is padding.",
    )
    close_grads(reply.grads, {"0": logits.grad}, {"0": "logits"})
