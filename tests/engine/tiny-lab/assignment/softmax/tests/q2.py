"""Public check of q2: a batch whose loss can be worked out on paper."""

import math

import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case()
def test_equal_logits_of_four_classes_have_the_loss_log_4(env):
    got = env["cross_entropy"](torch.zeros(3, 4), torch.tensor([0, 3, 1]))
    assert got.shape == (), f"The shape is {tuple(got.shape)}; expected one number, without dimensions."
    assert math.isclose(got.item(), math.log(4), rel_tol=1e-5), f"The loss is {got.item():.4f}; expected log 4."
