"""Public check of q4: gradients that can be worked out on paper, and those of PyTorch's own layers."""

import torch
from torch import nn

from seqlab.checking import WHOLE, Check, Numbers, Part, agree, has_shapes, need

OK_FORMAT = False
name = "q4"
check = Check(name)

NORMS = {WHOLE: Part("the result", "T")}


class Leaky(nn.Module):
    """outputs[t] = outputs[t - 1] / 2 + x[t] @ w.T: each step back in time halves the gradient."""

    input_size, hidden_size, batch_first = 2, 3, True

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([[1.0, -2.0], [1.0, 1.0], [1.0, 5.0]], dtype=torch.float64))

    def forward(self, x, state=None):
        steps = [(0.0 if state is None else state) / 2 + x[:, 0] @ self.w.T]
        for t in range(1, x.shape[1]):
            steps.append(steps[-1] / 2 + x[:, t] @ self.w.T)
        return torch.stack(steps, dim=1), steps[-1]


# d(sum of the last outputs) / d(x at the last step) is (3, 4) in each of the 4 sequences, so its norm is 5 * 2.
ON_PAPER = [0.625, 1.25, 2.5, 5.0, 10.0]


@check.calls
def calls(student):
    found = {}
    draw = Numbers(seed=4)
    about = "a layer that halves, see tests/q4.py"
    found["leaky"] = student.call("gradient_norms", Leaky(), draw(4, 5, 2), names="layer x", about=about)
    for layer, N, T, D, H in [("LSTM", 2, 6, 3, 4), ("RNN", 3, 1, 2, 5)]:
        own = getattr(nn, layer)(D, H, batch_first=True, dtype=torch.float64)
        own.load_state_dict(draw.like({name: tuple(p.shape) for name, p in own.state_dict().items()}))
        x = draw(N, T, D)
        found[layer] = student.call(
            "gradient_norms", own, x, names="layer x", about=f"torch.nn.{layer}, T = {T}"
        )
    found["kept"] = student.watch("gradient_norms", "what it leaves behind", leaves_behind)

    for about, gates in [
        ("f = 0.9, 0.5, 0.2, 0.8", torch.tensor([0.9, 0.5, 0.2, 0.8], dtype=torch.float64)),
        ("f = 0.5, 0, 0.25", torch.tensor([0.5, 0.0, 0.25], dtype=torch.float64)),
        ("f = 0.5, 0, 0.25 in float32", torch.tensor([0.5, 0.0, 0.25])),
        ("shape (3, 2, 4)", torch.sigmoid(draw(3, 2, 4))),
        ("one step", torch.sigmoid(draw(1, 3))),
    ]:
        found[about] = student.call("cell_path_gain", gates, names="forget_gates", about=about)
    return found


def leaves_behind(gradient_norms):
    """With x and the parameters already holding gradients of 1: are they kept? Is the result detached?

    And is a plain x, which needs no gradient, still plain afterwards, and a layer in eval mode still in it?
    """
    layer, x = Leaky(), Numbers(seed=5)(2, 3, 2).requires_grad_(True)
    x.grad, layer.w.grad = torch.ones_like(x), torch.ones_like(layer.w)
    norms = gradient_norms(layer, x)
    plain = Numbers(seed=5)(2, 3, 2)
    gradient_norms(layer.eval(), plain)
    return {
        "x": became_of(x.grad),
        "w": became_of(layer.w.grad),
        "detached": not norms.requires_grad,
        "x needs": x.requires_grad,
        "plain": not plain.requires_grad and plain.grad is None,
    }


def became_of(grad):
    """What a .grad that was all ones is now."""
    if grad is None or not grad.any():
        return "cleared"
    return "kept" if bool((grad == 1).all()) else "changed"


@check.case("gradient_norms")
def gradient_norms(found):
    for case in ("leaky", "LSTM", "RNN"):
        need(found[case], True)
    agree(found["leaky"], found["leaky"].like(lambda *_: torch.tensor(ON_PAPER, dtype=torch.float64)), NORMS)
    kept = found["kept"]  # before the other layers: their numbers may be right and only this be wrong
    need(kept, True)
    for place, grad in (("x", "x.grad"), ("w", "a parameter's .grad")):
        now = "it is gone" if kept.value[place] == "cleared" else "it is something else"
        need(
            kept,
            kept.value[place] == "kept",
            f"{grad} held a gradient before the call, and afterwards {now}. It should stay as it was: "
            "torch.autograd.grad gives a gradient without touching any .grad.",
        )
    need(kept, kept.value["detached"], "the result is still attached to the graph; detach it.")
    need(
        kept,
        kept.value["plain"] and kept.value["x needs"],
        "x.requires_grad is not what it was before the call. Work on a copy: x.detach().clone().",
    )
    for layer, T in [("LSTM", 6), ("RNN", 1)]:
        has_shapes(found[layer], NORMS, {WHOLE: (T,)})
        check.as_stored(found[layer], "the norms are right for the halving layer, but not for this one.")


@check.case("cell_path_gain")
def cell_path_gain(found):
    for about, gain in [
        ("f = 0.9, 0.5, 0.2, 0.8", [0.08, 0.16, 0.8, 1.0]),
        ("f = 0.5, 0, 0.25", [0.0, 0.25, 1.0]),
        ("f = 0.5, 0, 0.25 in float32", [0.0, 0.25, 1.0]),
    ]:
        agree(found[about], found[about].like(lambda f, g=gain: torch.tensor(g, dtype=f.dtype)), NORMS)
    for about, shape in [("shape (3, 2, 4)", (3, 2, 4)), ("one step", (1, 3))]:
        call = found[about]
        has_shapes(call, {WHOLE: Part("the result", " ".join("TNH"[: len(shape)]))}, {WHOLE: shape})
        check.as_stored(call, "right for gates of shape (T,), but not for these.")
