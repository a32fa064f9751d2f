# Written by gatelab build from autograder/gatelab/handed_out/checking/in_place.py; change it there.
"""Finds what a call changed in place in the lists, dicts, arrays and tensors that it was given."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np
from torch import Tensor

from .equal import EXACT, alike
from .key_paths import WHOLE, KeyPath, as_key


def changed_in(now: Any, before: Any) -> list[KeyPath]:
    """The paths of the differences: of a tensor or an array, or of a list or dict whose items were replaced."""
    return list(dict.fromkeys(_changed(now, before, WHOLE)))


def _changed(now: Any, before: Any, path: KeyPath) -> Iterator[KeyPath]:
    if len(now) != len(before) or (isinstance(before, dict) and now.keys() != before.keys()):
        yield path
        return
    keys = sorted(before, key=str) if isinstance(before, dict) else range(len(before))
    for key in keys:
        mine, part, inner = now[key], before[key], (*path, as_key(key))
        kind = next(
            (kind for kind in (Tensor, np.ndarray, tuple, list, dict) if isinstance(part, kind)), None
        )
        if kind is None:
            replaced = mine is not part and not (type(mine) is type(part) and _same(mine, part))
        else:
            replaced = not isinstance(mine, kind)
        if replaced:
            yield path
        elif kind in (tuple, list, dict):
            yield from _changed(mine, part, inner)
        elif kind and not _alike(mine, part):
            yield inner


def _alike(now: Any, before: Any) -> bool:
    """Whether the numbers of two tensors, or of two arrays, are the same; objects in an array must be the same ones."""
    if isinstance(before, np.ndarray) and before.dtype.kind == "O":
        return now.shape == before.shape and all(map(operator.is_, now.ravel(), before.ravel()))
    return alike(now, before, EXACT)


def _same(now: Any, before: Any) -> bool:
    """Whether plain values are equal (nan equals nan). Values of other types are assumed to be equal."""
    return (
        not isinstance(before, bool | int | float | str) or now == before or (now != now and before != before)
    )
