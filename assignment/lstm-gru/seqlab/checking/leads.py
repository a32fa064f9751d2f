# Written by gatelab build from autograder/gatelab/handed_out/checking/leads.py; change it there.
"""Adds to an error what its text does not say but the code shows: the name that was meant, the sizes that did not fit, a cell that
was not run.

Every sentence is true of the notebook, or asks a question. None of them reveals a step of the answer.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import inspect
import itertools
import linecache
import re
import traceback
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from .. import given, limits, progress, runs
from ..near import NOT_THE_NOTEBOOKS, similar_name
from . import missing_self
from .calling import Contract
from .key_paths import flatten
from .plain import meaning
from .record import Call
from .terms import TERMS
from .where import Place, last_frame, places, raised_there

IMPORTED = frozenset(
    {"torch", "nn", "F", "np", "numpy", "math", "random"}
)  # names that a set-up cell imports
# Python's own functions that answers call; others are never meant.
# fmt: off
BUILT_IN = [
    "abs", "all", "any", "bool", "dict", "enumerate", "float", "int", "isinstance", "len", "list", "map", "max",
    "min", "next", "print", "range", "reversed", "round", "set", "sorted", "sum", "super", "tuple", "zip",
]
# fmt: on
SIZES = re.compile(
    r"\bshapes?\b|\bsizes?\b|size of tensor|dimension|unpack|must match|out of range|out of bounds|broadcast",
    re.IGNORECASE,
)


def after_error(call: Call, namespace: dict[str, Any]) -> list[str]:
    """The sentences that follow a call's error; some may be ""."""
    error = call.error
    assert error is not None
    if isinstance(error, Contract):  # its text says everything
        return [outside(call.method, namespace)]
    if (
        sure := missing_self.says(error, namespace)
        or _layer_used_as_class(error, namespace)
        or _not_callable(error, namespace)
        or _parameter_of_no_tensor(error)
    ):
        return [sure]
    lead = _lead(call, namespace)
    # About a missing attribute, the code says more than the error's type.
    if lead and isinstance(error, AttributeError):
        return [lead]
    return [meaning(type(error).__name__, str(error)), lead]


def instead_of(name: str, namespace: dict[str, Any]) -> str:
    """A sentence that the notebook has a name similar to the missing one; "" if it has none."""
    asked = {own for question in progress.table()["questions"] for own in question["names"]}
    kind = [
        key
        for key, value in namespace.items()
        if key not in asked | NOT_THE_NOTEBOOKS
        and (callable(value) or isinstance(value, dict))
        and not given.is_given(key, runs.binding_line(key))
    ]
    other = similar_name(name, kind)
    return f" There is `{other}`; is that your answer? It must be called `{name}`." if other else ""


def unfinished(question: str, call: Call, namespace: dict[str, Any]) -> str:
    """The sentence if a stub's line ended the call although code of the student's stands beside it; "" if none does."""
    assert call.error is not None
    through = places(call.error, namespace)
    if not through:
        return ""
    last, where = through[-1], ""
    source = linecache.getlines(last.file)
    with contextlib.suppress(SyntaxError, ValueError):
        where = given.beside(ast.parse("".join(source)), last.line, source, given.lines())
    if not where:
        return ""
    return (
        f"{question} is not finished: line {last.number} of its cell, in `{last.frame.f_code.co_name}`, is still "
        f"`raise NotImplementedError(…)`, which ends the call. There is code {where} it: if that is your answer, delete the line."
        f"{_run_earlier(call)}"
    )


def still_a_stub(call: Call, namespace: dict[str, Any]) -> str:
    """Sentences that say where the stub's line still is, and whether an answer of that name was run earlier."""
    assert call.error is not None
    said = ""
    if through := places(call.error, namespace):
        said = (
            f" Line {through[-1].number} of its cell, in `{through[-1].frame.f_code.co_name}`, is `raise NotImplementedError(…)`: "
            "replace that line with your code."
        )
    return said + _run_earlier(call)


def _run_earlier(call: Call) -> str:
    if not runs.answered_before(call.group):
        return ""
    return f" (Another cell that defines `{call.group}` was run earlier; the one that was run last counts.)"


def outside(method: str, namespace: dict[str, Any]) -> str:
    """A sentence that a function of the notebook looks like a method that was not indented; "" if there is none."""
    own = namespace.get(method)
    if not inspect.isfunction(own) or next(iter(inspect.signature(own).parameters), "") != "self":
        return ""
    return f"A function `{method}` with `self` is outside of any class: indent it (all of its lines), so that it is in the class."


