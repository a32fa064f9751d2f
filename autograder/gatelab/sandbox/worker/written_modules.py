"""The modules that a notebook wrote and imported: those whose files are in its folder."""

from __future__ import annotations

import os
import sys
from typing import Any


class WrittenModules:
    """Found by a search through thousands of modules, which is made again only after the folder has changed or one was imported.

    A worker makes the first search before it is forked: in every fork it would copy the memory of all modules it looks at.
    """

    def __init__(self) -> None:
        self._folder, self._count = "", 0
        self._last: Any = (
            None  # the module that was loaded last, and is kept so that no other can be in its place
        )
        self._found: list[Any] = []

    def now(self) -> list[Any]:
        """Those that are loaded."""
        try:
            folder = os.getcwd() + os.sep
        except OSError:
            return []  # the folder is gone, with everything in it
        count, last = len(sys.modules), sys.modules.get(next(reversed(sys.modules), ""))
        if folder != self._folder or count != self._count or last is not self._last:
            self._folder, self._count, self._last = folder, count, last
            files = [(module, getattr(module, "__file__", None)) for module in list(sys.modules.values())]
            self._found = [
                module for module, file in files if isinstance(file, str) and file.startswith(folder)
            ]
        return self._found


class NoModules(WrittenModules):
    """Where staff's code is run, in the examiner's own folder."""

    def now(self) -> list[Any]:
        return []
