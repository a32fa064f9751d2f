# Written by gatelab build from autograder/gatelab/handed_out/given.py; change it there.
"""What the lab's notebook gives to its students, by the table of questions: what it binds is no answer, and no line of it is a student's."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from . import progress
from .stub import does_nothing, is_stub

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
OWN_NAMES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def is_given(name: str, line: str) -> bool:
    """Whether a handed-out cell binds a name, and with this line of code. `line`: "" if it is not known."""
    lines = _known("names").get(name, ())
    return bool(lines) and (not line.strip() or line.strip() in lines)


def lines() -> frozenset[str]:
    """The lines of the cells for answers as they were handed out, without the space around them."""
    return frozenset(_known("lines"))


def bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names that statements of a cell bind in the notebook: also by a loop, an import or in a block."""
    for node in nodes:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif not isinstance(node, OWN_NAMES):
            yield from bound(ast.iter_child_nodes(node))


def function_at(tree: ast.AST, line: int) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The innermost function that contains a line."""
    around = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS) and _holds(node, line)]
    return max(around, key=lambda node: node.lineno, default=None)


def own_code(
    function: ast.FunctionDef | ast.AsyncFunctionDef, source: list[str], known: frozenset[str]
) -> list[ast.stmt]:
    """The statements of a function that do something, are no stub's line and were not handed out.

    source: the lines of the cell. known: those that were handed out, without the space around them.
    """
    return [
        step
        for step in function.body
        if not does_nothing(step)
        and not any(map(is_stub, ast.walk(step)))
        and not {line.strip() for line in source[step.lineno - 1 : step.end_lineno]} <= known
    ]


def beside(tree: ast.AST, line: int, source: list[str], known: frozenset[str]) -> str:
    """Where a student's own code stands in the function with a stub's line: "above", "below", "above and below" it; "" for nowhere."""
    function = function_at(tree, line)
    at = [step.lineno for step in own_code(function, source, known)] if function else []
    where = {"above": any(own < line for own in at), "below": any(own > line for own in at)}
    return " and ".join(word for word, is_there in where.items() if is_there)


def _known(key: str) -> Any:
    """A part of the table; an empty one for an incomplete handout."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        return progress.table()["given"][key]
    return {}


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)
