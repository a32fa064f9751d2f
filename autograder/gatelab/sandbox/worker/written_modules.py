"""The modules that a notebook wrote and imported: those whose files are in its folder."""

from __future__ import annotations

import contextlib
import os
import sys
import types
from typing import Any


class WrittenModules:
    """Found by a search through thousands of modules, which is made again only after the folder has changed or one was imported.

    A worker makes the first search before it is forked: in every fork it would copy the memory of all modules it looks at.
    """

    def __init__(self) -> None:
        self._folder, self._count = "", 0
        # The module that was loaded last: a new one comes last. It is kept so that no other can be in its place.
        self._last: Any = None
        self._found: dict[str, Any] = {}

    def now(self) -> list[Any]:
        """Those that are loaded."""
        try:
            folder = os.getcwd() + os.sep
        except OSError:
            return []  # the folder is gone, with everything in it
        count, last = len(sys.modules), sys.modules.get(next(reversed(sys.modules), ""))
        seen = folder == self._folder and count == self._count and last is self._last
        if not seen or any(sys.modules.get(name) is not module for name, module in self._found.items()):
            self._folder, self._count, self._last = folder, count, last
            self._found = {
                name: module for name, module in list(sys.modules.items()) if _file(module).startswith(folder)
            }
        return list(self._found.values())


def _file(module: Any) -> str:
    """The file of a module, "" if it has none. Nothing of the notebook's is called: it may have put anything among the modules."""
    with contextlib.suppress(Exception):
        if issubclass(type(module), types.ModuleType):
            file = object.__getattribute__(module, "__dict__").get("__file__")
            return file if type(file) is str else ""
    return ""


class NoModules(WrittenModules):
    """Where staff's code is run, in the examiner's own folder."""

    def now(self) -> list[Any]:
        return []
