"""Public check of q5: parameter counts that can be worked out on paper."""

from torch import nn

from seqlab.checking import Check, is_number

OK_FORMAT = False
name = "q5"
check = Check(name)


def tied():
    """Two layers that share one weight of 6 x 6; each has its own bias of 6."""
    pair = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6))
    pair[1].weight = pair[0].weight
    return pair


def frozen():
    """20 numbers, of which training can change the 4 of the bias."""
    layer = nn.Linear(4, 4)
    layer.weight.requires_grad_(False)
    return layer


COUNTS = [
    ("nn.Linear(3, 4)", lambda: nn.Linear(3, 4), 16),
    ("nn.LSTM(3, 5)", lambda: nn.LSTM(3, 5), 200),
    ("two layers that share a weight", tied, 48),
    ("a layer with a frozen weight", frozen, 4),
    ("nn.BatchNorm1d(7), which has buffers", lambda: nn.BatchNorm1d(7), 14),
]
# nn.RNN(D, H) has H * D + H * H + 2 * H numbers. For D = 1: 4, 10, 18, 28, ...
WIDTHS = [
    (200, 3, 12),
    (6920, 16, 75),
    (6800, 16, 74),
    (57, 3, 5),
    (52, 3, 5),
    (10, 1, 2),
    (14, 1, 2),  # 10 and 18 are equally near
    (15, 1, 3),
    (1, 1, 1),
    (110_000, 4, 329),
]


@check.calls
def calls(student):
    counts = [(student.call("count_parameters", make(), about=about), want) for about, make, want in COUNTS]
    widths = [
        (student.call("matched_hidden_size", target, D, about=f"{target} parameters, input size {D}"), want)
        for target, D, want in WIDTHS
    ]
    return counts, widths


@check.case("count_parameters")
def count_parameters(found):
    for call, want in found[0]:
        is_number(call, int, want)


@check.case("matched_hidden_size")
def matched_hidden_size(found):
    for call, want in found[1]:
        is_number(call, int, want)
