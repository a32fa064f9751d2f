"""Public check of q1: one step against torch.nn.LSTMCell, with weights and inputs drawn at random."""

import math

import torch
from torch import nn

from seqlab.checking import Check, Numbers, Part, Watching, agree, gradients_agree, need, repeats, returned

OK_FORMAT = False
name = "q1"
check = Check(name)

STATES = {(0,): Part("h", "N H"), (1,): Part("c", "N H")}
GATES = {(2, gate): Part(f"gates[\'{gate}\']", "N H", of="gates") for gate in "ifgo"}

# One sequence, D = 1, H = 2. With x = 1 and h = 0 the four gates are sigma or tanh of the sums of the two biases
# and the input weights, row by row.
LOG3 = math.log(3)  # sigma(log 3) = 3/4, sigma(-log 3) = 1/4, tanh(log 3) = 4/5
PAPER = (
    torch.ones(1, 1, dtype=torch.float64),
    torch.zeros(1, 2, dtype=torch.float64),
    torch.tensor([[2.0, -1.0]], dtype=torch.float64),
    torch.tensor([[0.0], [LOG3], [LOG3], [-LOG3], [LOG3], [0.0], [1.0], [LOG3]], dtype=torch.float64),
    torch.zeros(8, 2, dtype=torch.float64),
    torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0, -LOG3, 0.0, 0.0], dtype=torch.float64),
    torch.tensor([0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0, -2 * LOG3], dtype=torch.float64),
)
PAPER_GATES = {"i": [0.5, 0.75], "f": [0.75, 0.25], "g": [0.8, -0.8], "o": [0.5, 0.25]}
KNOWN = {"names": "x h c w_ih w_hh b_ih b_hh", "parts": STATES | GATES}


@check.calls
def calls(student):
    """Steps of different sizes (all different from each other), one in float32, and one small enough for paper."""
    found = {}
    for about, N, D, H, dtype in [
        ("3 sequences", 3, 4, 5, torch.float64),
        ("1 sequence", 1, 6, 2, torch.float64),
        ("float32", 2, 3, 4, torch.float32),
    ]:
        draw = Numbers(seed=N)
        shapes = [(N, D), (N, H), (N, H), (4 * H, D), (4 * H, H), (4 * H,), (4 * H,)]
        arguments = [draw(*shape, dtype=dtype) for shape in shapes]
        found[about] = student.call("lstm_step", *arguments, **KNOWN, about=about, gradients=STATES)
    found["gates"] = student.call(
        "lstm_step",
        *found["3 sequences"].arguments,
        **KNOWN,
        about="3 sequences",
        gradients=GATES,
    )
    with Watching() as watching:
        found["paper"] = student.call(
            "lstm_step", *PAPER, **KNOWN, about="the numbers of PAPER in tests/q1.py"
        )
    return found, watching


def cell(x, h, c, w_ih, w_hh, b_ih, b_hh):
    """PyTorch's own cell with these weights: the new h and c."""
    weights = {"weight_ih": w_ih, "weight_hh": w_hh, "bias_ih": b_ih, "bias_hh": b_hh}
    own = nn.LSTMCell(x.shape[1], h.shape[1], dtype=x.dtype)
    return torch.func.functional_call(own, weights, (x, (h, c)))


@check.case("lstm_step")
def lstm_step(calls):
    found, watching = calls
    for call in found.values():
        returned(call, STATES | GATES)
    need(found["paper"], not watching.used, watching.text)
    repeats(found["3 sequences"], found["gates"])
    for about in ("3 sequences", "1 sequence", "float32"):
        agree(found[about], found[about].like(cell), STATES)
    paper = {gate: torch.tensor([row], dtype=torch.float64) for gate, row in PAPER_GATES.items()}
    agree(found["paper"], found["paper"].like(lambda *_: (None, None, paper)), GATES)
    for about in ("3 sequences", "1 sequence"):
        gradients_agree(found[about], found[about].like(cell))
    check.as_stored(
        found["gates"], "a gate, or a gate's gradient, is not right, though on paper's numbers it is."
    )
