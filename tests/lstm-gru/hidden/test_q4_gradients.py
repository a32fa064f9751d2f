"""q4: the gradient that reaches each step, against autograd, and the product of forget gates.

The layers are the grader's: PyTorch's, and one written as a loop, with the contract's signature.
"""

import pytest
import standins
import torch
from torch import Tensor

from gatelab.testkit import Tolerance, close, kept, kind, near, needs, part, unchanged

# For the shape of a curve, which norms in float32 have too (they round to 1e-7); what compares the norms themselves asks for float64.
SHAPE = Tolerance(rtol=1e-6)
# The same source makes the layers on both sides of the line.
LAYERS = (
    standins.TEXT
    + """

def make(kind, D, H, weights):
    own = {"Loop": Loop, "OneState": OneState}
    layer = own[kind](D, H) if kind in own else getattr(torch.nn, kind)(D, H, batch_first=True)
    layer = layer.double()
    if weights is not None:
        layer.load_state_dict(weights)
    return layer
"""
)

NORMS = (
    LAYERS
    + """
def main(ns, kind, D, H, weights, x):
    return ns["gradient_norms"](make(kind, D, H, weights), x)
"""
)

TRACES = (
    LAYERS
    + """
def main(ns, kind, D, H, weights, x, marks, frozen):
    layer = make(kind, D, H, weights)
    parameters = dict(layer.named_parameters())
    for name, p in parameters.items():
        p.grad = marks[name].clone() if marks is not None else None
        p.requires_grad_(not frozen)
    layer.train(marks is not None)  # a call must leave the mode as it was
    x = x.clone()
    if marks is not None:
        x.requires_grad_()
        x.grad = marks["x"].clone()
    norms = ns["gradient_norms"](layer, x)
    return {
        "asked": x.requires_grad == (marks is not None),  # as it was given
        "norms": norms.detach(),
        "attached": bool(norms.requires_grad),
        "x": x.detach(),
        "x.grad": x.grad,
        "weights": {name: p.detach() for name, p in parameters.items()},
        "grads": {name: p.grad for name, p in parameters.items()},
    }
"""
)


def case(draw, kind: str, N: int, T: int, D: int, H: int) -> tuple[dict, Tensor]:
    """The arguments of the sources above and the norms that autograd gives for them."""
    space: dict = {}
    exec(LAYERS, space)
    layer = space["make"](kind, D, H, None)
    # Weights of this scale keep the gradient of 60 steps above 1e-12, so that every step is compared.
    scale = {"RNN": 0.9, "LSTM": 0.7, "GRU": 0.5, "Loop": 0.5, "OneState": 0.5}[kind] / H**0.5
    weights = {name: draw(*p.shape, scale=scale) for name, p in layer.named_parameters()}
    layer.load_state_dict(weights)
    x = draw(N, T, D)
    leaf = x.clone().requires_grad_()
    outputs, _ = layer(leaf)
    (gradient,) = torch.autograd.grad(outputs[:, -1].sum(), leaf)
    norms = torch.stack([gradient[:, t].norm() for t in range(T)])
    return {"kind": kind, "D": D, "H": H, "weights": weights, "x": x}, norms


def check_norms(student, draw, kind: str, N: int, T: int, D: int, H: int) -> None:
    defined(student, "gradient_norms")
    arguments, want = case(draw, kind, N, T, D, H)
    got = student.run(NORMS, **arguments).value
    layer = {"Loop": "a layer of the contract", "OneState": "a layer whose state is one tensor"}.get(
        kind, kind
    )
    close(got, want, f"gradient_norms of {layer} at T = {T}", "T", rtol=1e-7, atol=1e-18, dtype=torch.float64)


def in_proportion(got, want: Tensor, of: str = "") -> None:
    """The curve over time, up to a constant factor."""
    needs(
        isinstance(got, Tensor) and got.shape == want.shape,
        f"gradient_norms should return a tensor of shape (T,), here ({len(want)},); yours gives {kind(got)}.",
    )
    close(
        got / got.sum(),
        want / want.sum(),
        f"{of}gradient_norms, divided by its sum,",
        "T",
        rtol=SHAPE.rtol,
        atol=SHAPE.atol,
    )


def defined(student, name: str) -> None:
    needs(student.has(name), f"`{name}` is not defined in the notebook.")


@part("q4", "norms-in-proportion", 1)
@pytest.mark.parametrize("kind", ["LSTM", "Loop"])
def test_in_proportion(student, draw, kind):
    """Half the work: the right loss, the right gradient."""
    defined(student, "gradient_norms")
    arguments, want = case(draw, kind, 3, 6, 4, 5)
    got = student.run(NORMS, **arguments).value
    in_proportion(got, want)


