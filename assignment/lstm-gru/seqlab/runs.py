# Written by gatelab build from autograder/gatelab/handed_out/runs.py; change it there.
"""Records what the notebook's cells did when they were last run, so that a check does not accept an answer that no longer exists.

A cell with a syntax error defines nothing, and the definition of its last successful run remains. In Jupyter every run is recorded,
beginning with the import of this package; elsewhere nothing is recorded or reported.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import linecache
import re
import sys
import traceback
from dataclasses import dataclass, replace
from typing import Any

from . import limits
from .progress import statements
from .stub import is_stub

HOOK = "_checked_runs"  # an attribute of the shell, so that a second import finds it again
NOW = "_checked_run_now"  # another: the cell that is being run, or was the last to be


@dataclass(frozen=True)
class Run:
    """One run of a cell."""

    source: str
    id: str | None  # the cell's ID, if the editor passes it on
    error: BaseException | None
    parsed: bool  # False: no line of it was run
    reported: int = 0  # the number of the cell, if its failure has already been reported

    def defines(self, name: str) -> bool:
        """Whether this text binds `name` at its top level (it may not be valid Python)."""
        return bool(self.binding_line(name))

    def binding_line(self, name: str) -> str:
        """The last line that does; "" if none does."""
        name = re.escape(name)
        form = rf"^(?:(?:async +)?(?:def|class) +{name}\b|{name} *(?::[^=\n]*)?=(?!=)).*"
        return next(reversed(re.findall(form, self.source, re.MULTILINE)), "")

    @property
    def is_stub(self) -> bool:
        """Whether it still contains a stub's line."""
        with contextlib.suppress(SyntaxError, ValueError):
            return any(is_stub(node) for statement in statements(self.source) for node in ast.walk(statement))
        return False

    def imports(self, name: str) -> bool:
        """Whether a line of this text imports something under that name."""
        return bool(
            re.search(
                rf"^ *(?:from +\S+ +)?import +(?:.*\W)?{re.escape(name)} *(?:,|#|$)",
                self.source,
                re.MULTILINE,
            )
        )

    def failure(self, of: str = " of the cell") -> str:
        """The error and the line that it came from; "" if there was none. `of`: whose line it is, if the sentence does not say so."""
        error = self.error
        if error is None:
            return ""
        if (
            getattr(error, "msg", "") == "incomplete input"
        ):  # Jupyter's message; Python's own says what was not closed
            error = _fault(_python(self.source)) or error
        text = " ".join(str(getattr(error, "msg", None) or error).split())[: limits.ERROR_IN_BRACKETS]
        line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
        line = line or _line_of(error, self)
        where = f", line {line + _leading_empty_lines(self.source)}{of}" if line else ""
        said = f"{type(error).__name__}: {text}" if text else type(error).__name__
        return f"{said}{where}"


FIX = "Fix the cell, run it, and check again."
EVERY_CELL = False  # whether the whole notebook was run from top to bottom, so that there is no cell that was not run yet


def listen() -> list[Run]:
    """The runs of this notebook so far, the latest last; the list grows from now on. Empty outside Jupyter."""
    shell = _shell()
    if shell is None or not hasattr(shell, "events"):
        return []
    if not hasattr(shell, HOOK):
        runs: list[Run] = []
        setattr(shell, HOOK, runs)

        def note(result: Any) -> None:
            if run := _run(result):
                runs.append(run)
                del runs[: -limits.RUNS_KEPT]

        note(getattr(shell, "last_execution_result", None))
        shell.events.register("post_run_cell", note)
        shell.events.register("pre_run_cell", lambda info: setattr(shell, NOW, info))
    known: list[Run] = getattr(shell, HOOK)
    return known


def running() -> list[Run]:
    """The cell that is being run, which is not among the runs yet: a check may stand below the answer in one cell. Empty outside Jupyter."""
    info = getattr(_shell(), NOW, None)
    source = getattr(info, "raw_cell", None)
    return (
        [Run(source, getattr(info, "cell_id", None), None, _parses(source))]
        if isinstance(source, str)
        else []
    )


def tell(number: int) -> Run:
    """The last run, which was of the cell with this number. Its failure is being reported now; later messages refer to that report."""
    runs = listen()
    runs[-1] = replace(runs[-1], reported=number)
    return runs[-1]


def unknown(error: BaseException | None) -> str:
    """The name that Python did not find; "" for any other error, such as a local name without a value yet."""
    if (
        not isinstance(error, NameError)
        or isinstance(error, UnboundLocalError)
        or "free variable" in str(error)
    ):
        return ""
    name = getattr(error, "name", None)
    return name if isinstance(name, str) else ""


