"""Whether two answers to the same request are the same.

handed_out/checking/equal.py walks through answers too. It is closer to a student's eye: of other values only the types count, and a list
is a tuple. Here staff's code stands in for a student's, so nothing may differ but the last digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

TOLERANCE = {torch.float64: 1e-7, torch.float32: 1e-4}
# A name in an exception's message, and whether it is the type of an object, which no student chose.
QUOTED = re.compile(r"""(["'`])([^"'`]*)\1( object\b)?""")


def equal_answers(
    mine: dict[str, Any], theirs: dict[str, Any], request: dict[str, Any] | None = None
) -> bool:
    """Whether two answers to the same request are the same."""
    if bool(mine.get("error")) != bool(theirs.get("error")) or mine.get("left") != theirs.get("left"):
        return False
    if mine.get("error"):
        return _type_and_message(mine["error"], request) == _type_and_message(theirs["error"], request)
    # The random numbers of a new layer depend on the order of drawing; their shapes do not.
    loosely = request is not None and request["op"] == "state_dict"
    return all(
        _equal(mine.get(key), theirs.get(key), loosely) for key in ("value", "grads", "after")
    ) and bool(mine.get("grad_error")) == bool(theirs.get("grad_error"))


def _type_and_message(error: dict[str, str], request: dict[str, Any] | None) -> tuple[str, str]:
    """Type and message of an exception. Names that the request does not mention are the student's own and do not count."""
    asked = set(_texts(request))

    def anybodys(name: re.Match[str]) -> str:
        return name[0] if name[3] or name[2] in asked else '"…"'

    return error["type"], QUOTED.sub(anybodys, error["message"])


def _texts(value: Any) -> Iterator[str]:
    """The keys and texts in a nested value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _equal(a: Any, b: Any, loosely: bool) -> bool:
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        tolerance = TOLERANCE.get(a.dtype, 0.0)
        return loosely or torch.allclose(
            a.double(), b.double(), rtol=tolerance, atol=tolerance, equal_nan=True
        )
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return _equal(torch.from_numpy(a), torch.from_numpy(b), loosely)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return False
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key], loosely) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return (
            type(a) is type(b)
            and len(a) == len(b)
            and all(_equal(x, y, loosely) for x, y in zip(a, b, strict=True))
        )
    if isinstance(a, float) and isinstance(b, float):
        return a == b or abs(a - b) <= 1e-6 * max(abs(a), abs(b)) or (a != a and b != b)
    return type(a) is type(b) and a == b
