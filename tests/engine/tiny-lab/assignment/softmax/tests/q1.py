"""Public check of q1: one row that can be worked out on paper, and one that overflows."""

import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


@test_case()
def test_two_equal_logits_share_the_probability(env):
    got = env["softmax"](torch.tensor([[2.0, 2.0], [0.0, 0.0]]))
    assert got.shape == (2, 2), f"The shape is {tuple(got.shape)}; expected (N, K) = (2, 2)."
    assert torch.allclose(got, torch.full((2, 2), 0.5)), "Two equal logits have the probabilities 1/2 and 1/2."


@test_case()
def test_large_logits_stay_finite(env):
    got = env["softmax"](torch.tensor([[1000.0, 0.0]]))
    assert torch.isfinite(got).all(), "The logits 1000 and 0 give nan or inf."
