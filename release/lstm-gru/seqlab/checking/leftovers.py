# Written by gatelab build from autograder/gatelab/handed_out/checking/leftovers.py; change it there.
"""Finds what a call leaves changed besides its result, restores it, and reports it by a fixed word.

Torch's global settings (gradients, default dtype and device, …) apply to the whole process, and a model or a tensor that was
passed in still belongs to the caller. A call that changes them makes something else fail later, so the change is reported
where it happened. Both the worker and the public checks watch their calls with this module.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from ..limits import COPIED_NUMBERS
from .equal import EXACT, alike
from .scalars import REAL

# The word for each kind of change, and how it is reported: "After a call of `f`, …", "`f`: afterwards …".
SAID = {
    "grad-mode": "gradient recording is no longer as it was. `with torch.no_grad():` restores it by itself; "
    "`torch.set_grad_enabled(False)` does not",
    "inference-mode": "inference mode is no longer as it was. `with torch.inference_mode():` restores it by itself",
    "default-dtype": "torch's default dtype has changed, so every tensor made later has it. Give the dtype where a "
    "tensor is made",
    "default-device": "torch's default device has changed, so every tensor made later is put there. Give the device "
    "where a tensor is made",
    "autocast": "autocast is no longer as it was. `with torch.autocast(…):` restores it by itself",
    "anomaly-mode": "autograd's anomaly detection is no longer as it was",
    "seed": "torch's random numbers start again from a seed (`torch.manual_seed`?), so everything drawn later is the same "
    "after every call. Leave the seed to the program that calls you",
    "argument": "an argument is changed in place. Make a new tensor instead",
    "array": "an argument is changed in place. Make a new array instead",
    "requires-grad": "the `requires_grad` of a tensor that was passed in, or of a model's weight, is no longer as it was. "
    "Work on a copy of your own, `x.detach().clone()`; to compute without gradients, `with torch.no_grad():` is enough",
    "grad": "a `.grad` is no longer what it was. `torch.autograd.grad` computes a gradient without touching any `.grad`",
    "training-mode": "a model's mode has changed: `train()` or `eval()` was called and not undone",
    "weights": "the weights of a model have changed",
    "exchanged": "a model's layers or weights have changed: one was replaced or added. The code that trains the model "
    "still holds the old ones",
    "hooks": "a hook is still registered. Remove it before you return (`handle.remove()`)",
}
_Array = np.ndarray[Any, Any]
_leaving: list[object] = []  # guards that ended a mode which the student's code had left on


def switches() -> dict[str, Any]:
    """Torch's global settings, by the word for their kind."""
    return {
        "grad-mode": torch.is_grad_enabled(),
        "inference-mode": torch.is_inference_mode_enabled(),
        "default-dtype": torch.get_default_dtype(),
        "default-device": torch.get_default_device(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "anomaly-mode": torch.is_anomaly_enabled(),
        "hooks": {number for hooks in _global_hooks() for number in hooks},
    }


def put_back(before: dict[str, Any]) -> list[str]:
    """Restore these settings; returns the words for those that had changed."""
    now = switches()
    changed = [kind for kind, value in before.items() if now[kind] != value]
    if "inference-mode" in changed:
        # Inference mode also switches the gradients.
        changed = [kind for kind in changed if kind != "grad-mode"]
        _leaving.append(torch._C._InferenceMode(before["inference-mode"]))
    if "default-dtype" in changed:
        torch.set_default_dtype(before["default-dtype"])
    if "default-device" in changed:
        device = before["default-device"]
        torch.set_default_device(None if device.type == "cpu" else device)
    if "autocast" in changed:
        torch.set_autocast_enabled("cpu", before["autocast"])
    if "anomaly-mode" in changed:
        torch.set_anomaly_enabled(before["anomaly-mode"])
    if "hooks" in changed:
        for hooks in _global_hooks():
            for number in hooks.keys() - before["hooks"]:
                hooks.pop(number)
    # Last, since ending inference mode also switches the gradients.
    torch.set_grad_enabled(before["grad-mode"])
    return changed


class ArgumentState:
    """Records the state of the tensors, arrays and modules that are passed to a call.

    If there is an optimiser among them, weights and their gradients are meant to change.
    """

    def __init__(self, *given: Any) -> None:
        self.modules: list[nn.Module] = []
        self.arguments: list[torch.Tensor] = []
        self.arrays: list[
            tuple[_Array, _Array | None]
        ] = []  # the array itself, and a copy of it before the call
        self.trains = False
        self._sort(given)
        submodules = {id(m): m for module in self.modules for m in module.modules()}
        self.parts = [(module, module.training, _hooks(module)) for module in submodules.values()]
        self.names = _names(self.modules)
        self.layers_and_weights = [(m, dict(m._modules), dict(m._parameters)) for m in submodules.values()]
        weights = {id(p): p for module in self.modules for p in module.parameters()}
        self.weights = [_Tensor(p, self.trains) for p in weights.values()]
        self.tensors = [_Tensor(t) for t in {id(t): t for t in self.arguments}.values()]

    def _sort(self, value: Any) -> None:
        if isinstance(value, torch.Tensor):
            self.arguments.append(value)
        elif type(value) is np.ndarray and value.dtype.kind in REAL:  # as suites send; others may not compare
            self.arrays.append((value, value.copy() if value.size <= COPIED_NUMBERS else None))
        elif isinstance(value, nn.Module):
            self.modules.append(value)
        elif isinstance(value, torch.optim.Optimizer):
            self.trains = True
        elif isinstance(value, dict):
            self._sort(tuple(value.values()))
        elif isinstance(value, list | tuple):
            for item in value:
                self._sort(item)

    def changed(self) -> list[str]:
        """The words for what has changed."""
        found = [kind for tensor in self.tensors for kind in tensor.changed("argument")]
        if any(before is not None and not alike(now, before, EXACT) for now, before in self.arrays):
            found.append("array")
        found += [kind for weight in self.weights for kind in weight.changed("weights")]
        if self._weights_replaced():
            found.append("exchanged")
        for module, training, hooks in self.parts:
            if module.training != training:
                found.append("training-mode")
            found += ["hooks" for kind, own in _hooks(module).items() if own - hooks[kind]]
        return list(dict.fromkeys(found))

    def _weights_replaced(self) -> bool:
        """Whether weights were removed, added or replaced. A layer without weights does no harm."""
        return self.names != _names(self.modules)

    def put_back(self) -> None:
        """Restore the modules. (Tensors that were passed in are the call's own copies.)"""
        if self._weights_replaced():
            for module, layers, weights in self.layers_and_weights:
                pairs: list[tuple[dict[str, Any], dict[str, Any]]]
                pairs = [(module._modules, layers), (module._parameters, weights)]
                for state, before in pairs:
                    state.clear()
                    state.update(before)
        for weight in self.weights:
            weight.put_back()
        for module, training, hooks in self.parts:
            module.training = training
            for kind, own in _hooks(module).items():
                for number in own - hooks[kind]:
                    getattr(module, kind).pop(number, None)


class _Tensor:
    """Records the state of a tensor. `trains`: its numbers and its gradient may change."""

    def __init__(self, tensor: torch.Tensor, trains: bool = False) -> None:
        self.tensor, self.trains = tensor, trains
        self.numbers = None if trains else _copy(tensor)
        self.required_grad, self.grad = (
            tensor.requires_grad,
            None if trains else tensor.grad if tensor.is_leaf else None,
        )
        self.grad_numbers = None if self.grad is None else _copy(self.grad)
        self.hooks = len(tensor._backward_hooks or ())

    def changed(self, kind: str) -> list[str]:
        """The words for what has changed; `kind` is the word for the numbers."""
        tensor, found = self.tensor, []
        if not self.trains and not _same(tensor, self.numbers):
            found.append(kind)
        if tensor.is_leaf and tensor.requires_grad != self.required_grad:
            found.append("requires-grad")
        if not self.trains and tensor.is_leaf:
            now = tensor.grad
            same = now is None if self.grad is None else now is not None and _same(now, self.grad_numbers)
            found += [] if same else ["grad"]
        if len(tensor._backward_hooks or ()) > self.hooks:
            found.append("hooks")
        return found

    def put_back(self) -> None:
        tensor, numbers = self.tensor, self.numbers
        if numbers is not None:
            if tensor.shape == numbers.shape and tensor.dtype == numbers.dtype:
                tensor.data.copy_(numbers)
            else:
                tensor.data = numbers
        if not self.trains:
            if self.grad is not None and self.grad_numbers is not None:
                self.grad.data.copy_(self.grad_numbers)
            tensor.grad = self.grad
        tensor.requires_grad_(self.required_grad)
        hooks = tensor._backward_hooks or {}
        for number in list(hooks)[self.hooks :]:
            hooks.pop(number)


def _copy(tensor: torch.Tensor) -> torch.Tensor | None:
    return tensor.detach().clone() if tensor.numel() <= COPIED_NUMBERS else None


def _same(now: torch.Tensor, before: torch.Tensor | None) -> bool:
    """Whether the numbers are the same. `before` is None if the tensor was too large to copy."""
    return before is None or alike(now, before, EXACT)


def _names(modules: list[nn.Module]) -> list[tuple[str, int]]:
    """The name of every weight of these modules, and the ID of its tensor."""
    return [(name, id(p)) for module in modules for name, p in module.named_parameters()]


def _global_hooks() -> list[dict[int, Any]]:
    """Torch's tables of the hooks that are called for every module."""
    kinds = ("forward_hooks", "forward_pre_hooks", "backward_hooks", "backward_pre_hooks")
    return [getattr(nn.modules.module, f"_global_{kind}") for kind in kinds]


def _hooks(module: nn.Module) -> dict[str, set[int]]:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return {kind: set(getattr(module, kind)) for kind in kinds}


@contextlib.contextmanager
def switched(found: list[str]) -> Iterator[None]:
    """Restore torch's global settings at the end of the `with`; the words for those that were left changed are added to `found`."""
    before = switches()
    try:
        yield
    finally:
        found += put_back(before)


def watched(
    function: Callable[..., Any],
    found: list[str],
    target: Any = None,
    restore: bool = False,
    arguments: bool = True,
) -> Callable[..., Any]:
    """Wrap a function so that the words for what its calls leave changed are added to `found`, each once.

    Torch's global settings are restored, and with `restore` also modules (including `target`, on which the call is made).
    `arguments`: whether arguments changed in place count; False for callers that compare copies of the arguments themselves.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        state = None
        # An odd argument must not prevent the call.
        with contextlib.suppress(Exception):
            state = ArgumentState(args, kwargs, target)
        before, seed = switches(), torch.default_generator.initial_seed()
        try:
            return function(*args, **kwargs)
        finally:
            left = put_back(before)
            # Drawing is fine; seeding the generator would make every later draw the same.
            if torch.default_generator.initial_seed() != seed:
                left.append("seed")
            if state is not None:
                with contextlib.suppress(Exception):
                    if changed := state.changed():
                        left += changed
                        if restore:
                            state.put_back()
            found.extend(
                kind
                for kind in dict.fromkeys(left)
                if kind not in found and (arguments or kind not in ("argument", "array"))
            )

    return call
