"""The process in which `untouched_release` runs the cells of a release and calls its stubs. It imports nothing else of the engine."""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

from gatelab.handed_out import stub
from gatelab.sandbox.confine import libc
from gatelab.text import cell_start


def faults(cells: list[dict[str, Any]]) -> Iterator[str]:
    """Run the cells in order, call every stub, and report each that does not raise its question's error."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        id, stubbed = cell["question"], cell["stubbed"]
        outcome = _outcome(partial(_run, names, cell["source"]), id)
        if "" in stubbed and outcome != "stub":
            yield f"the cell of {id} does not stop at its stub, it {outcome}"
        if "" not in stubbed and outcome != "returned":
            start = cell_start(cell["source"])
            did = "stops at a stub that is outside of all functions" if outcome == "stub" else outcome
            yield f"the cell that starts {start!r} {did}"
        for name in stubbed:
            if name:
                outcome = _outcome(partial(_call, names, name), id)
                if outcome != "stub":
                    yield f"{name} of {id} does not raise the NotImplementedError of its own stub when it is called, it {outcome}"


def _run(names: dict[str, Any], source: str) -> None:
    exec(compile(source, "<cell>", "exec"), names)


def _call(names: dict[str, Any], name: str) -> Any:
    """Call a function, or a method on an object whose __init__ has not been run, with None for every argument."""
    owner, _, method = name.partition(".")
    value = names[owner]
    if not method:
        return value(*_none_arguments(value))
    plain = inspect.getattr_static(value, method)
    if isinstance(plain, property):
        return cast(Callable[[Any], Any], plain.fget)(value.__new__(value))
    if isinstance(plain, staticmethod):
        return plain.__func__(*_none_arguments(plain.__func__))
    function = plain.__func__ if isinstance(plain, classmethod) else plain
    first = value if isinstance(plain, classmethod) else value.__new__(value)
    return function(first, *_none_arguments(function)[1:])


def _none_arguments(function: Callable[..., Any]) -> list[None]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        None
        for p in inspect.signature(function).parameters.values()
        if p.kind in kinds and p.default is p.empty
    ]


def _outcome(act: Callable[[], Any], id: str) -> str:
    """`stub` if this question's stub was raised, otherwise what happened, as part of a sentence."""
    try:
        act()
    except NotImplementedError as error:
        own = bool(id) and str(error) == stub.message(id)
        return "stub" if own else f"raised NotImplementedError({str(error)!r})"
    except Exception as error:
        return f"raised {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(
            ": "
        )
    return "returned"


def main(answer: str) -> None:
    """The entry point of the process: it reads cells from stdin and writes faults to a file."""
    with contextlib.suppress(OSError, AttributeError):
        libc.prctl(
            libc.PR_SET_PDEATHSIG, signal.SIGKILL
        )  # this process dies with `gatelab build`, however that ends
    sys.path.insert(0, os.getcwd())  # the package is next to the notebook
    cells = json.load(sys.stdin)
    found = list(faults(cells))
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
