# Written by gatelab build from autograder/gatelab/handed_out/handin/run.py; change it there.
"""Runs a notebook's cells and its public checks, and prints one line of JSON for each check.

    python -m PACKAGE.handin.run NOTEBOOK '{"checks": ["q1", …], "ended": [], "all": false, "seconds": 60, "parent": 123}'

It is a separate process, which ends with its parent, so that whatever a student's code prints, changes or ends affects nothing else. Experiments take minutes and
no check needs them, so only the imports, definitions and constants in their cells are run, unless `all` is true. The answers to
questions in `ended` have ended or blocked an earlier process, so they are not called again.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from .. import given, limits, progress, runs
from ..checking.patience import Running
from ..marks import is_experiment
from . import notebook
from .limit import limited

CHECK = re.compile(r"\s*grader\.(check|check_all|export)\(")


class Pipe:
    """The pipe to the process that waits for the outcomes. The cells' own output is discarded."""

    def __init__(self) -> None:
        self._pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def tell(self, **what: Any) -> None:
        self._pipe.write(json.dumps(what) + "\n")
        self._pipe.flush()

    def last(self, **what: Any) -> NoReturn:
        self.tell(**what)
        os._exit(0)


def main(path: Path, checks: list[str], ended: list[str], all: bool, seconds: float, parent: int) -> None:
    """Run the cells from top to bottom, then the checks. `seconds`: the CPU time for a cell or a check."""
    if os.name != "nt":  # Windows does not tell that a parent has ended
        threading.Thread(target=_end_with, args=[parent], daemon=True).start()
    pipe = Pipe()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ["MPLBACKEND"] = "agg"
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have set it to be ignored
    shell = _shell()
    read = notebook.read(path)
    _run_cells(shell, read, all, seconds, pipe)
    names = {question["id"]: question["names"] for question in progress.table()["questions"]}
    for id in ended:
        _replace_by_error(id, names[id], shell.user_ns)
    for id in checks:
        pipe.tell(begins=id)
        too_long = partial(_too_long, id)
        with limited(seconds, shell.user_ns, partial(_report_and_exit, pipe, too_long)) as places:
            try:
                outcome = _checked(id, shell.user_ns)
            except KeyboardInterrupt:
                if not places:
                    raise
                outcome = too_long(places[0])
                _replace_by_error(id, names[id], shell.user_ns)
        pipe.tell(**outcome)


def _end_with(parent: int) -> None:
    """End this process, and what the cells have started, when the one that waits for it has ended."""
    while os.getppid() == parent:
        time.sleep(limits.LOOK_SECONDS)
    os.killpg(0, signal.SIGKILL)


