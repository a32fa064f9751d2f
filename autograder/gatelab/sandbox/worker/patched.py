"""Tracks where a notebook replaced a library's own functions (`torch.stack = …`, `builtins.sum = …`).

An answer that was checked above such a line worked with the library's function, so it is graded with that function.
"""

from __future__ import annotations

import builtins
import math
import types
from operator import is_
from typing import Any

import torch

PLACES = builtins, math, torch, torch.nn, torch.nn.functional, torch.Tensor
ABSENT = object()


class Patches:
    """A notebook's changes to these modules, in the notebook's order."""

    def __init__(self) -> None:
        self.last = [dict(vars(place)) for place in PLACES]
        self.changes: list[tuple[int, Any, str, Any, Any]] = []  # cell, place, name, old, new

    def record(self, cell: int) -> None:
        """A cell has run."""
        for k, place in enumerate(PLACES):
            before, now = self.last[k], dict(vars(place))
            if _is_same(before, now):
                continue
            for name in before.keys() | now.keys():
                if name.startswith("_"):
                    continue
                old, new = before.get(name, ABSENT), now.get(name, ABSENT)
                if (
                    old is not new
                    and not _is_substitute(new)
                    and (old is not ABSENT or not _is_module(place))
                ):
                    self.changes.append((cell, place, name, old, new))
            self.last[k] = now

    def undo_below(self, cell: int) -> None:
        """Undo the changes made by cells below this one, unless the name has been changed again since."""
        for changed, place, name, old, new in reversed(self.changes):
            if changed <= cell or vars(place).get(name, ABSENT) is not new:
                continue
            if old is ABSENT:
                delattr(place, name)
            else:
                setattr(place, name, old)


def _is_module(place: Any) -> bool:
    """A new name in a module may be a submodule that has just been imported."""
    return isinstance(place, types.ModuleType)


def _is_substitute(value: Any) -> bool:
    """Whether it is one of the grader's substitutes, installed in the middle of the notebook (for a GPU)."""
    module = vars(value).get("__module__") if type(value) in (types.FunctionType, type) else None
    return isinstance(module, str) and module.startswith("gatelab.")


def _is_same(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether these are the same names with the same objects in the same order. That is nearly always so, and must be quick.
    `==` would call methods of the objects, which may be the student's."""
    return (
        len(before) == len(now)
        and all(map(is_, before, now))
        and all(map(is_, before.values(), now.values()))
    )
