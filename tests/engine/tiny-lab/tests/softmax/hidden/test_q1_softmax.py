"""q1: probabilities against PyTorch's own softmax, and rows that overflow."""

import torch

from gatelab.testkit import close, close_grads, part, unchanged


@part("q1", "probabilities", 1)
def test_probabilities(student, draw):
    logits = draw(5, 3, scale=2)
    close(student.softmax(logits).value, logits.softmax(dim=1), "softmax(logits)", "N K", dtype=torch.float64)


@part("q1", "large-logits", 1)
def test_large_logits(student, draw):
    logits = draw(4, 6, scale=2000)
    close(student.softmax(logits).value, logits.softmax(dim=1), "softmax(logits), with large logits,", "N K")


@part("q1", "gradient", 1)
def test_gradient(student, draw):
    logits, upstream = draw(4, 3).requires_grad_(), draw(4, 3)
    want = torch.autograd.grad(logits.softmax(dim=1), logits, upstream)[0]
    close_grads(student.softmax(logits, upstream=upstream).grads, {"0": want}, {"0": "logits"})


@part("q1", "arguments-kept", 1)
def test_arguments_are_kept(student, draw):
    logits = draw(3, 4)
    reply = student.softmax(logits)
    close(reply.value, logits.softmax(dim=1), "softmax(logits)", "N K")
    unchanged(reply.after, {"0": logits}, {"0": "logits"})