def _run_cells(shell: Any, read: notebook.Notebook, everything: bool, seconds: float, pipe: Pipe) -> None:
    """Run the cells, and report the first failure outside of experiments, and the first cell that needs one."""
    failed = needed = False
    left_out: dict[str, int] = {}  # name → the experiment's cell that would give it, or what it is made from
    for number, text in read.code():
        if CHECK.match(text):
            continue
        experiment = is_experiment(read.cells[number - 1])
        if experiment and not everything:
            quick = _quick_statements(shell.transform_cell(text))
            left_out |= dict.fromkeys(_bound(text) - _bound(quick), number)
            text = quick
        place = f"cell {number}"
        pipe.tell(begins=place)
        limit = seconds * (limits.EXPERIMENT_TIMES if experiment else 1)
        ended = partial(_endless, number)
        with limited(limit, shell.user_ns, partial(_report_and_exit, pipe, ended)) as places:
            result = shell.run_cell(text, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        if places:
            pipe.tell(**ended(places[0]))
        elif experiment or not error or isinstance(error, NotImplementedError):
            continue
        elif (name := runs.unknown(error)) in left_out:
            if not needed:
                pipe.tell(remark=_needs_experiment(number, name, left_out[name]))
            needed = True
            left_out |= dict.fromkeys(_bound(text) - shell.user_ns.keys(), left_out[name])
        elif not failed:
            failed = True
            why = runs.tell(number).failure(of="")
            pipe.tell(remark=f"{place} fails ({why}); what it gives is not there for the cells below it.")


def _report_and_exit(
    pipe: Pipe, message: Callable[[Running | None], dict[str, str]], place: Running | None
) -> None:
    """Report what was running and end the process, because the code cannot be interrupted."""
    pipe.last(**message(place))


def _needs_experiment(number: int, name: str, experiment: int) -> str:
    """The remark on a cell that stopped at a name which an experiment above it gives."""
    return (
        f"cell {number} needs `{name}`, which cell {experiment} gives: an experiment, which is run only with `--all`. So cell {number} "
        "was not run to its end."
    )


def _bound(text: str) -> set[str]:
    """The names that a cell's text binds; none if it is not valid Python."""
    with contextlib.suppress(SyntaxError, ValueError):
        return set(given.bound(progress.statements(text)))
    return set()


def _endless(number: int, place: Running | None) -> dict[str, str]:
    """The remark on a cell that was stopped."""
    where = f" in {place.words(of='')}" if place else ""
    return {"remark": f"cell {number} did not end and was stopped{where}\nIs there an endless loop?"}


def _too_long(id: str, place: Running | None) -> dict[str, str]:
    """The outcome of a check that was stopped."""
    where = f" in {place.words()}" if place else ""
    return {
        "id": id,
        "state": "not yet",
        "says": f"This check did not end and was stopped{where}\nIs there an endless loop?",
    }


def _replace_by_error(id: str, names: list[str], namespace: dict[str, Any]) -> None:
    """From now on, an answer that did not end fails at once if another answer calls it."""

    def stopped(name: str, *_: Any, **__: Any) -> NoReturn:
        raise RuntimeError(f"`{name}` is the answer to {id}, whose check did not end: look at {id} first")

    namespace |= {name: partial(stopped, name) for name in names if callable(namespace.get(name))}


def _shell() -> Any:
    """IPython's shell, so that a cell means the same as in Jupyter. It shows no errors, because the checks report them."""
    if importlib.util.find_spec("matplotlib") is not None:  # a lab may plot nothing
        import matplotlib

        matplotlib.use("agg")
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    shell: Any = InteractiveShell.instance(config=settings)
    shell.showtraceback = shell.showsyntaxerror = lambda *given, **named: None
    shell.ask_exit = lambda: None  # `exit()` does not end anything in the grader either
    runs.listen()
    runs.EVERY_CELL = True
    shell.user_ns["__name__"] = "__main__"
    return shell


def _quick_statements(text: str) -> str:
    """The statements of an experiment's cell that take no time: imports, definitions, constants, and otter's grader."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return ""
    return "\n".join(ast.unparse(statement) for statement in body if _is_quick(statement))


def _is_quick(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
        return True
    if not isinstance(statement, ast.Assign):
        return False
    if ast.unparse(statement.value).startswith("otter.Notebook("):
        return True
    try:
        ast.literal_eval(statement.value)
    except ValueError:
        return False
    return True


def _checked(id: str, names: dict[str, Any]) -> dict[str, str]:
    """One check's outcome: `state` and, if it did not pass, `says` and the name that was `unknown`, if any."""
    from otter.execute import Checker
    from otter.nbmeta_config import NBMetadataConfig

    from ..checking.check import TESTS, failure

    try:
        result = Checker.check(str(TESTS / f"{id}.py"), NBMetadataConfig(), None, names)
    except Exception as error:
        says = f"{type(error).__name__}: {error}"
        return {"id": id, "state": "not yet", "says": says, "unknown": runs.unknown(error)}
    if result.passed_all:
        return {"id": id, "state": "passed", "says": ""}
    found = failure(next(one.test_case for one in result.test_case_results if not one.passed))
    state = "not yet" if found.written else "not written"
    return {"id": id, "state": state, "says": found.says, "unknown": found.unknown}


if __name__ == "__main__":
    main(Path(sys.argv[1]), **json.loads(sys.argv[2]))
