"""What is found in the weights of a new layer (q3).

Random weights are reduced to facts that are the same for every draw, by which a known mistake is recognised. Points
are given for the weights themselves, from which the examiner works out the facts again.
"""

import torch
from truth import WEIGHTS

from gatelab.testkit import needs

FORGET = """
def what(b, forget_bias):
    if bool((b == b[0]).all()):
        return float(b[0])
    touched = (b == 0) | (b == forget_bias) if forget_bias is not None else b == 0
    return "partly set" if bool(touched.any()) else "drawn"

def draws(**values):
    return True  # a new layer's weights are drawn

def facts(own, plain, H, forget_bias):
    found = {}
    for name in ("bias_ih_l0", "bias_hh_l0"):
        found[name] = [what(b, forget_bias) for b in own[name].reshape(4, H)]
        found["plain " + name] = [what(b, None) for b in plain[name].reshape(4, H)]
    rows = [own[name][H : 2 * H] for name in ("weight_ih_l0", "weight_hh_l0")]
    found["weights"] = "set" if any(bool((w == w[0, 0]).all()) and float(w[0, 0]) != 0 for w in rows) else "drawn"
    return found

def main(ns, raw, D, H, forget_bias, seed):
    torch.manual_seed(seed)
    layers = [ns["LSTM"](D, H, forget_bias=forget_bias), ns["LSTM"](D, H)]
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    weights = [{name: getattr(layer, name).detach() for name in names} for layer in layers]
    trainable = all(p.requires_grad for p in layers[0].parameters())
    return weights if raw else facts(*weights, H, forget_bias) | {"trainable": trainable}
"""

INITIAL = """
NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")

def draws(**values):
    return True

def facts(own, other, H):
    found = {}
    for name in NAMES:
        w = own[name].double() / H**-0.5
        found[name] = {
            "inside": bool((w.abs() <= 1 + 1e-6).all()),
            "fills": bool(w.max() > 0.6 and w.min() < -0.6),
            "centred": bool(w.mean().abs() < 0.35),
            "drawn": bool(len(w.unique()) > 0.9 * w.numel()),
            "anew": not bool((own[name] == other[name]).all()),
        }
    return found

def main(ns, raw, kind, D, H, seed):
    torch.manual_seed(seed)
    layers = [ns[kind](D, H), ns[kind](D, H)]
    weights = [{name: getattr(layer, name).detach() for name in NAMES} for layer in layers]
    return weights if raw else facts(*weights, H)
"""


def both_facts(student, source: str, shapes: dict[str, tuple[int, ...]], **values) -> list[dict]:
    """The facts as the worker finds them, and as the examiner finds them in the weights."""
    found = student.run(source, raw=False, **values).value
    weights = student.run(source, replay=False, raw=True, **values).value
    for own in weights:
        for name, shape in shapes.items():
            needs(tuple(own[name].shape) == shape, f"{name} should have the shape {shape}.")
    space: dict = {"torch": torch}
    exec(source, space)
    asked = {key: value for key, value in values.items() if key in ("H", "forget_bias")}
    return [found, space["facts"](*weights, **asked)]


def shapes_of(kind: str, D: int, H: int) -> dict[str, tuple[int, ...]]:
    rows = {"LSTM": 4, "GRU": 3}[kind] * H
    return dict(zip(WEIGHTS, ((rows, D), (rows, H), (rows,), (rows,)), strict=True))
