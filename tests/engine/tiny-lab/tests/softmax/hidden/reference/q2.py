import torch


def cross_entropy(logits, labels):
    """The mean loss, a tensor without dimensions, of logits (N, K) and right classes (N,), int64."""
    of_the_right = softmax(logits)[torch.arange(len(labels)), labels]  # noqa: F821 -- q1's
    return -of_the_right.log().mean()
