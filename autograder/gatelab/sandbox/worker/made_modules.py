"""Modules that the worker makes itself, in place of programs and packages that must do nothing in it."""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import ModuleType


def made_module(name: str) -> ModuleType:
    """An empty module. It has a spec, as one that was found has: `importlib.util.find_spec` raises an error for a module without."""
    return module_from_spec(ModuleSpec(name, loader=None))
