"""Public check of q2: equal logits, whose loss can be worked out on paper, and some that are drawn."""

import math

import torch

from softmax_lab.checking import WHOLE, Check, Numbers, Part, has_shapes, near, need

OK_FORMAT = False
name = "q2"
check = Check(name)

LOSS = {WHOLE: Part("the loss")}
LABELS = torch.tensor([0, 3, 1])


@check.calls
def calls(student):
    def run(logits, about):
        return student.call("cross_entropy", logits, LABELS, names="logits labels", about=about, gradients=[WHOLE])

    return run(torch.zeros(3, 4, dtype=torch.float64), "equal logits"), run(Numbers(seed=2)(3, 4), "drawn logits")


@check.case("cross_entropy")
def loss(found):
    for call in found:
        has_shapes(call, LOSS, {WHOLE: ()})
    equal, drawn = found
    need(
        equal,
        near(equal.value, torch.full_like(equal.value, math.log(4))),
        f"equal logits of 4 classes have the loss log 4 = {math.log(4):.4f}, yours is {equal.value.item():.4f}.",
    )
    check.as_stored(drawn, "the loss, or its gradient, is not right.")