def _lead(call: Call, namespace: dict[str, Any]) -> str:
    error = call.error
    if isinstance(error, NameError):
        # If a name has no value yet, plain.py explains why.
        return _unknown(error, namespace) if runs.unknown(error) else ""
    if isinstance(error, AttributeError):
        return _no_attribute(error, namespace)
    if isinstance(error, TypeError) and (said := _misspelt_init(call, namespace)):
        return said
    if isinstance(error, ValueError) and (said := _split_misread(error, namespace)):
        return said
    if isinstance(error, RuntimeError | IndexError | ValueError) and SIZES.search(str(error)):
        return _argument_shapes(call)
    return ""


def _unknown(error: NameError, namespace: dict[str, Any]) -> str:
    name = runs.unknown(error)
    if broken := runs.not_imported(name):
        return broken
    owner = next((q["id"] for q in progress.table()["questions"] if name in q["names"]), "")
    if owner and name not in namespace:
        if runs.EVERY_CELL:
            return f"`{name}` is the answer to {owner}: look at {owner} first."
        return f"`{name}` is the answer to {owner}: run its cell. After a restart of the kernel, run every cell again, from the top."
    if name in IMPORTED:
        if runs.EVERY_CELL:
            return f"No cell imports `{name}`."
        return (
            f"Is the cell that imports `{name}` not run yet? After a restart of the kernel, run every cell again, "
            "from the top."
        )
    through = places(error, namespace)
    known = through[-1].frame.f_locals if through else {}
    if len(name) == 1:
        return _one_letter(name, known, through[-1].arguments if through else {})
    if other := _closest_name(name, known, namespace):
        return f"Did you mean `{other}`?"
    tensor = next((key for key, value in known.items() if isinstance(value, Tensor)), "")
    if name == "device" and tensor:
        return f"No cell that was run gives `device` a value. What is new belongs on the device of the arguments: `device={tensor}.device`."
    return ""


def _closest_name(name: str, known: Mapping[str, Any], namespace: dict[str, Any]) -> str:
    """The most similar name in the function itself, else in the notebook, else among Python's own."""
    there = [key for key in namespace if key not in NOT_THE_NOTEBOOKS]
    return similar_name(name, known) or similar_name(name, there) or similar_name(name, BUILT_IN)


