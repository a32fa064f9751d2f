"""What an error's own text does not say and the code shows: the name that was meant, the sizes that did not fit, a cell not run.

Every sentence is true of the notebook, or asks a question. None of them names a step of the answer.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from types import FrameType, ModuleType
from typing import Any

from torch import Tensor, nn

from .. import progress, runs
from ..near import nearest
from .record import Call, flatten

IMPORTED = frozenset(
    {"torch", "nn", "F", "np", "numpy", "math", "random"}
)  # names that a set-up cell imports
SIZES = re.compile(
    r"\bshapes?\b|\bsizes?\b|size of tensor|dimension|unpack|must match|out of range|out of bounds|broadcast",
    re.IGNORECASE,
)
ALIKE = 0.75  # share of a name's letters that must agree for a typing error


def lead(call: Call, namespace: dict[str, Any]) -> str:
    """A sentence to follow a call's error; "" where there is nothing to say."""
    error = call.error
    if isinstance(error, NameError):
        return _unknown(error, namespace)
    if isinstance(error, AttributeError):
        return _no_attribute(error, namespace)
    if isinstance(error, TypeError) and (said := _no_start(call, namespace)):
        return said
    if isinstance(error, RuntimeError | IndexError | ValueError) and SIZES.search(str(error)):
        return _sizes(call)
    return ""


def own_frames(error: BaseException, namespace: dict[str, Any]) -> list[tuple[FrameType, int]]:
    """The frames of the notebook's own code through which an error came, the innermost last, and their lines."""
    walked = traceback.walk_tb(error.__traceback__)
    return [(frame, line) for frame, line in walked if frame.f_globals is namespace]


def meant(name: str, among: Iterable[str]) -> str:
    """The most similar of some names, ignoring case and underscores; "" where none is similar."""
    plainest_first = sorted(  # `sigmoid` before `sigmoid_`
        (one for one in among if not one.startswith("__")), key=lambda one: (one.count("_"), one)
    )
    found = nearest(name, plainest_first, _plain, ALIKE)
    return found[0] if found and found[0] != name else ""


def instead_of(name: str, namespace: dict[str, Any]) -> str:
    """A sentence that the notebook has a name similar to the missing one; "" where it has none."""
    asked = {own for question in progress.table()["questions"] for own in question["names"]}
    kind = [
        key
        for key, value in namespace.items()
        if key not in asked and not key.startswith("_") and (callable(value) or isinstance(value, dict))
    ]
    other = meant(name, kind)
    return f" There is `{other}`; is that your answer? It must be called `{name}`." if other else ""


def still_a_stub(call: Call, namespace: dict[str, Any]) -> str:
    """Where the stub's line still is, and whether an answer of that name was run earlier."""
    assert call.error is not None
    said = ""
    if frames := own_frames(call.error, namespace):
        frame, line = frames[-1]
        at = runs.own_line(frame.f_code.co_filename, line)
        said = (
            f" Line {at} of its cell, in `{frame.f_code.co_name}`, is `raise NotImplementedError(…)`: "
            "replace that line with your code."
        )
    name = call.function.partition(".")[0]
    if runs.answered_before(name):
        said += f" (Another cell that defines `{name}` was run earlier; the one that was run last counts.)"
    return said


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def _unknown(error: NameError, namespace: dict[str, Any]) -> str:
    name = getattr(error, "name", None) or ""
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
    frames = own_frames(error, namespace)
    there = [*frames[-1][0].f_locals, *namespace] if frames else list(namespace)
    if len(name) > 1 and (other := meant(name, there)):
        return f"Did you mean `{other}`?"
    if len(name) == 1 and name.isupper():
        return (
            f"The `{name}` of a docstring or a text names a size; it is not a variable. Read the size off a tensor that was "
            "passed in: its `.shape`."
        )
    return ""


def _no_attribute(error: AttributeError, namespace: dict[str, Any]) -> str:
    name, of = getattr(error, "name", None) or "", getattr(error, "obj", None)
    if not name:
        return ""
    if isinstance(of, ModuleType):
        other = meant(name, dir(of))
        return f"Did you mean `{other}`?" if other else ""
    if isinstance(of, nn.Module):
        if callable(namespace.get(name)):
            return f"`{name}` is a function of the notebook, not of the object: call it without `self`."
        other = meant(name, [*of._modules, *of._parameters, *vars(of), *vars(type(of))])
        return f"Did you mean `{other}`?" if other else ""
    for taken in IMPORTED & namespace.keys():
        if namespace[taken] is of and not isinstance(of, ModuleType):
            return (
                f"`{taken}` is no longer a module: a cell gave the name another value ({type(of).__name__}). Give that value "
                f"another name, and run the cell that imports `{taken}` again."
            )
    return ""


def _no_start(call: Call, namespace: dict[str, Any]) -> str:
    """A class whose `__init__` is misspelt takes no arguments."""
    own = namespace.get(call.function)
    if not isinstance(own, type) or "__init__" in vars(own):
        return ""
    other = next(
        (name for name in vars(own) if name.strip("_") in ("init", "int") and name != "__init__"), ""
    )
    return f"It has `{other}`; Python looks for `__init__`, two underscores on each side." if other else ""


def _sizes(call: Call) -> str:
    """The shapes of the arguments."""
    shapes = [
        f"{call.name_of(path)} {tuple(value.shape)}"
        for path, value in flatten(call.arguments).items()
        if isinstance(value, Tensor) and call.names
    ]
    return f"The arguments were {', '.join(shapes)}." if 0 < len(shapes) <= 10 else ""
