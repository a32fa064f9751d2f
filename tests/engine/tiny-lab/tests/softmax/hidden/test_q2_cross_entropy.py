"""q2: the loss and its gradient against PyTorch's own cross-entropy."""

import torch
from torch.nn.functional import cross_entropy

from gatelab.testkit import close, close_grads, part


def batch(draw):
    """Logits (N, K) and labels (N,)."""
    return draw(7, 4, scale=2), draw.integers(0, 4, 7)


@part("q2", "loss", 4)
def test_loss(student, draw):
    logits, labels = batch(draw)
    close(student.cross_entropy(logits, labels).value, cross_entropy(logits, labels), "the loss", "")


@part("q2", "gradient", 2)
def test_gradient(student, draw):
    logits, labels = batch(draw)
    logits.requires_grad_()
    want = torch.autograd.grad(cross_entropy(logits, labels), logits)[0]
    reply = student.cross_entropy(logits, labels, upstream=torch.ones((), dtype=torch.float64))
    close_grads(reply.grads, {"0": want}, {"0": "logits"})
