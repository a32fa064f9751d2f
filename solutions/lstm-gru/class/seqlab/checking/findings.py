# Written by gatelab build from autograder/gatelab/handed_out/checking/findings.py; change it there.
"""The other findings that hidden suites and public checks share: not a tensor or array, gradients, a plain number, an argument changed in
place.

As in tensors.py, each returns one sentence, or "" if nothing is wrong. Public checks say more: the right number, and which operations
work in place.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import numpy as np
import torch

from .grammar import pronoun, verb
from .scalars import REAL
from .tensors import ATOL, GRAD_RTOL, Tolerance, difference, tolerance_of
from .terms import NO_NAME

K = TypeVar("K", bound=Hashable)  # what tells the gradients apart
NUMBERS = {int: "a whole number (int)", float: "a number (float)"}
OF_GRADIENTS = Tolerance(GRAD_RTOL, ATOL)
EXACT = 0.0
CONTAINERS = {torch.Tensor: "a tensor", np.ndarray: "a numpy array"}
# Type of an argument → its noun in a sentence, and the operations that work in place.
IN_PLACE = {
    torch.Tensor: ("tensor", "Operations that end in an underscore, += and assignments to a slice"),
    np.ndarray: ("array", "+= and its like, `.sort()` and assignments to a slice"),
    list: ("list", "`.sort()`, `.append()` and assignments to an item"),
    dict: ("dict", "`.update()`, `.pop()` and assignments to a key"),
}


def of_other_kind(got: Any, kind: type, name: str, described: str) -> str:
    """The sentence if `got` is not of this kind: torch.Tensor, or np.ndarray, for an array of real numbers. `described`: what `got` is."""
    if not isinstance(got, kind):
        return f"{name} should be {CONTAINERS[kind]}, but it is {described}."
    if isinstance(got, np.ndarray) and got.dtype.kind not in REAL:
        return f"{name} should be an array of real numbers, but it is {described}."
    return ""


def _of_gradients(dtype: torch.dtype) -> Tolerance:
    return OF_GRADIENTS if dtype == torch.float64 else tolerance_of(dtype)


def gradients(
    got: Mapping[K, torch.Tensor | None],
    want: Mapping[K, torch.Tensor],
    names: Mapping[K, str],
    tolerance: Tolerance | None = None,
    public: bool = False,
) -> str:
    """What is wrong with gradients. `names` maps a key to the student's name for it. The default tolerance is
    that of the gradient's dtype.

    None in `got` counts as 0. A public check has already compared the values, and says that they are right.
    """
    missing = [
        names.get(path, str(path)) for path in want if got.get(path) is None and bool((want[path] != 0).any())
    ]
    if missing and len(missing) == len(want):
        return (
            f"The values are {'right' if public else 'there'}, but no gradient flows back from them: the arguments are not used, or "
            "the graph is cut (`.detach()`, `.data`, `.item()`, `no_grad`, or a new tensor made from numbers?)."
        )
    right = "The values are right. " if public else ""
    if missing:
        return (
            f"{right}No gradient reaches {', '.join(missing)}: not used for the result, or the graph is cut on the way from there"
            f"{' (`.detach()`, `.data`, `.item()`, `no_grad`?)' if public else ''}."
        )
    for path, tensor in want.items():
        mine = got.get(path)
        name = f"the gradient that reaches {names.get(path, str(path))}"
        axes = [NO_NAME] * tensor.ndim
        if mine is None:
            continue
        if problem := of_other_kind(mine, torch.Tensor, name, "something else") or difference(
            mine, tensor, name, axes, tolerance or _of_gradients(tensor.dtype), public=public
        ):
            cut = " Is part of the graph cut (`.detach()`, `.data`, `torch.no_grad()`)?"
            return f"{right}{problem[0].upper()}{problem[1:]}{cut}" if public else problem
    return ""


def plain_number(got: Any, kind: type, name: str, described: str) -> str:
    """The sentence if `got` is not a plain Python number of this kind. A bool is not a number, and 2.0 is not an int."""
    if isinstance(got, kind) and not isinstance(got, bool):
        return ""
    described = "None (is a `return` missing?)" if got is None else described
    return f"{name} should be {NUMBERS[kind]}, but it is {described}."


def wrong_number(got: float, want: float, name: str, rtol: float = EXACT) -> str:
    """The sentence if a number is wrong. It states the right one, so it is only for public checks."""
    if abs(got - want) <= rtol * max(1.0, abs(want)):
        return ""
    return f"{name} {verb(name, 'is')} {got:.7g}; {pronoun(name)} should be {want:.7g}."


def changed(who: str, name: str, value: Any, public: bool = False) -> str:
    """The sentence that a call changed an argument, or a part of one, in place."""
    noun, ways = next(words for kind, words in IN_PLACE.items() if isinstance(value, kind))
    sentence = f"{who} changed its argument {name} in place; make a new {noun} instead."
    return f"{sentence} {ways} work in place." if public else sentence
