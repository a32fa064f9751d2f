"""Public check of q1: equal logits, which can be worked out on paper, some that are drawn, and a row that overflows."""

import torch

from softmax_lab.checking import WHOLE, Check, Numbers, Part, Several, has_shapes, near, need

OK_FORMAT = False
name = "q1"
check = Check(name)

ROWS = {WHOLE: Part(Several("the probabilities"), "N K")}
EQUAL = torch.zeros(3, 2, dtype=torch.float64)
LARGE = torch.tensor([[1000.0, 0.0]], dtype=torch.float64)


@check.calls
def calls(student):
    def run(logits, about):
        return student.call("softmax", logits, names="logits", about=about, gradients=[WHOLE])

    return run(EQUAL, "equal logits"), run(Numbers(seed=1)(3, 4), "drawn logits"), run(LARGE, "logits 1000 and 0")


@check.case("softmax")
def rows(found):
    for call in found:
        has_shapes(call, ROWS, {WHOLE: call.arguments[0].shape})
    equal, drawn, large = found
    need(equal, near(equal.value, torch.full_like(equal.value, 0.5)), "two equal logits have the probabilities 1/2 and 1/2.")
    need(large, torch.isfinite(large.value).all(), "large logits give nan or inf.")
    for call in (drawn, large):
        check.as_stored(call, "the probabilities, or their gradients, are not right.")
