# Written by gatelab build from autograder/gatelab/handed_out/checking/record.py; change it there.
"""Records a call and its outcome: the value, gradients, changed arguments, errors."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..device import fetched, is_on_gpu
from .in_place import changed_in
from .key_paths import KeyPath, as_text, flatten, in_brackets, part_at, rebuilt
from .scalars import is_scalar, without_numpy

# Calls draw from this seed, which nobody sets by habit (unlike 0 or 42), so that a call that sets its own is noticed.
SEED = 7_360_411
NAMED = "_loaded_names"  # on a module: the names under which its weights were loaded


@dataclass
class Call:
    """One call and its outcome.

    Paths: (0,) or (2, "i") in the returned value; (0,) for the first argument and (0, 1) in it, ("weight",) for an argument or a
    parameter of that name.
    """

    function: str  # the name in the notebook, as messages show it; with a method, "Layer.reset"
    group: str  # the name, of those that the question asks for, that it belongs to; mistakes are told apart by name
    method: str = ""  # of an object of that class, if the call is one of its methods
    about: str = ""  # what is special about this call: "a single row"
    names: tuple[str, ...] = ()  # of the arguments
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    parts: tuple[KeyPath, ...] = ()  # paths of what the contract asks for in the value; empty: everything
    # Paths of those parts of the value from whose tensors backward starts; None: no backward.
    gradients: tuple[KeyPath, ...] | None = None
    value: Any = None
    grads: dict[KeyPath, Tensor | None] = field(default_factory=dict)
    changed: list[KeyPath] = field(default_factory=list)  # arguments that were changed in place
    left: list[str] = field(default_factory=list)  # what else was left changed (leftovers.py)
    error: BaseException | None = None
    backward_error: BaseException | None = None
    again: Callable[..., Call] | None = None  # repeats the call: again(seed=…, arguments=…)

    @property
    def leaves(self) -> dict[KeyPath, Any]:
        """The returned value's tensors and numbers by path, without those that the contract does not ask for.

        If a part is missing, everything is kept, because parts under other names are a different mistake from missing parts.
        """
        found = flatten(self.value)
        whole = self.parts and all(path in found for path in self.parts)
        return {path: found[path] for path in self.parts} if whole else found

    @property
    def title(self) -> str:
        """`softmax` (a single row)"""
        return f"`{self.function}`" + (f" ({self.about})" if self.about else "")

    def starts_at(self, path: KeyPath) -> bool:
        """Whether backward starts at this part of the value."""
        return self.gradients is not None and any(path[: len(start)] == start for start in self.gradients)

    def name_of(self, path: KeyPath) -> str:
        """The student's name for an argument or parameter, and where in it something is."""
        first, *rest = path
        name = self.names[first] if isinstance(first, int) and first < len(self.names) else str(first)
        return name + in_brackets(tuple(rest))

    def argument(self, path: KeyPath) -> Any:
        """The caller's argument, or the part of one, of that path."""
        first, *rest = path
        return part_at(self.arguments[first] if isinstance(first, int) else self.keywords[first], tuple(rest))

    def like(self, function: Callable[..., Any], module: nn.Module | None = None) -> Call:
        """The same call of another function, for example PyTorch's own: the expected result.

        With `module`, its parameters get gradients too.
        """
        twin = replace(self, value=None, grads={}, changed=[], left=[], error=None, backward_error=None)
        run(twin, function, module)
        if error := twin.error or twin.backward_error:
            raise error
        return twin


def plain(value: Any) -> Any:
    """The value with numpy's scalars converted to plain numbers, as hidden suites get them too."""
    leaves = flatten(value)
    numbers = {path: without_numpy(leaf) for path, leaf in leaves.items() if is_scalar(leaf)}
    return rebuilt(value, leaves | numbers) if numbers else value


def pattern(key: str, like: Tensor) -> Tensor:
    """Fixed numbers between −1 and 1, all different, with the shape of `like`, for upstream gradients and projections."""
    start = zlib.crc32(key.encode()) % 10_007
    steps = torch.arange(1, like.numel() + 1, dtype=torch.float64)
    return torch.cos(0.7 * steps * steps + start).reshape(like.shape)


def run(call: Call, function: Callable[..., Any], module: Any = None, seed: int = 0) -> None:
    """Call `function` with fresh copies of the call's arguments and fill in the rest of `call`."""
    given = flatten(call.arguments)
    leaves: dict[KeyPath, Tensor] = {}
    passed: dict[KeyPath, Any] = {}
    for path, value in given.items():
        if isinstance(value, Tensor):
            own = value.detach().clone()
            if call.gradients is not None and own.is_floating_point():
                leaves[path] = own.requires_grad_(True)
                own = own.clone()  # not a leaf, so that a change in place is noticed and not refused
            passed[path] = own
        else:
            passed[path] = value.copy() if isinstance(value, np.ndarray) else value
    arguments, keywords = rebuilt(call.arguments, passed), _copies(call.keywords)
    torch.default_generator.manual_seed(SEED + seed)  # torch.manual_seed also looks for devices, 3 ms a call
    try:
        value = function(*arguments, **keywords)
        call.value = plain(fetched(value, flatten, rebuilt))
    except Exception as error:
        call.error = error
        return
    call.changed = changed_in(arguments, call.arguments) + changed_in(keywords, call.keywords)
    if call.gradients is not None:
        if isinstance(module, nn.Module):
            leaves |= {(name,): parameter for name, parameter in _parameters(module).items()}
        try:
            call.grads = _gradients(call, leaves)
        except RuntimeError as error:
            call.backward_error = error


def _copies(keywords: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments with copies of lists, dicts and arrays. (Tensors that a check passes by keyword are not copied.)"""
    found = flatten(keywords)
    copied = {path: leaf.copy() if isinstance(leaf, np.ndarray) else leaf for path, leaf in found.items()}
    copies: dict[str, Any] = rebuilt(keywords, copied)
    return copies


def _gradients(call: Call, leaves: dict[KeyPath, Tensor]) -> dict[KeyPath, Tensor | None]:
    """Gradients of a fixed weighted sum of those tensors of the value from which backward starts; None if the graph is cut."""
    terms = [
        (pattern(as_text(path), part) * part).sum()
        for path, part in flatten(call.value).items()
        if isinstance(part, Tensor) and part.requires_grad and call.starts_at(path)
    ]
    if not terms:
        return dict.fromkeys(leaves)
    found = torch.autograd.grad(sum(terms[1:], terms[0]), list(leaves.values()), allow_unused=True)
    here = [one.cpu() if one is not None and is_on_gpu(one) else one for one in found]
    return dict(zip(leaves, here, strict=True))


def _parameters(module: nn.Module) -> dict[str, nn.Parameter]:
    """Each parameter once. If its layer has two names, the one under which it was loaded is used."""
    loaded: frozenset[str] = vars(module).get(NAMED, frozenset())
    names: dict[int, str] = {}
    parameters = dict(module.named_parameters(remove_duplicate=False))
    for name, parameter in parameters.items():
        if id(parameter) not in names or (name in loaded and names[id(parameter)] not in loaded):
            names[id(parameter)] = name
    return {name: parameters[name] for name in names.values()}
