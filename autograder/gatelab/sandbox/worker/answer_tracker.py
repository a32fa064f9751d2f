"""Decides which definition of a name is the student's answer, for the names that the questions ask for.

In a notebook the last binding of a name counts, except if it is the untouched stub below an answer,
or something that cannot be an answer: PyTorch's class from `from torch.nn import *`, or an instance of the student's own
class assigned to the class's name.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from gatelab.handed_out.stub import does_nothing, is_stub
from gatelab.sandbox.worker.statements import FUNCTIONS, Statement


class AnswerTracker:
    """Follows the asked `names` through the notebook. `stubs`: fingerprints of the handed-out stubs."""

    def __init__(self, names: Iterable[str], stubs: frozenset[str]) -> None:
        self.names, self.stubs = frozenset(names), stubs
        # Name → the cell of the student's last answer, and the answer.
        self.own: dict[str, tuple[int, Any]] = {}
        self.bound: dict[str, tuple[int, Any]] = {}  # name → the cell that bound it last, and the value
        self.twice: dict[str, tuple[int, int]] = {}  # name → the cells of the last two answers

    def is_redundant_stub(self, statement: Statement) -> bool:
        """Whether it is an untouched stub for a name that the student has answered in an earlier cell."""
        node = statement.node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)) or node.name not in self.own:
            return False
        return statement.fingerprint in self.stubs or _is_stub(node)

    def record(self, statement: Statement, namespace: dict[str, Any]) -> None:
        """Record what a statement has just bound."""
        star = isinstance(statement.node, ast.ImportFrom) and any(a.name == "*" for a in statement.node.names)
        for name in self.names if star else self.names & statement.binds:
            if name not in namespace:
                continue
            value = namespace[name]
            if star and name in self.bound and self.bound[name][1] is value:
                continue
            self.bound[name] = statement.cell, value
            is_definition = isinstance(statement.node, (*FUNCTIONS, ast.ClassDef))
            stub = is_definition and _is_stub(statement.node)
            if is_definition and not stub and self.own.get(name, (statement.cell,))[0] != statement.cell:
                self.twice[name] = self.own[name][0], statement.cell
            assigned = isinstance(statement.node, ast.Assign | ast.AnnAssign)
            if not stub and _is_answer(value, self.own.get(name, (0, None))[1], assigned):
                self.own[name] = statement.cell, value

    def last_answer(self, names: Iterable[str]) -> int:
        """The last cell that answers one of these names; 0 if none does."""
        return max((self.own[name][0] for name in names if name in self.own), default=0)

    def settle(self, namespace: dict[str, Any]) -> list[dict[str, Any]]:
        """Make every asked name refer to the student's answer. Returns the names that had to be corrected, and the cells that bound them."""
        settled = []
        for name, (cell, value) in self.own.items():
            if name in namespace and namespace[name] is value:
                continue
            if name in namespace and _is_answer(namespace[name], value):
                continue
            settled.append({"name": name, "own": cell, "cell": self.bound.get(name, (cell, None))[0]})
            namespace[name] = value
        return settled


def _is_stub(node: ast.stmt) -> bool:
    """Whether it contains only a docstring and the stub's error."""
    if isinstance(node, FUNCTIONS):
        body = [step for step in node.body if not does_nothing(step)]
        return bool(body) and is_stub(body[0])
    methods = [step for step in getattr(node, "body", []) if isinstance(step, FUNCTIONS)]
    return bool(methods) and all(any(map(is_stub, method.body)) for method in methods)


def _is_answer(value: Any, before: Any, assigned: bool = False) -> bool:
    """Whether this value may be the student's answer for a name.

    before: the previous answer. assigned: the student assigned the value (a scripted function, a `partial`) and did not
    import it.
    """
    if before is None:
        return _is_written_in_notebook(value) or not callable(value)
    if isinstance(before, type):
        if isinstance(value, type):
            return _is_written_in_notebook(value)
        return (
            callable(value)
            and not isinstance(value, torch.nn.Module)
            and (assigned or _is_written_in_notebook(value))
        )
    if callable(before):
        return (
            callable(value) and not isinstance(value, type) and (assigned or _is_written_in_notebook(value))
        )
    if isinstance(before, Mapping):
        # Either blanks to fill in, or a different use of the name.
        return isinstance(value, Mapping) and (not before or bool(value.keys() & before.keys()))
    return type(value) is type(before)


def _is_written_in_notebook(value: Any) -> bool:
    """Whether it was written in the notebook or in a module next to it, and is not part of an installed library."""
    module = getattr(value, "__module__", None)
    if not isinstance(module, str) or module == "__main__":
        return True
    if module in ("functools", "builtins"):
        return True  # the student's own `partial` or `lru_cache`
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None)
    if not isinstance(file, str):
        return module.split(".")[0] not in sys.stdlib_module_names and loaded is None
    return os.path.abspath(file).startswith(os.getcwd() + os.sep)
