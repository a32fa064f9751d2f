"""Public check of q9: losses that can be worked out on paper, and one on drawn logits."""

import math

import torch

from seqlab.checking import WHOLE, Check, Numbers, Part, agree, has_shapes, need, untouched

OK_FORMAT = False
name = "q9"
check = Check(name)

LOSS = {WHOLE: Part("the loss")}
# All logits equal: every token costs log V = log 8.
EQUAL = torch.zeros(2, 3, 8, dtype=torch.float64)
# V = 2 and logits (0, log 3): token 1 has probability 3/4, token 0 has 1/4. Padding is token 0 here.
QUARTERS = torch.tensor([0.0, math.log(3)], dtype=torch.float64).expand(2, 3, 2)
ALL_REAL = torch.tensor([[1, 1, 1], [1, 1, 1]])
PADDED = torch.tensor([[5, 2, 2], [4, 1, 2]])


@check.calls
def calls(student):
    draw = Numbers(seed=12)
    found = {}
    for about, logits, targets, pad in [
        ("equal logits, no padding", EQUAL, PADDED + 1, 0),
        ("token 1 has probability 3/4", QUARTERS, ALL_REAL, 0),
        ("drawn logits, half of the targets padding, pad = 2", 2 * draw(2, 3, 8), PADDED, 2),
        ("drawn logits, pad = 0", 2 * draw(4, 5, 6), draw.integers(0, 6, 4, 5), 0),
        ("one step", draw(3, 1, 4), torch.tensor([[3], [1], [2]]), 0),
    ]:
        found[about] = student.call(
            "sequence_loss", logits, targets, pad, names="logits targets pad", about=about,
            gradients=None if logits is EQUAL else [WHOLE],  # logits that nobody asks a gradient of stay such
        )  # fmt: skip
    return found


def is_a_number(call):
    has_shapes(call, LOSS, {WHOLE: ()})
    need(call, torch.isfinite(call.value), "the loss is NaN or inf.")
    untouched(call)


@check.case("sequence_loss")
def sequence_loss(found):
    equal, quarters, half, drawn, one = found.values()
    for call in (equal, quarters, half, drawn):
        is_a_number(call)
    agree(equal, equal.like(lambda *_: torch.tensor(math.log(8), dtype=torch.float64)), LOSS)
    agree(quarters, quarters.like(lambda *_: torch.tensor(math.log(4 / 3), dtype=torch.float64)), LOSS)
    logits, real = half.grads.get((0,)), quarters.grads.get((0,))
    for call, reached in [(half, logits), (quarters, real)]:
        need(call, reached is not None, "no gradient reaches the logits: the graph is cut.")
    left_out = (real == 0).all(dim=-1).all(dim=0)  # (T,)
    need(
        quarters,
        not left_out.any(),
        f"the logits of step {left_out.int().argmax()} get no gradient, though no target is padding. "
        "Is the target of step t compared with the logits of step t?",
    )
    is_a_number(one)
    check.as_stored(one, "right where all logits are equal, but not here.")
    at_padding = bool((logits[PADDED == 2] != 0).any())
    need(half, not at_padding, "logits at the padding get a gradient. Leave the padding out.")
    for call in (half, drawn):
        check.as_stored(
            call, "the loss, or its gradient, is not the mean over the tokens that are not padding."
        )
