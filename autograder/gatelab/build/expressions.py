"""Describes what a solution computes in a form that can be found again with other names, other brackets, or inside prose.

A line of calls (`optimizer.step()`) could be in any program. A line with arithmetic, or with a comprehension, gives a solution
away. In one lab, no such line of the solutions and references is in the release, and neither is any of their expressions with
three operators, whatever the names.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import lru_cache

from gatelab.limits import PIECES_KEPT

MIN_OPERATORS = 3  # operators from which on an expression gives a solution away as it is written
MIN_OPERATORS_RENAMED = 4  # the same whatever its names are; `a * b + c * d` is too common
_OPERATOR = re.compile(r"[-+*/@%]")
# What may surround code in prose.
_QUOTED = re.compile(r"`+([^`]+)`+")
_BULLET = re.compile(r"^[\s>*#-]+|[\s.,;:]+$")
_EQUALS = re.compile(r"(?<![=<>!:])=(?!=)")


def computes(line: str) -> bool:
    """Whether this line of code computes something, rather than only calling, testing or naming things."""
    line = line.strip()
    for whole in (line, f"{line} pass", line.rstrip(",")):
        tree = _parse(whole)
        if tree is not None:
            return any(isinstance(node, ast.BinOp | ast.comprehension) for node in ast.walk(tree))
    return False


def in_code(code: str) -> Iterator[ast.BinOp]:
    """The expressions in a piece of code that have MIN_OPERATORS or more."""
    tree = _parse_body(code)
    return _with_operators(tree, MIN_OPERATORS) if tree is not None else iter(())


def in_text(lines: Iterable[str]) -> Iterator[ast.BinOp]:
    """The expressions in lines of code or prose that have MIN_OPERATORS_RENAMED operators or more. In prose, code may be in
    backticks, after a bullet or after an equals sign."""
    for line in lines:
        if len(_OPERATOR.findall(line)) < MIN_OPERATORS_RENAMED:
            continue
        for piece in {line.strip(), *_QUOTED.findall(line)}:
            bare = _BULLET.sub("", piece)
            for code in {piece, f"{piece.removeprefix('el')} pass", bare, *_EQUALS.split(bare)}:
                tree = _parse(code.strip())
                if tree is not None:
                    yield from _with_operators(tree, MIN_OPERATORS_RENAMED)


def values(code: str) -> Iterator[str]:
    """The computations that a piece of code assigns or returns."""
    tree = _parse_body(code)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Assign | ast.Return | ast.AugAssign) and node.value is not None:
            code_of_value = ast.unparse(node.value)
            if computes(code_of_value):
                yield code_of_value


def form(node: ast.BinOp) -> str:
    """An expression with its names numbered: `(1 - z) * n + z * h` is `(1 - v0) * v1 + v0 * v2`.

    "" if it has too few operators to be recognised by its form.
    """
    return ast.unparse(_NumberNames().visit(_copy(node))) if _operators(node) >= MIN_OPERATORS_RENAMED else ""


def _parse_body(code: str) -> ast.AST | None:
    """Parse code that may be, or begin with, the body of a function."""
    code = textwrap.dedent(code)
    return _parse(code) or _parse(f"def body():\n{textwrap.indent(code, '    ')}")


def _operators(node: ast.AST) -> int:
    return sum(isinstance(part, ast.BinOp) for part in ast.walk(node))


def _with_operators(tree: ast.AST, operators: int) -> Iterator[ast.BinOp]:
    return (node for node in _maximal(tree) if _operators(node) >= operators)


def _maximal(tree: ast.AST) -> Iterator[ast.BinOp]:
    """The largest arithmetic expressions in a tree, and those inside their calls and indices."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, inside = waiting.pop()
        arithmetic = isinstance(node, ast.BinOp)
        if isinstance(node, ast.BinOp) and not inside:
            yield node
        waiting += [(child, arithmetic) for child in ast.iter_child_nodes(node)]


def _copy(node: ast.BinOp) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body


class _NumberNames(ast.NodeTransformer):
    """Replaces each name, dotted or not, by a number, in the order of first occurrence."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._numbered(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        return self._numbered(node) if isinstance(inner, ast.Name) else self.generic_visit(node)

    def _numbered(self, node: ast.expr) -> ast.Name:
        return ast.Name(self.numbers.setdefault(ast.unparse(node), f"v{len(self.numbers)}"), ast.Load())


@lru_cache(maxsize=PIECES_KEPT)  # a build parses the same text several times
def _parse(code: str) -> ast.AST | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
