# Written by gatelab build from autograder/gatelab/handed_out/left_behind.py; change it there.
"""Finds an answer that is only left over: its cell was changed and run again, and no longer defines the name.

A misspelt name leaves the definition of an earlier run behind, which a check would judge in its place. Nothing is said if the definition
may come from anywhere else: a name may be moved to another cell, defined in several, or bound in a way that the text does not show.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from . import progress, runs
from .near import similar_name

RUNS_A_FILE = re.compile(r"^\s*%run\b", re.MULTILINE)  # which may define anything


def says(name: str, value: Any) -> str:
    """The message if `value`, which the name refers to, is left over; "" if it is not, or if that is unknown."""
    known = [*runs.listen(), *runs.running()]
    at = next((k for k in reversed(range(len(known))) if _defined_by(known[k], name, value)), None)
    if value is None or at is None or known[at].id is None:
        return ""
    before, later = known[at], known[at + 1 :]
    own = [run for run in later if run.id == before.id]
    others = [run for run in later if run.id != before.id]
    if not own or not own[-1].parsed or any(run.parsed and may_bind(run, name) for run in (own[-1], *others)):
        return ""
    if _is_elsewhere(before, name, known):
        return ""
    return (
        f"The cell that defined `{name}` was run again and no longer defines it: what is left is an older definition. "
        + (_instead(name, before, own[-1]) or "Write it there again, or run the cell that defines it now.")
    )


def may_bind(run: runs.Run, name: str) -> bool:
    """Whether running this text may give the name a value, in whatever way."""
    try:
        nodes = [node for statement in progress.statements(run.source) for node in ast.walk(statement)]
    except (SyntaxError, ValueError):
        return True
    return bool(RUNS_A_FILE.search(run.source)) or any(name in _bound(node) for node in nodes)


def _bound(node: ast.AST) -> Sequence[str]:
    """The names that a node itself binds or deletes; a text may be one too, as in `globals()["f"] = …`."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.alias):
        return [(node.asname or node.name).partition(".")[0]]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Global):
        return node.names
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return []


def _defined_by(run: runs.Run, name: str, value: Any) -> bool:
    """Whether the value may be what this run bound the name to."""
    return run.parsed and name in progress.defines(run.source) and runs.comes_from(value, run)


def _is_elsewhere(before: runs.Run, name: str, known: Sequence[runs.Run]) -> bool:
    """Whether another cell, as it was last run, has the very same definition: a copy was changed, and the answer is still there."""
    newest = {run.id: run for run in known if run.id != before.id}
    return any(_definition(run, name) == _definition(before, name) for run in newest.values())


def _definition(run: runs.Run, name: str) -> list[str]:
    """The statements that bind a name, without their places and comments."""
    if name not in progress.defines(run.source):
        return []
    return [ast.dump(one) for one in progress.statements(run.source) if name in progress.bound(one)]


def _instead(name: str, before: runs.Run, now: runs.Run) -> str:
    """A sentence about a similar name that the cell defines now and did not before; "" if there is none."""
    asked = {own for question in progress.table()["questions"] for own in question["names"]}
    new = progress.defines(now.source) - progress.defines(before.source) - asked
    other = similar_name(name, new)
    return f"It defines `{other}`; is that your answer? It must be called `{name}`." if other else ""
