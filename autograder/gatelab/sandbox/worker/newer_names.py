"""Backports of what newer Pythons added to the standard library, for notebooks that were written with one."""

from __future__ import annotations

import collections.abc
import copy
import dataclasses
import fractions
import itertools
import math
import operator
import os
import pathlib
import random
import shutil
import types
import typing
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import typing_extensions

from gatelab.sandbox.worker.replacing import set_attributes

WITH_DEFAULTS = ("TypeVar", "ParamSpec", "TypeVarTuple")  # they take a `default` from 3.13 on


def install_newer_names() -> None:
    """Add those that this Python lacks, in this process."""
    _install_in_typing()
    for place, name, value in (
        # 3.12
        (collections.abc, "Buffer", typing_extensions.Buffer),
        (itertools, "batched", _batched),
        (math, "sumprod", lambda p, q, /: sum(map(operator.mul, p, q))),
        (pathlib.Path, "walk", _walk),
        (random, "binomialvariate", lambda n=1, p=0.5: sum(random.random() < p for _ in range(n))),
        (types, "get_original_bases", typing_extensions.get_original_bases),
        # 3.13
        (copy, "replace", _replace),
        (math, "fma", _fma),
        (warnings, "deprecated", typing_extensions.deprecated),
        # 3.14
        (operator, "is_none", lambda a, /: a is None),
        (operator, "is_not_none", lambda a, /: a is not None),
        (pathlib.Path, "copy", _copy),
        (pathlib.Path, "copy_into", lambda self, folder: _copy(self, pathlib.Path(folder) / self.name)),
        (pathlib.Path, "move", lambda self, target: pathlib.Path(shutil.move(self, target))),
        (pathlib.Path, "move_into", lambda self, folder: pathlib.Path(shutil.move(self, folder))),
    ):
        if not hasattr(place, name):
            set_attributes(place, **{name: value})


def _install_in_typing() -> None:
    """Add names and arguments to `typing` from typing_extensions. That module keeps a copy of `typing` as it was, because it
    looks there for what this Python can do whenever it creates something (a TypeAliasType, a TypeVar as in 3.12)."""
    if vars(typing_extensions)["typing"] is not typing:  # done already
        return
    before = types.ModuleType(typing.__name__, typing.__doc__)
    vars(before).update(vars(typing))
    set_attributes(typing_extensions, typing=before)
    for name in typing_extensions.__all__:
        if not hasattr(typing, name) or (name in WITH_DEFAULTS and not hasattr(before, "NoDefault")):
            set_attributes(typing, **{name: getattr(typing_extensions, name)})


def _batched(iterable: Iterable[Any], n: int, *, strict: bool = False) -> Iterator[tuple[Any, ...]]:
    items = iter(iterable)
    while batch := tuple(itertools.islice(items, n)):
        if strict and len(batch) < n:
            raise ValueError("batched(): incomplete batch")
        yield batch


def _walk(
    self: pathlib.Path, top_down: bool = True, on_error: Any = None, follow_symlinks: bool = False
) -> Iterator[tuple[pathlib.Path, list[str], list[str]]]:
    for folder, folders, files in os.walk(self, top_down, on_error, follow_symlinks):
        yield pathlib.Path(folder), folders, files


def _copy(self: pathlib.Path, target: Any, **_: Any) -> pathlib.Path:
    copied = shutil.copytree if self.is_dir() else shutil.copyfile
    return pathlib.Path(copied(self, target))


def _replace(thing: Any, /, **changes: Any) -> Any:
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return dataclasses.replace(thing, **changes)
    return getattr(thing, "__replace__", getattr(thing, "_replace", None) or thing.replace)(**changes)


def _fma(x: float, y: float, z: float, /) -> float:
    """x · y + z, rounded once."""
    if not all(map(math.isfinite, (x, y, z))):
        return x * y + z
    return float(fractions.Fraction(x) * fractions.Fraction(y) + fractions.Fraction(z))
