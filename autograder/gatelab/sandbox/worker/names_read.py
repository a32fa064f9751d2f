"""Finds the names of the notebook that a function reads when it is called, directly or through what it calls."""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Iterable, Iterator
from typing import Any

from gatelab.limits import CODE_READ_KEPT, NEEDS_INSIDE, NEEDS_OBJECTS

GLOBAL_LOADS = {"LOAD_GLOBAL", "LOAD_NAME"}
LOOKUPS_BY_STRING = {"globals", "eval", "exec", "vars", "getattr"}  # ways to look up a name given as a string


def names_read(names: Iterable[str], namespace: dict[str, Any]) -> set[str]:
    """All names that are read when these are used, either by them or by the notebook's functions that they call."""
    found = set(names)
    todo = [namespace[name] for name in found if name in namespace]
    seen: set[int] = set()
    while todo and len(seen) < NEEDS_OBJECTS:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        for code in _codes(thing):
            for name in _read_by(code):
                if name not in found:
                    found.add(name)
                    if name in namespace:
                        todo.append(namespace[name])
        todo += _referenced(thing)
    return found


def _codes(thing: Any) -> Iterator[types.CodeType]:
    code = (
        getattr(thing, "__code__", None) if isinstance(thing, types.FunctionType | types.MethodType) else None
    )
    if isinstance(code, types.CodeType):
        yield code


def _referenced(thing: Any) -> list[Any]:
    """The functions that it contains or refers to."""
    found: list[Any] = []
    if isinstance(thing, types.FunctionType):
        found += [cell.cell_contents for cell in thing.__closure__ or () if _has_contents(cell)]
        if (wrapped := thing.__dict__.get("__wrapped__")) is not None:
            found.append(wrapped)
    elif isinstance(thing, types.MethodType):
        found.append(thing.__func__)
    elif isinstance(thing, functools.partial):
        found.append(thing.func)
    elif isinstance(thing, property):
        found += [thing.fget, thing.fset]
    elif isinstance(thing, staticmethod | classmethod):
        found.append(thing.__func__)
    elif isinstance(thing, dict | list | tuple | set) and len(thing) <= NEEDS_INSIDE:
        found += [item for item in (thing.values() if isinstance(thing, dict) else thing) if callable(item)]
    elif isinstance(thing, type):
        if thing.__module__ == "__main__":
            found += [*vars(thing).values(), *thing.__mro__[1:]]
    elif type(thing).__module__ == "__main__":
        found.append(type(thing))
    return found


def _has_contents(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=CODE_READ_KEPT)
def _read_by(code: types.CodeType) -> frozenset[str]:
    names = {step.argval for step in dis.get_instructions(code) if step.opname in GLOBAL_LOADS}
    if names & LOOKUPS_BY_STRING:
        names |= {text for text in code.co_consts if isinstance(text, str) and text.isidentifier()}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _read_by(constant)
    return frozenset(names)
