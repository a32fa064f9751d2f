# Written by gatelab build from autograder/gatelab/handed_out/checking/missing_self.py; change it there.
"""Recognises a method that was written without `self`: its first argument is then the object itself."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor

from .where import Place, places

OTHER_WORDS = frozenset({"self", "this", "me", "my", "cls", "obj", "_self"})  # that some write for the object


def says(error: BaseException, namespace: dict[str, Any]) -> str:
    """A sentence about the method in which the error arose, if it lacks `self`; "" if it does not."""
    return next(filter(None, (_says(place, error) for place in reversed(places(error, namespace)))), "")


def _says(place: Place, error: BaseException) -> str:
    code = place.frame.f_code
    if code.co_argcount == 0 or code.co_varnames[0] in OTHER_WORDS:
        return ""
    first = code.co_varnames[0]
    own = place.arguments.get(first)
    if not _is_method_of(own, place) or not ("self" in code.co_names or _taken_for_tensor(own, error)):
        return ""
    kind, name = type(own).__name__, code.co_name
    return (
        f"The first argument of a method is the object itself, so `{first}` is the `{kind}` here: "
        f"`self` is missing before it in `def {name}(…)`."
    )


def _is_method_of(own: Any, place: Place) -> bool:
    """Whether the place is in a method of that object's class."""
    methods = (vars(cls).get(place.frame.f_code.co_name) for cls in type(own).__mro__)
    return any(
        inspect.isfunction(method) and inspect.unwrap(method).__code__ is place.frame.f_code
        for method in methods
    )


def _taken_for_tensor(own: Any, error: BaseException) -> bool:
    """Whether the error says that the object was used as only a tensor can be."""
    if isinstance(error, AttributeError):
        return error.obj is own and hasattr(Tensor, error.name or "")
    return isinstance(error, TypeError) and type(own).__name__ in str(error)
