"""What a call leaves changed beside its result: found, put back, and told.

Torch's switches hold for the whole notebook, and a model or a tensor that was handed over is still the caller's. A call
that changes them makes something else fail later; so a check tells it where it was done, and puts it back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

SAID = {
    "grad-mode": "gradients are recorded, or not recorded, other than before the call. `with torch.no_grad():` undoes itself; "
    "`torch.set_grad_enabled(False)` does not.",
    "default-dtype": "torch's default dtype is another one, so every tensor made later is. Give the dtype where a tensor is made.",
    "default-device": "torch's default device is another one. Give the device where a tensor is made.",
    "inference-mode": "inference mode is no longer as it was. `with torch.inference_mode():` undoes itself.",
    "autocast": "autocast is no longer as it was. `with torch.autocast(…):` undoes itself.",
    "anomaly-mode": "autograd's anomaly detection is no longer as it was.",
    "seed": "torch's random numbers start anew (torch.manual_seed?), so what is drawn later is the same after every call.",
    "requires-grad": "a tensor that was handed over asks for gradients and did not before, or no longer does; so may a model's "
    "weight. Work on a copy of your own, x.detach().clone(); to compute without gradients, `with torch.no_grad():` is enough.",
    "grad": "a .grad is another one than before the call. torch.autograd.grad gives a gradient without touching any .grad.",
    "training-mode": "a model is in another mode than before: train() or eval() was called and not undone.",
    "weights": "the weights of a model are other numbers than before.",
    "exchanged": "a model has other layers or weights than before: one was put in the place of another, or added.",
    "hooks": "a hook is still registered. Remove it before you return: handle.remove().",
}
_leaving: list[object] = []  # guards that ended an inference mode which a call had left on


def switches() -> dict[str, Any]:
    """Torch's switches, which hold for all code."""
    return {
        "grad-mode": torch.is_grad_enabled(),
        "default-dtype": torch.get_default_dtype(),
        "default-device": torch.get_default_device(),
        "inference-mode": torch.is_inference_mode_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "anomaly-mode": torch.is_anomaly_enabled(),
        "hooks": {number for hooks in _hooks_of_all() for number in hooks},
    }


def put_back(before: dict[str, Any]) -> list[str]:
    """Set the switches as they were; which ones were not."""
    now = switches()
    changed = [kind for kind, value in before.items() if now[kind] != value]
    if "inference-mode" in changed:
        changed = [
            kind for kind in changed if kind != "grad-mode"
        ]  # inference mode switches the gradients, too
        _leaving.append(torch._C._InferenceMode(before["inference-mode"]))
    torch.set_grad_enabled(
        before["grad-mode"]
    )  # after that: to end inference mode switches the gradients, too
    if "autocast" in changed:
        torch.set_autocast_enabled("cpu", before["autocast"])
    if "anomaly-mode" in changed:
        torch.autograd.set_detect_anomaly(before["anomaly-mode"])
    if "hooks" in changed:
        for hooks in _hooks_of_all():
            for number in hooks.keys() - before["hooks"]:
                hooks.pop(number)
    if "default-dtype" in changed:
        torch.set_default_dtype(before["default-dtype"])
    if "default-device" in changed:
        device = before["default-device"]
        torch.set_default_device(None if device.type == "cpu" else device)
    return changed


class Held:
    """The modules and tensors among the arguments of a call, as they are before it.

    Where an optimiser is among them, weights and their gradients are meant to change.
    """

    def __init__(self, *given: Any) -> None:
        modules = [value for value in _each(given) if isinstance(value, nn.Module)]
        trains = any(isinstance(value, torch.optim.Optimizer) for value in _each(given))
        self.modes = [(part, part.training, _hooks(part)) for module in modules for part in module.modules()]
        self.layers, self.names = modules, _names(modules)
        self.holds = [(p, dict(p._modules), dict(p._parameters)) for m in modules for p in m.modules()]
        self.weights = [
            (p, None if trains else _kept(p), None if trains else _kept(p.grad), p.requires_grad)
            for module in modules
            for p in module.parameters()
        ]
        self.tensors = [
            (value, value.requires_grad, _kept(value.grad))
            for value in _each(given)
            if isinstance(value, Tensor) and value.is_leaf
        ]
        self.trains = trains

    def put_back(self) -> list[str]:
        """Make the modules what they were; what was not. (Changed arguments are found by whoever made the copies.)"""
        found = []
        for tensor, asked, kept in self.tensors:
            found += ["requires-grad"] if tensor.requires_grad != asked else []
            found += [] if alike(tensor.grad, kept) else ["grad"]
        for weight, numbers, weight_grad, asked in self.weights:
            if weight.requires_grad != asked:
                found.append("requires-grad")
                weight.requires_grad_(asked)
            if not self.trains and not alike(weight.grad, weight_grad):
                found.append("grad")
                weight.grad = weight_grad
            if numbers is not None and not alike(weight, numbers):
                found.append("weights")
                weight.data = numbers
        if self._exchanged():
            found.append("exchanged")
            for part, layers, weights in self.holds:
                part._modules.clear()
                part._modules.update(layers)
                part._parameters.clear()
                part._parameters.update(weights)
        for part, training, hooks in self.modes:
            if part.training != training:
                found.append("training-mode")
                part.training = training
            for kind, own in _hooks(part).items():
                for number in own - hooks[kind]:
                    found.append("hooks")
                    getattr(part, kind).pop(number)
        return found

    def _exchanged(self) -> bool:
        """Whether weights are gone, added, or others stand in their place. A layer without weights does no harm."""
        return self.names != _names(self.layers)


def watched(function: Callable[..., Any], found: list[str], target: Any = None) -> Callable[..., Any]:
    """The function, with what its calls leave changed noted in `found` and put back. `target`: the module it is of."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        held = None
        with contextlib.suppress(
            Exception
        ):  # something odd among the arguments is no reason not to make the call
            held = Held(arguments, keywords, target)
        before, seed = switches(), torch.default_generator.initial_seed()
        try:
            return function(*arguments, **keywords)
        finally:
            left = put_back(before)
            left += ["seed"] if torch.default_generator.initial_seed() != seed else []
            with contextlib.suppress(Exception):
                left += held.put_back() if held else []
            found.extend(kind for kind in dict.fromkeys(left) if kind not in found)

    return call


def _each(value: Any) -> list[Any]:
    """What is in nested containers."""
    if isinstance(value, dict):
        value = tuple(value.values())
    return [leaf for item in value for leaf in _each(item)] if isinstance(value, list | tuple) else [value]


def _kept(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.detach().clone()


def alike(now: Tensor | None, before: Tensor | None) -> bool:
    """The same numbers of the same dtype, nan for nan."""
    if now is None or before is None:
        return now is before
    return (now.shape, now.dtype) == (before.shape, before.dtype) and torch.allclose(
        now.detach(), before.detach(), rtol=0, atol=0, equal_nan=True
    )


def _names(modules: list[nn.Module]) -> list[tuple[str, int]]:
    """Every weight of some modules by its name, and which tensor it is."""
    return [(name, id(p)) for module in modules for name, p in module.named_parameters()]


def _hooks_of_all() -> list[dict[int, Any]]:
    """Torch's tables of the hooks that are called for every module there is."""
    kinds = ("forward_hooks", "forward_pre_hooks", "backward_hooks", "backward_pre_hooks")
    return [getattr(nn.modules.module, f"_global_{kind}") for kind in kinds]


def _hooks(module: nn.Module) -> dict[str, set[int]]:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return {kind: set(getattr(module, kind)) for kind in kinds}