@part("q4", "norms-of-short-sequences", 1)
@pytest.mark.parametrize("kind", ["LSTM", "RNN", "GRU"])
@pytest.mark.parametrize(("N", "T", "D", "H"), [(3, 2, 4, 5), (1, 5, 2, 3), (2, 1, 3, 4)])
def test_short(student, draw, kind, N, T, D, H):
    check_norms(student, draw, kind, N, T, D, H)


@part("q4", "norms-of-long-sequences", 1)
@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_long(student, draw, kind):
    check_norms(student, draw, kind, 4, 60, 3, 5)


@part("q4", "norms-of-a-loop", 1)
@pytest.mark.parametrize("kind", ["Loop", "OneState"])
@pytest.mark.parametrize(("N", "T", "D", "H"), [(3, 7, 2, 4), (2, 40, 5, 3)])
def test_layer_written_as_a_loop(student, draw, kind, N, T, D, H):
    check_norms(student, draw, kind, N, T, D, H)


@part("q4", "nothing-left-behind", 1)
@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("kind", ["LSTM", "Loop"])
def test_leaves_no_trace(student, draw, kind, marked):
    """The result keeps no graph; x, the weights and their .grad are as before, whether or not they had one."""
    defined(student, "gradient_norms")
    arguments, want = case(draw, kind, 2, 4, 3, 5)
    marks = None
    if marked:
        marks = {name: draw(*weight.shape) for name, weight in arguments["weights"].items()}
        marks["x"] = draw(2, 4, 3)
    found = student.run(TRACES, **arguments, marks=marks, frozen=False).value
    not_yet = "This check counts once the norms are right, and they are not yet: "
    if marked and not (isinstance(found["norms"], Tensor) and found["norms"].shape == want.shape):
        in_proportion(found["norms"], want, not_yet)
    if marked and not near(found["norms"], want, SHAPE):
        in_proportion(
            student.run(TRACES, **arguments, marks=None, frozen=False).value["norms"], want, not_yet
        )
        not_yet = "When x and the weights already have a .grad, the norms differ (is the new gradient added to it?): "
    in_proportion(found["norms"], want, not_yet)
    needs(
        not found["attached"], "The result of gradient_norms should be detached; it still carries its graph."
    )
    kept(found["asked"], "gradient_norms changed whether x requires a gradient; it should stay as it was.")
    unchanged({"x": found["x"]} | found["weights"], {"x": arguments["x"]} | arguments["weights"])
    grads = {"x": found["x.grad"], **{name: found["grads"][name] for name in arguments["weights"]}}
    for name, grad in grads.items():
        before = marks[name] if marked else None
        same = grad is None if before is None else isinstance(grad, Tensor) and torch.equal(grad, before)
        kept(same, f"gradient_norms changed the .grad of {name}; it should stay as it was.")


@part("q4", "frozen-layer", 1)
def test_frozen_parameters(student, draw):
    """The gradient that reaches x does not depend on whether the weights are being trained."""
    defined(student, "gradient_norms")
    arguments, want = case(draw, "LSTM", 2, 5, 3, 4)
    found = student.run(TRACES, **arguments, marks=None, frozen=True).value
    in_proportion(found["norms"], want, "With a layer whose weights are frozen, ")


@part("q4", "cell-path", 1)
@pytest.mark.parametrize("shape", [(5,), (6, 3), (2, 3, 4), (1, 2, 3)])
def test_cell_path_gain(student, draw, shape):
    gates = draw(*shape).sigmoid()
    want = torch.stack([gates[t + 1 :].prod(dim=0) for t in range(shape[0])])
    reply = student.cell_path_gain(gates)
    axes = " ".join(["T", "N", "H"][: len(shape)])
    close(reply.value, want, "cell_path_gain", axes, dtype=torch.float64)
    unchanged(reply.after, {"0": gates}, {"0": "forget_gates"})


@part("q4", "cell-path-at-the-edges", 1)
@pytest.mark.parametrize("N", [2, 5])
def test_cell_path_gain_at_the_edges(student, draw, N):
    """Gates that are exactly 0 or 1, products too small to divide by, float32."""
    gates = draw(8, N).sigmoid()
    gates[2, 0], gates[5, 1], gates[4, 0] = 0.0, 0.0, 1.0
    want = torch.stack([gates[t + 1 :].prod(dim=0) for t in range(8)])
    close(student.cell_path_gain(gates).value, want, "cell_path_gain with gates of 0 and 1", "T N")

    gates = (draw(70, N).sigmoid() * 1e-6).float()
    want = torch.stack([gates[t + 1 :].double().prod(dim=0) for t in range(70)])
    got = student.cell_path_gain(gates).value
    close(got, want, "cell_path_gain of 70 nearly closed gates", "T N", 1e-4, 1e-30, dtype=torch.float32)
