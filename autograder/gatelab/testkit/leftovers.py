"""What a student is told of a call that left something changed, and which part of the question it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SAID = {
    "grad-mode": "gradients are recorded, or not recorded, other than before. `with torch.no_grad():` undoes itself; "
    "`torch.set_grad_enabled(False)` does not",
    "inference-mode": "inference mode is no longer as it was. `with torch.inference_mode():` undoes itself",
    "default-dtype": "torch's default dtype is another one, so every tensor made later is. Give the dtype where a tensor "
    "is made",
    "default-device": "torch's default device is another one, so every tensor made later lies there. Give the device "
    "where a tensor is made",
    "autocast": "autocast is no longer as it was. `with torch.autocast(…):` undoes itself",
    "anomaly-mode": "autograd's anomaly detection is no longer as it was",
    "seed": "torch's random numbers start anew (`torch.manual_seed`?), so everything drawn later is the same at each "
    "call. Only who runs the program sets its seed",
    "argument": "an argument is changed in place. Make a new tensor instead",
    "requires-grad": "a tensor or a model's weight asks for gradients that did not, or no longer does (`requires_grad`). Work on "
    "a copy of your own tensor, `x.detach().clone()`; to compute without gradients, `with torch.no_grad():` is enough",
    "grad": "a `.grad` is another one than before. `torch.autograd.grad` gives a gradient and touches none",
    "training-mode": "a model is in another mode: `train()` or `eval()` was called and not undone",
    "weights": "the weights of a model are other numbers",
    "exchanged": "a model has other layers or weights: one was put in the place of another, or added. Who trains the "
    "model still has the old ones",
    "hooks": "a hook is still registered. Remove it before you return (`handle.remove()`)",
}


def sentence(name: str, kind: str) -> str:
    """What is said of a call of `name` ("": not known which) that left this changed."""
    who = f"a call of `{name}`" if name else "a call of your code"
    return f"After {who} {SAID[kind]}."


def costs(seen: Iterable[str], points: Mapping[str, float]) -> str | None:
    """The part that a leftover costs: of those in which it was seen the smallest, the last of several."""
    seen = set(seen)
    parts = [part for part in points if part in seen]
    return min(reversed(parts), key=points.__getitem__, default=None)
