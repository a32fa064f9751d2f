"""The untouched release, run and called: everything a question asks for raises NotImplementedError by itself.

One stub that answers for a whole class would leave the others unseen: their solutions, or nothing at all, could
stand where students should write.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat

from gatelab.build.errors import BuildError
from gatelab.build.regions import is_solution, question_id
from gatelab.lab import Lab

SECONDS = 300  # importing torch on a busy machine
SKIP = "experiment"  # the tag of cells that no grading needs


def check(release: Path, lab: Lab, stubbed: dict[str, set[str]]) -> None:
    """Raise BuildError unless each function and method with a stub raises its own NotImplementedError when called.

    stubbed: grade_id of a solution cell → names with a stub of their own, `LSTM.forward`; "" for the cell itself.

    The cells are run in a process of their own, in the release's folder.
    """
    notebook = nbformat.read(release / lab.notebook, as_version=4)
    cells = []
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        check_cell = mark.get("grade") and not mark.get("solution")
        if cell.cell_type != "code" or check_cell or SKIP in cell.metadata.get("tags", []):
            continue
        own = is_solution(cell)
        cells.append(
            {
                "source": cell.source,
                "question": question_id(cell) if own else "",
                "stubbed": sorted(stubbed.get(mark.get("grade_id"), ())) if own else [],
            }
        )
    for fault in _asked(cells, release):
        raise BuildError(f"{lab.notebook} of the untouched release: {fault}.")


def _asked(cells: list[dict[str, Any]], release: Path) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="gatelab-untouched-") as scratch:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLCONFIGDIR": scratch,
        }
        answer = Path(scratch) / "answer.json"
        command = [sys.executable, "-m", "gatelab.build.untouched", str(answer)]
        try:
            done = subprocess.run(
                command,
                input=json.dumps(cells),
                cwd=release,
                env=environment,
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise BuildError(f"The untouched release was still running after {SECONDS} s.") from error
        if done.returncode or not answer.is_file():
            last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise BuildError(f"The untouched release could not be run: {last}.")
        return json.loads(answer.read_text(encoding="utf-8"))


def faults(cells: list[dict[str, Any]]) -> Iterator[str]:
    """Run the cells one after the other, call what has a stub, and tell what did not raise its own."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        id, stubbed = cell["question"], cell["stubbed"]
        outcome = _outcome(lambda source=cell["source"]: exec(compile(source, "<cell>", "exec"), names), id)
        if "" in stubbed and outcome != "stub":
            yield f"the cell of {id} does not stop at its stub, it {outcome}"
        if "" not in stubbed and outcome != "returned":
            yield f"the cell that starts {cell['source'].lstrip().split(chr(10))[0][:50]!r} {outcome}"
        for name in stubbed:
            if name:
                outcome = _outcome(lambda name=name: _call(names, name), id)
                if outcome != "stub":
                    yield f"{name} of {id} does not raise the NotImplementedError of its own stub when it is called, it {outcome}"


def _call(names: dict[str, Any], name: str) -> Any:
    """Call a function, or a method on an object whose own __init__ has not run, with None for everything."""
    owner, _, method = name.partition(".")
    value = names[owner]
    if not method:
        return value(*_blanks(value))
    plain = inspect.getattr_static(value, method)
    if isinstance(plain, property):
        return plain.fget(value.__new__(value))
    if isinstance(plain, staticmethod):
        return plain.__func__(*_blanks(plain.__func__))
    function = plain.__func__ if isinstance(plain, classmethod) else plain
    first = value if isinstance(plain, classmethod) else value.__new__(value)
    return function(first, *_blanks(function)[1:])


def _blanks(function: Callable) -> list[None]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        None
        for p in inspect.signature(function).parameters.values()
        if p.kind in kinds and p.default is p.empty
    ]


def _outcome(act: Callable[[], Any], id: str) -> str:
    """`stub` where this question's stub was raised, else what happened, for a sentence."""
    try:
        act()
    except NotImplementedError as error:
        own = bool(id) and str(error) == f"{id}: not written yet"
        return "stub" if own else f"raised NotImplementedError({str(error)!r})"
    except Exception as error:
        return f"raised {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(
            ": "
        )
    return "returned"


def main(answer: str) -> None:
    """The process of its own: cells come in on stdin, what is wrong goes to a file."""
    sys.path.insert(0, os.getcwd())  # seqlab lies beside the notebook
    cells = json.load(sys.stdin)
    told = list(faults(cells))
    Path(answer).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
