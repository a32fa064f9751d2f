"""Public check of q2: one step against torch.nn.GRUCell, with weights and inputs drawn at random."""

import math

import torch
from torch import nn

from seqlab.checking import Check, Numbers, Part, Watching, agree, gradients_agree, need, repeats, returned

OK_FORMAT = False
name = "q2"
check = Check(name)

STATE = {(0,): Part("h", "N H")}
GATES = {(1, gate): Part(f"gates[\'{gate}\']", "N H", of="gates") for gate in "rzn"}


# One sequence, D = 1, H = 2, h = 0: r and z are sigma of the sums of the two biases and the input weights, row by
# row, and n is tanh of the input's part plus r times the state's bias.
LOG3 = math.log(3)  # sigma(log 3) = 3/4, sigma(-log 3) = 1/4, tanh(log 3) = 4/5
PAPER = (
    torch.ones(1, 1, dtype=torch.float64),
    torch.zeros(1, 2, dtype=torch.float64),
    torch.tensor([[0.0], [LOG3], [LOG3], [-LOG3], [LOG3], [0.0]], dtype=torch.float64),
    torch.zeros(6, 2, dtype=torch.float64),
    torch.tensor([1.0, 0.0, 0.0, 0.0, 0.0, -4 * LOG3], dtype=torch.float64),
    torch.tensor([-1.0, 0.0, -2 * LOG3, 0.0, -4 * LOG3, 4 * LOG3], dtype=torch.float64),
)
PAPER_GATES = {"r": [0.5, 0.75], "z": [0.25, 0.25], "n": [-0.8, -0.8]}
KNOWN = {"names": "x h w_ih w_hh b_ih b_hh", "parts": STATE | GATES}


@check.calls
def calls(student):
    """Steps of different sizes (all different from each other), one in float32, and one small enough for paper."""
    found = {}
    for about, N, D, H, dtype in [
        ("3 sequences", 3, 4, 5, torch.float64),
        ("1 sequence", 1, 6, 2, torch.float64),
        ("float32", 2, 3, 4, torch.float32),
    ]:
        draw = Numbers(seed=10 + N)
        shapes = [(N, D), (N, H), (3 * H, D), (3 * H, H), (3 * H,), (3 * H,)]
        arguments = [draw(*shape, dtype=dtype) for shape in shapes]
        found[about] = student.call("gru_step", *arguments, **KNOWN, about=about, gradients=STATE)
    found["gates"] = student.call(
        "gru_step",
        *found["3 sequences"].arguments,
        **KNOWN,
        about="3 sequences",
        gradients=GATES,
    )
    with Watching() as watching:
        found["paper"] = student.call(
            "gru_step", *PAPER, **KNOWN, about="the numbers of PAPER in tests/q2.py"
        )
    return found, watching


def cell(x, h, w_ih, w_hh, b_ih, b_hh):
    """PyTorch's own cell with these weights: the new h."""
    weights = {"weight_ih": w_ih, "weight_hh": w_hh, "bias_ih": b_ih, "bias_hh": b_hh}
    own = nn.GRUCell(x.shape[1], h.shape[1], dtype=x.dtype)
    return (torch.func.functional_call(own, weights, (x, h)),)


@check.case("gru_step")
def gru_step(calls):
    found, watching = calls
    for call in found.values():
        returned(call, STATE | GATES)
    need(found["paper"], not watching.used, watching.text)
    repeats(found["3 sequences"], found["gates"])
    for about in ("3 sequences", "1 sequence", "float32"):
        agree(found[about], found[about].like(cell), STATE)
    paper = {gate: torch.tensor([row], dtype=torch.float64) for gate, row in PAPER_GATES.items()}
    agree(found["paper"], found["paper"].like(lambda *_: (None, paper)), GATES)
    for about in ("3 sequences", "1 sequence"):
        gradients_agree(found[about], found[about].like(cell))
    check.as_stored(
        found["gates"], "a gate, or a gate's gradient, is not right, though on paper's numbers it is."
    )
