"""Whether two answers to the same request are the same.

Staff's code takes the place of a student's, so only the last digits may differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gatelab.handed_out.checking.equal import DRAWN, REPLAYED, alike

# A name in an exception's message, and whether it is the type of an object, which is not the student's choice.
QUOTED = re.compile(r"""(["'`])([^"'`]*)\1( object\b)?""")


def equal_answers(
    mine: dict[str, Any], theirs: dict[str, Any], request: dict[str, Any] | None = None
) -> bool:
    """Whether two answers to the same request are the same."""
    if bool(mine.get("error")) != bool(theirs.get("error")) or mine.get("left") != theirs.get("left"):
        return False
    if mine.get("error"):
        return _type_and_message(mine["error"], request) == _type_and_message(theirs["error"], request)
    by = DRAWN if request is not None and request["op"] == "state_dict" else REPLAYED
    return all(alike(mine.get(key), theirs.get(key), by) for key in ("value", "grads", "after")) and bool(
        mine.get("grad_error")
    ) == bool(theirs.get("grad_error"))


def _type_and_message(error: dict[str, str], request: dict[str, Any] | None) -> tuple[str, str]:
    """Type and message of an exception. Names that the request does not mention are the student's own and are ignored."""
    asked = set(_texts(request))

    def without_own_name(name: re.Match[str]) -> str:
        return name[0] if name[3] or name[2] in asked else '"…"'

    return error["type"], QUOTED.sub(without_own_name, error["message"])


def _texts(value: Any) -> Iterator[str]:
    """All strings in a nested value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
