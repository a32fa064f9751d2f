# Written by gatelab build from autograder/gatelab/handed_out/checking/equal.py; change it there.
"""Compares whole answers, for every use with its own tolerance; and the messages for equal calls with different answers.

It imports no module of this folder: the text of this file is also run in a worker (testkit/steady.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch

RANDOM = (
    "{who}, called again with the same arguments, gives a different answer: something in it is drawn at random (a dropout "
    "that is left on? `rand`?). Here the answer must follow from the arguments and weights alone."
)
KEPT = (
    "{who}, called again with the same arguments and the same random numbers, gives a different answer. What does it keep "
    "from one call to the next (a global variable, an attribute, a tensor that is changed in place)?"
)


NONE = (0.0, 0.0)


class Measure(NamedTuple):
    """How much two values may differ and still count as equal. nan equals nan."""

    # For numbers that are not integers: type → (rtol, atol), "float" being Python's own; and the same for all other types.
    rounding: Mapping[str, tuple[float, float]] = {}
    others: tuple[float, float] = NONE
    numbers: bool = True  # False: only kinds and shapes count
    sizes: bool = False  # float32 is float64, int32 is int64, 2 is 2.0
    loosely: bool = False  # a list equals a tuple; of values other than numbers, strings and containers of these only the type counts


# Arguments before and after a call: nothing may have happened to their numbers.
EXACT = Measure()
# An answer and what a suite expects with `same`: integers, strings and containers of these; the student chose the types.
ASKED = Measure(sizes=True)
# An answer and the next answer of the same call. Threads may add float32 numbers in another order; a counter or dropout changes them by more.
AGAIN = Measure(others=(1e-4, 1e-6), loosely=True)
# A student's answer and that of staff's code with the same mistake, written in another way: they differ in the last digits, after some
# hundred steps. A Python float may have been a float32.
REPLAYED = Measure({"float64": (1e-7, 1e-7), "float32": (1e-4, 1e-4), "float": (1e-6, 0.0)})
# Two newly initialised layers, whose numbers depend on the order in which they were drawn.
DRAWN = REPLAYED._replace(numbers=False)

PLAIN = (bool, int, float, complex, str, type(None))


def alike(a: object, b: object, by: Measure = AGAIN) -> bool:
    """Whether two values are equal, through lists, tuples, dicts, tensors and arrays."""
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        return isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) and _tensors(a, b, by)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and _arrays(a, b, by)
    if isinstance(a, np.generic) and isinstance(b, np.generic) and a.dtype == b.dtype:
        return _arrays(np.asarray(a), np.asarray(b), by)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        same_kind = by.loosely or isinstance(a, list) == isinstance(b, list)
        return same_kind and len(a) == len(b) and all(alike(x, y, by) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key], by) for key in a)
    return _plain(a, b, by)


def _tensors(a: torch.Tensor, b: torch.Tensor, by: Measure) -> bool:
    kinds = (_kind(a), _kind(b)) if by.sizes else (a.dtype, b.dtype)
    if a.shape != b.shape or a.device != b.device or kinds[0] != kinds[1]:
        return False
    a, b = a.detach(), b.detach()
    if not by.numbers or (a.dtype == b.dtype and torch.equal(a, b)):
        return True
    if not (a.is_floating_point() or a.is_complex()):
        return torch.equal(a.to(torch.int64), b.to(torch.int64))
    rtol, atol = by.rounding.get(str(a.dtype).removeprefix("torch."), by.others)
    wide = torch.complex128 if a.is_complex() else torch.float64
    return torch.allclose(a.to(wide), b.to(wide), rtol, atol, equal_nan=True)


def _kind(tensor: torch.Tensor) -> str:
    if tensor.dtype == torch.bool:
        return "bool"
    return "complex" if tensor.is_complex() else "float" if tensor.is_floating_point() else "whole"


def _arrays(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], by: Measure) -> bool:
    kinds = [one.dtype.kind.replace("u", "i") if by.sizes else one.dtype for one in (a, b)]
    if a.shape != b.shape or kinds[0] != kinds[1]:
        return False
    if not by.numbers:
        return True
    if a.dtype.kind in "fc":
        rtol, atol = by.rounding.get(a.dtype.name, by.others)
        return bool(np.allclose(a, b, rtol, atol, equal_nan=True))
    if a.dtype.kind in "biu":
        return np.array_equal(a, b)
    return alike(a.ravel().tolist(), b.ravel().tolist(), by)


def _plain(a: Any, b: Any, by: Measure) -> bool:
    if isinstance(a, (float, complex)) and isinstance(b, (float, complex)):
        rtol, atol = by.rounding.get("float", by.others)
        near = abs(a - b) <= atol + rtol * max(abs(a), abs(b)) < math.inf
        return near or a == b or (a != a and b != b)
    if by.loosely and not (isinstance(a, PLAIN) and isinstance(b, PLAIN)):
        return type(a) is type(b)
    return (by.loosely or by.sizes or type(a) is type(b)) and bool(a == b)
