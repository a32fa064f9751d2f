"""Public check of q6: three sequences of lengths 2, 4 and 1, padded with large numbers, with nan and with inf."""

import torch

from seqlab.checking import WHOLE, Check, Finding, Numbers, Part, agree, gradients_agree, untouched
from seqlab.copies import copied

OK_FORMAT = False
name = "q6"
check = Check(name)

LENGTHS = torch.tensor([2, 4, 1])
RESULT = {WHOLE: Part("the result", "N H")}


def padded(dtype=torch.float64):
    """(3, 4, 5); what comes after a sequence's end is meaningless, and large."""
    outputs = Numbers(seed=6)(3, 4, 5, dtype=dtype)
    outputs[0, 2:] = 1e4
    outputs[2, 1:] = -1e4
    return outputs


def no_numbers():
    """The same with nan and inf in the padding, which stay what they are when they are multiplied by 0."""
    outputs = padded()
    outputs[0, 2:] = float("nan")
    outputs[2, 1:] = float("inf")
    return outputs


def zeros():
    """The same with zeros in the padding, and in a step that is valid."""
    outputs = padded()
    outputs[0, 2:] = outputs[2, 1:] = outputs[1, 1] = 0
    return outputs


@check.calls
def calls(student):
    draw = Numbers(seed=7)
    made = [
        student.call("last_valid", outputs, lengths, names="outputs lengths", about=about, gradients=[WHOLE])
        for about, outputs, lengths in [
            ("lengths 2, 4, 1 of T = 4", padded(), LENGTHS),
            ("1 sequence, length 3 of T = 5", draw(1, 5, 2), torch.tensor([3])),
            ("one step", draw(2, 1, 3), torch.tensor([1, 1])),
            ("float32", padded(torch.float32), LENGTHS),
            ("nan and inf in the padding", no_numbers(), LENGTHS),
            ("zeros in the padding and in a valid step", zeros(), LENGTHS),
        ]
    ]
    # Nobody asks a gradient of these outputs, and so it stays.
    outputs, lengths, about = draw(4, 5, 3), torch.tensor([2, 5, 1, 4]), "4 sequences, lengths 2, 5, 1, 4"
    four = student.call("last_valid", outputs, lengths, names="outputs lengths", about=about)
    return {"last_valid": [*made, four]}


def right(call, want):
    """The values agree; where they do not, what the first wrong row is a copy of."""
    try:
        agree(call, want, RESULT)
    except Finding as found:
        raise type(found)(call, f"{found} {copied(*call.arguments, call.value)}".rstrip()) from None


@check.case("last_valid")
def last_valid(found):
    padded_call, single, step, float32, *others, four = found["last_valid"]
    for call in (padded_call, float32, *others):
        want = call.like(lambda o, _: torch.stack([o[0, 1], o[1, 3], o[2, 0]]))
        right(call, want)
        untouched(call)
    # Put in order, up or down, and back by the same order, these four are not what they were.
    right(four, four.like(lambda o, _: torch.stack([o[0, 1], o[1, 4], o[2, 0], o[3, 3]])))
    for call, t in [(single, 2), (step, 0)]:
        right(call, call.like(lambda o, _, t=t: o[:, t]))
    gradients_agree(padded_call, padded_call.like(lambda o, _: torch.stack([o[0, 1], o[1, 3], o[2, 0]])))
