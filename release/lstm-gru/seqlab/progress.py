# Written by gatelab build from autograder/gatelab/handed_out/progress.py; change it there.
""" "Where am I?": the map at the top of the notebook, and the memory that it shares with the package's commands.

What the checks said, and which text of an answer ran last, is stored for the next day in a hidden folder next to the notebook, which has
the package's name. Only Jupyter writes it. If it cannot be written, nothing is remembered and nothing breaks.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import re
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Any

from . import overview

PACKAGE = __name__.partition(".")[0]
MEMORY = Path(f".{PACKAGE}") / "progress.json"  # in the notebook's folder
LISTENS = f"_{PACKAGE}_progress"  # an attribute of the shell
QUESTIONS = Path(__file__).with_name("questions.json")
SESSION = f"{os.getpid()}-{time.time_ns()}"  # a kernel, from start to restart
OWN_LINE = re.compile(r"^(\s*)(?:[%!?].*|[\w.%]+\?{1,2}\s*)$")  # `%time`, `!pip`, `?name`, `name?`
OWN_VALUE = re.compile(r"^(\s*\w[\w\s,]*=\s*)[%!].*$")  # `files = !ls`


def _here() -> Path:
    with contextlib.suppress(OSError):  # the folder may have been deleted
        return Path.cwd()
    return Path()


FOLDER = _here()  # the notebook's folder, even if a cell changes the working directory later


def table() -> dict[str, Any]:
    """The lab's name, title and notebook, the kit's version, and the `questions` in the order of the lab."""
    found: dict[str, Any] = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    return found


def listen() -> None:
    """From now on remember which text of each answer ran last. Does nothing outside Jupyter."""
    shell = _shell()
    if shell is None or hasattr(shell, LISTENS):
        return
    setattr(shell, LISTENS, True)
    try:
        names = {name for question in table()["questions"] for name in question["names"]}
    except (OSError, ValueError):  # an incomplete handout, which the checks report
        return

    def ran(result: Any) -> None:
        source = getattr(getattr(result, "info", None), "raw_cell", None)
        if isinstance(source, str) and (defined := defines(source) & names):
            now = {"text": text_hash(source), "time": time.time()}
            remember("ran", dict.fromkeys(defined, now))

    shell.events.register("post_run_cell", ran)


def note(question: str, case: str, passed: bool) -> None:
    """Remember what a check said about one of the names that a question asks for."""
    remember("checks", {question: {**_checks(question), case: {"passed": passed, "session": SESSION}}})


def passed_before(question: str, case: str) -> bool:
    """Whether this check passed when it was last run, in a kernel before this one."""
    known = _checks(question).get(case)
    return known is not None and bool(known["passed"]) and known["session"] != SESSION


class State(StrEnum):
    """What is known about a question's check, in the words of the map."""

    PASSED = "passed"
    EARLIER = "passed earlier"  # before a restart
    NOT_YET = "not yet"
    NOT_CHECKED = "not checked"


def state(question: str) -> State:
    """What is known about a question's check."""
    cases = _checks(question).values()
    if not cases:
        return State.NOT_CHECKED
    if not all(case["passed"] for case in cases):
        return State.NOT_YET
    return State.PASSED if all(case["session"] == SESSION for case in cases) else State.EARLIER


def show() -> None:
    """Show the map: each question with its points, its minutes and the last result of its check."""
    rows, points, left = [], 0.0, 0.0
    questions = table()["questions"]
    for question in questions:
        known = None if question["by_hand"] else state(question["id"])
        done = known in (State.PASSED, State.EARLIER)
        points += question["points"] if done else 0
        left += 0 if done else question["minutes"]
        rows.append((question, str(known or "read by a person")))
    total = sum(question["points"] for question in questions)
    below = (
        f"Checks have passed for questions worth {points:g} of {total:g} points (a check gives none itself). "
        f"Left, by estimate: {_hours(left)}.\nRun this cell again whenever you want to see where you are."
    )
    if not remembers():
        print(overview.as_text(rows, below))
        return
    from IPython.display import display

    both = {"text/plain": overview.as_text(rows, below), "text/html": overview.as_html(rows, below)}
    display(both, raw=True)


def defines(source: str) -> set[str]:
    """The names that a cell's text defines at its top level; none if it is not valid Python."""
    with contextlib.suppress(SyntaxError, ValueError):
        return {name for statement in statements(source) for name in bound(statement)}
    return set()


def statements(source: str) -> list[ast.stmt]:
    """The statements of a cell's text, with `pass` in place of Jupyter's own lines. Raises SyntaxError or ValueError if it is not valid Python."""
    source = without_indent(source)
    try:
        return ast.parse(source).body
    except SyntaxError:
        lines = (OWN_VALUE.sub(r"\1None", OWN_LINE.sub(r"\1pass", line)) for line in source.split("\n"))
        return ast.parse("\n".join(lines)).body


def without_indent(source: str) -> str:
    """A cell's text as Jupyter runs it: every line may be indented by as much as the first one is."""
    lines = source.split("\n")
    first = next(filter(str.strip, lines), "")
    indent = first[: len(first) - len(first.lstrip())]
    return "\n".join(line.removeprefix(indent) for line in lines)


def bound(statement: ast.stmt) -> list[str]:
    """The names that a statement binds, if it is a definition or a plain assignment."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    targets = [statement.target] if isinstance(statement, ast.AnnAssign) and statement.value else targets
    return [target.id for target in targets if isinstance(target, ast.Name)]


def text_hash(source: str) -> str:
    """A hash that identifies a cell's text, whatever white space an editor puts at its ends."""
    return hashlib.sha256(source.strip().encode("utf-8", "replace")).hexdigest()


def remembers() -> bool:
    """Whether this is a notebook, in whose folder `remember` stores values."""
    return _shell() is not None


def memory(folder: Path | None = None) -> dict[str, Any]:
    """What is remembered in a folder (the notebook's by default): "checks", "ran" and "predicted", each a dict."""
    found: Any = None
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(((folder or FOLDER) / MEMORY).read_text(encoding="utf-8"))
    known = found if isinstance(found, dict) else {}
    return {
        key: known[key] if isinstance(known.get(key), dict) else {} for key in ("checks", "ran", "predicted")
    }


def _checks(question: str) -> dict[str, dict[str, Any]]:
    cases = memory()["checks"].get(question)
    whole = isinstance(cases, dict) and all(
        isinstance(case, dict) and {"passed", "session"} <= case.keys() for case in cases.values()
    )
    return cases if whole else {}


def remember(key: str, values: dict[str, Any]) -> None:
    """Add values to the memory, in Jupyter only. The file is replaced as a whole, so that nobody reads a half-written one."""
    if not remembers():
        return
    with contextlib.suppress(OSError, ValueError):
        known = memory()
        known[key].update(values)
        place = FOLDER / MEMORY
        place.parent.mkdir(exist_ok=True)
        draft = place.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(known), encoding="utf-8")
        draft.replace(place)


def _shell() -> Any:
    """The shell of a Jupyter kernel; None elsewhere (plain Python, IPython in a terminal, a grader)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return shell if hasattr(shell, "kernel") and hasattr(shell, "events") else None


def _hours(minutes: float) -> str:
    if minutes < 60:
        return f"{minutes:g} minutes"
    return f"{round(minutes / 30) / 2:g} hours"
