# Written by gatelab build from autograder/gatelab/handed_out/checking/key_paths.py; change it there.
"""Where something is in nested tuples, lists and dicts."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

Key = int | str
# The keys from the outside in: (1, "sum") is value[1]["sum"].
KeyPath = tuple[Key, ...]
WHOLE: KeyPath = ()  # the value itself


def flatten(value: Any, path: KeyPath = WHOLE) -> dict[KeyPath, Any]:
    """Nested tuples, lists and dicts → path → leaf."""
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(value, tuple | list):
        pairs = enumerate(value)
    elif isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: str(pair[0]))
    else:
        return {path: value}
    found: dict[KeyPath, Any] = {}
    for key, part in pairs:
        found |= flatten(part, (*path, as_key(key)))
    return found


def as_key(key: Any) -> Key:
    """A key of a dict as it is in a path: numbers and texts as they are, anything else by its text."""
    return key if type(key) in (int, str) else str(key)


def rebuilt(value: Any, leaves: dict[KeyPath, Any], path: KeyPath = WHOLE) -> Any:
    """`value` again, with the leaves replaced."""
    if isinstance(value, tuple | list):
        parts = [rebuilt(part, leaves, (*path, k)) for k, part in enumerate(value)]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        again = copy.copy(value)  # a defaultdict stays one
        for key, part in value.items():
            again[key] = rebuilt(part, leaves, (*path, as_key(key)))
        return again
    return leaves[path]


def part_at(value: Any, path: KeyPath) -> Any:
    """The part of a value at a path."""
    for key in path:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        value = next(part for name, part in pairs if as_key(name) == key)
    return value


def in_brackets(path: KeyPath) -> str:
    """[1][sum], as messages show where in an argument something is."""
    return "".join(f"[{key}]" for key in path)


def as_text(path: KeyPath) -> str:
    """1.sum, a text from which numbers are drawn; nothing is read out of it."""
    return ".".join(map(str, path))
