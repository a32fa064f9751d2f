"""What names stood for when an answer was written, so that another use of them later costs it nothing.

A public check is green in the middle of a notebook; further down `F` becomes a frequency and `sum` a total. Jupyter has
forgotten by then what the answer above used. Here an answer that calls a name gets what could be called, where the
notebook has put a number, a text or a tensor in its place since.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterable
from typing import Any

from .needs import needs


class History:
    """The last function, class or module that each name of a notebook stood for."""

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}

    def note(self, names: Iterable[str], namespace: dict[str, Any]) -> None:
        """Some names have just been bound."""
        for name in names:
            if name in namespace and _does(namespace[name]):
                self.last[name] = namespace[name]

    def restore(self, asked: Iterable[str], namespace: dict[str, Any]) -> None:
        """Give back what these answers call, in this process: one question is asked in it."""
        for name in needs(asked, namespace) - set(asked):
            if name not in namespace or _does(namespace[name]):
                continue
            if name in self.last:
                namespace[name] = self.last[name]
            elif hasattr(builtins, name) and callable(getattr(builtins, name)):
                del namespace[name]


def _does(value: Any) -> bool:
    return callable(value) or isinstance(value, types.ModuleType)