def _one_letter(name: str, known: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    """The letter of an axis is not a variable; another capital letter may be a typing error."""
    axes = TERMS.get().axes
    if name.lower() in known and name not in axes and name.isupper():
        return f"Did you mean `{name.lower()}`?"
    if not name.isupper() or (axes and name not in axes):
        return ""
    said = f"The `{name}` of a docstring or a text names a size; it is not a variable."
    if any(isinstance(value, Tensor) for value in arguments.values()):
        return f"{said} Read the size off a tensor that was passed in: its `.shape`."
    numbers = [f"`{key}`" for key, value in arguments.items() if type(value) is int]
    return f"{said} Which of the arguments is it: {', '.join(numbers)}?" if numbers else said


def _no_attribute(error: AttributeError, namespace: dict[str, Any]) -> str:
    name, of = getattr(error, "name", None) or "", getattr(error, "obj", None)
    if not name:
        return ""
    if isinstance(of, ModuleType | Tensor):
        other = similar_name(name, dir(of))
        return f"Did you mean `{other}`?" if other else ""
    if isinstance(of, nn.Module):
        if dedented := outside(name, namespace):
            return dedented
        if callable(namespace.get(name)):
            return f"`{name}` is a function of the notebook, not of the object: call it without `self`."
        if other := similar_name(name, [*of._modules, *of._parameters, *vars(of), *vars(type(of))]):
            return f"Did you mean `{other}`?"
    return _name_was_rebound(error, name, of, namespace)


def _name_was_rebound(error: AttributeError, name: str, of: Any, namespace: dict[str, Any]) -> str:
    """A sentence about the name before the dot, if it is not what the line takes it for: an import that was given another value, or a
    global name that a function takes for one of its own."""
    through = places(error, namespace)
    if not through or not raised_there(error, through[-1]):
        return ""
    place = through[-1]
    before = _names_in(place, rf"\s*\.\s*{re.escape(name)}\b")
    taken = next((one for one in before if _value(one, place, namespace) is of), "")
    kind = type(of).__name__
    if taken in place.frame.f_locals:
        if taken in IMPORTED:
            return (
                f"In this function `{taken}` is of type {kind}, not the module: give that value another name."
            )
        return ""
    if taken in IMPORTED:
        return (
            f"`{taken}` is no longer a module: a cell gave the name another value ({kind}). Give that value "
            f"another name, and run the cell that imports `{taken}` again."
        )
    if taken and place.inside:
        return (
            f"`{taken}` is not an argument of `{place.function}`, and gets no value in it, so it is the `{taken}` of another "
            f"cell, here of type {kind}. Which argument is meant?"
        )
    return ""


def _not_callable(error: BaseException, namespace: dict[str, Any]) -> str:
    """A sentence about a name that is called but is not a function, because it was given another value."""
    through = places(error, namespace)
    if not isinstance(error, TypeError) or "object is not callable" not in str(error) or not through:
        return ""
    place = through[-1]
    if not raised_there(error, place):
        return ""
    for name in _names_in(place, r"\s*\("):
        value = _value(name, place, namespace)
        if value is None or callable(value) or f"'{type(value).__name__}'" not in str(error):
            continue
        if not hasattr(builtins, name):
            return f"`{name}` is of type {type(value).__name__} here, and `{name}(…)` calls it."
        if name in place.frame.f_locals:
            return f"In this function `{name}` is of type {type(value).__name__}, not Python's own `{name}`: give that value another name."
        return (
            f"`{name}` is no longer Python's own: a cell gave the name another value ({type(value).__name__}). Give that value another "
            f"name, and run `del {name}` once or restart the kernel."
        )
    return ""


def _layer_used_as_class(error: BaseException, namespace: dict[str, Any]) -> str:
    """A sentence about an argument of `__init__` that is a layer, but is called there as if it were the layer's class."""
    walked = list(traceback.walk_tb(error.__traceback__))
    for (frame, line), (inner, _) in itertools.pairwise(walked):
        if frame.f_globals is not namespace or frame.f_code.co_name != "__init__":
            continue
        place, layer = Place(frame, line), inner.f_locals.get("self")
        for name in _names_in(place, r"\s*\("):
            if isinstance(layer, nn.Module) and place.arguments.get(name) is layer:
                return (
                    f"`{name}` is not a class but a layer that is already built, and `{name}(…)` in `__init__` runs it. Keep it as it "
                    f"is (`self.… = {name}`), and call it in `forward`."
                )
    return ""


def _parameter_of_no_tensor(error: BaseException) -> str:
    """A sentence if nn.Parameter was given something that is not a tensor: torch then fails in its own code, which uses `.detach`."""
    frame = last_frame(error)
    if (
        not isinstance(error, AttributeError)
        or frame is None
        or frame.f_code is not nn.Parameter.__new__.__code__
    ):
        return ""
    return f"`nn.Parameter` takes a tensor; it was given a value of type {type(error.obj).__name__}."


def _split_misread(error: ValueError, namespace: dict[str, Any]) -> str:
    """A sentence if `split` was taken for a function that makes a given number of parts."""
    through = places(error, namespace)
    wanted = re.search(r"to unpack \(expected (\d+)", str(error))
    if wanted is None or not through or not raised_there(error, through[-1]):
        return ""
    number = wanted[1]
    # Only the size alone: neither a product with it nor the dimension.
    if not re.search(
        rf"(?:torch\.split\([^,()]*,|(?<!torch)\.split\()\s*{number}\s*[,)]", through[-1].source
    ):
        return ""
    return f"`split` with {number} makes parts of length {number}, as many as there are; it does not make {number} parts."


def _names_in(place: Place, before: str) -> list[str]:
    """The names in a line that come before something: a dot and an attribute, a bracket."""
    found: list[str] = re.findall(rf"(?<![\w.])([^\W\d]\w*){before}", place.source)
    return found


def _value(name: str, place: Place, namespace: dict[str, Any]) -> Any:
    return place.frame.f_locals.get(name, namespace.get(name))


def _misspelt_init(call: Call, namespace: dict[str, Any]) -> str:
    """A sentence about a misspelt `__init__`, without which a class takes no arguments."""
    own = namespace.get(call.function)
    if not isinstance(own, type) or "__init__" in vars(own):
        return ""
    other = next(
        (name for name in vars(own) if name.strip("_") in ("init", "int") and name != "__init__"), ""
    )
    return f"It has `{other}`; Python looks for `__init__`, two underscores on each side." if other else ""


def _argument_shapes(call: Call) -> str:
    """The shapes of the arguments."""
    shapes = [
        f"{call.name_of(path)} {tuple(value.shape)}"
        for path, value in flatten(call.arguments).items()
        if isinstance(value, Tensor) and call.names
    ]
    return f"The arguments were {', '.join(shapes)}." if 0 < len(shapes) <= limits.ARGUMENTS_SHOWN else ""