@dataclass(frozen=True)
class Failed:
    """The last run of the cell that defines a name failed."""

    says: str
    error: BaseException


def failed(name: str, value: Any = None) -> Failed | None:
    """What is known if the last run of the cell that defines `name` failed; None if it did not.

    Args:
        name: what the cell defines.
        value: what that name refers to now, if it is bound.
    """
    runs = listen()
    # The syntax error may be in the line with the name; then the cell is identified by its ID.
    id = next((run.id for run in reversed(runs) if run.defines(name)), None)
    last = next(
        (run for run in reversed(runs) if run.defines(name) or (id and run.id == id and not run.parsed)), None
    )
    if last is None or last.error is None or isinstance(last.error, NotImplementedError):
        return None
    if last.parsed and (not isinstance(last.error, Exception) if value is None else comes_from(value, last)):
        return None  # the cell was interrupted, or the name was defined before the error
    older = "" if value is None else " The current definition is from an earlier run."
    says = (
        f"The last run of the cell that defines `{name}` failed ({last.failure()}).{older} "
        f"{not_imported(getattr(last.error, 'name', None) or '') or FIX}"
    )
    return Failed(says, last.error)


def not_imported(name: str) -> str:
    """The message if the last run of the cell that imports `name` failed; "" if it did not."""
    run = next((run for run in reversed(listen()) if run.imports(name)), None)
    if run is None or not isinstance(run.error, Exception):
        return ""
    if run.reported:
        return f"Cell {run.reported} imports `{name}`, and it fails: see above."
    return f"The last run of the cell that imports `{name}` failed ({run.failure()}). {FIX}"


def binding_line(name: str) -> str:
    """The line that bound a name in the last cell that did; "" if no run is known to have."""
    return next((line for run in reversed(listen()) if (line := run.binding_line(name))), "")


def answered_before(name: str) -> bool:
    """Whether an answer (not a stub) of that name ran without an error in one cell, and another cell defined it later."""
    of_it = [run for run in listen() if run.defines(name)]
    return any(
        run.error is None
        and not run.is_stub
        and (run.id is None or run.id != of_it[-1].id)
        and run.source != of_it[-1].source
        for run in of_it[:-1]
    )


def _line_of(error: BaseException, run: Run) -> int | None:
    """The line of the cell that an error came from, without its leading empty lines."""
    source = _python(run.source)
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_name == "<module>"
        and "".join(linecache.getlines(frame.f_code.co_filename)).strip() == source
    ]
    return lines[-1] if lines else None


def line_in_editor(filename: str, number: int) -> int:
    """The number of a cell's line as the editor shows it; IPython removes leading empty lines."""
    code = "".join(linecache.getlines(filename)).strip()
    last = next((run for run in reversed(listen()) if _python(run.source) == code), None)
    return number + _leading_empty_lines(last.source) if last else number


def _shell() -> Any:
    """Jupyter's shell, if this is a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None


def _run(result: Any) -> Run | None:
    info = getattr(result, "info", None)
    source = getattr(info, "raw_cell", None)
    if not isinstance(source, str):
        return None
    before, inside = getattr(result, "error_before_exec", None), getattr(result, "error_in_exec", None)
    # A SyntaxError in the cell itself is also reported as "in exec", although nothing was run.
    broken = isinstance(inside, SyntaxError) and not _parses(source)
    return Run(source, getattr(info, "cell_id", None), before or inside, before is None and not broken)


def _fault(code: str) -> SyntaxError | None:
    """Python's own error for a text that is not valid Python."""
    try:
        ast.parse(code)
    except SyntaxError as error:
        return error
    return None


def _parses(source: str) -> bool:
    try:
        compile(
            _python(source), "<cell>", "exec", flags=0x2000, dont_inherit=True
        )  # PyCF_ALLOW_TOP_LEVEL_AWAIT
    except (SyntaxError, ValueError):
        return False
    return True


def comes_from(value: Any, run: Run) -> bool:
    """Whether a function or class was defined by this run. For other values that is unknown and assumed to be true."""
    value = inspect.unwrap(value) if callable(value) else value
    codes = (
        [value] if inspect.isfunction(value) else list(vars(value).values()) if inspect.isclass(value) else []
    )
    files = {code.__code__.co_filename for code in codes if inspect.isfunction(code)}
    return not files or any(
        "".join(linecache.getlines(file)).strip() == _python(run.source) for file in files
    )


def _python(source: str) -> str:
    shell = _shell()
    try:
        return (shell.transform_cell(source) if shell is not None else source).strip()
    except Exception:
        return source.strip()


def _leading_empty_lines(source: str) -> int:
    """The number of empty lines at the beginning."""
    return source[: len(source) - len(source.lstrip())].count("\n")
