"""The modules that a notebook wrote and imported: those whose files are in its folder."""

from __future__ import annotations

import contextlib
import os
import sys
import types
from typing import Any


class WrittenModules:
    """Finds these modules. The search goes through thousands of modules, so it is repeated only after the folder has changed or a
    module was imported.

    A worker searches once before it is forked, because a search in a fork copies the memory of every module it looks at.
    """

    def __init__(self) -> None:
        self._folder, self._count = "", 0
        # The last module in `sys.modules`, where new ones are added. A reference is kept so that no other object gets its id.
        self._last: Any = None
        self._found: dict[str, Any] = {}

    def loaded(self) -> list[Any]:
        """The modules that are loaded now."""
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
    """The file of a module, "" if it has none. No code of the notebook is called, which may have put anything into `sys.modules`."""
    with contextlib.suppress(Exception):
        if issubclass(type(module), types.ModuleType):
            file = object.__getattribute__(module, "__dict__").get("__file__")
            return file if type(file) is str else ""
    return ""


class NoModules(WrittenModules):
    """For staff-written code, which is run in the examiner's own folder."""

    def loaded(self) -> list[Any]:
        return []
