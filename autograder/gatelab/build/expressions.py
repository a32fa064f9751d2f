"""What a solution computes, in a form that can be found again: under other names, in other brackets, inside prose.

A line of calls (`optimizer.step()`) says what every program says. A line with arithmetic, or with a loop inside of an
expression, says how: none of the solutions and references of one lab is in its release, and none of their
expressions of three operators does, under any names.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import lru_cache

FEWEST_OPERATORS = 3  # fewest operators for an expression to be telling as it is written
RENAMED = 4  # and under any names: `a * b + c * d` is everybody's
_OPERATOR = re.compile(r"[-+*/@%]")
# What may surround code in a text.
_QUOTED = re.compile(r"`+([^`]+)`+")
_BULLET = re.compile(r"^[\s>*#-]+|[\s.,;:]+$")
_EQUALS = re.compile(r"(?<![=<>!:])=(?!=)")


def computes(line: str) -> bool:
    """Does this line of code compute something, rather than call, test or name things?"""
    line = line.strip()
    for whole in (line, f"{line} pass", line.rstrip(",")):
        tree = _parsed(whole)
        if tree is not None:
            return any(isinstance(node, ast.BinOp | ast.comprehension) for node in ast.walk(tree))
    return False


def of_code(code: str) -> Iterator[ast.BinOp]:
    """The expressions of a piece of code that have FEWEST_OPERATORS or more."""
    tree = _parsed_body(code)
    return _long(tree, FEWEST_OPERATORS) if tree is not None else iter(())


def of_text(lines: Iterable[str]) -> Iterator[ast.BinOp]:
    """Those of lines of code or prose that have RENAMED operators or more; in prose, code may be in back quotes,
    behind a bullet or behind an equals sign."""
    for line in lines:
        if len(_OPERATOR.findall(line)) < RENAMED:
            continue
        for piece in {line.strip(), *_QUOTED.findall(line)}:
            bare = _BULLET.sub("", piece)
            for code in {piece, f"{piece.removeprefix('el')} pass", bare, *_EQUALS.split(bare)}:
                tree = _parsed(code.strip())
                if tree is not None:
                    yield from _long(tree, RENAMED)


def values(code: str) -> Iterator[str]:
    """The computations that a piece of code assigns or returns."""
    tree = _parsed_body(code)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Assign | ast.Return | ast.AugAssign) and node.value is not None:
            code_of_value = ast.unparse(node.value)
            if computes(code_of_value):
                yield code_of_value


def form(node: ast.BinOp) -> str:
    """An expression with its names numbered: `(1 - z) * n + z * h` is `(1 - v0) * v1 + v0 * v2`.

    Empty if it has too few operators to be known by its form.
    """
    return ast.unparse(_Numbered().visit(_copy(node))) if _operators(node) >= RENAMED else ""


def _parsed_body(code: str) -> ast.AST | None:
    """Code, which may be the body of a function or begin in one and go on outside of it."""
    code = textwrap.dedent(code)
    return _parsed(code) or _parsed(f"def body():\n{textwrap.indent(code, '    ')}")


def _operators(node: ast.AST) -> int:
    return sum(isinstance(part, ast.BinOp) for part in ast.walk(node))


def _long(tree: ast.AST, operators: int) -> Iterator[ast.BinOp]:
    return (node for node in _maximal(tree) if _operators(node) >= operators)


def _maximal(tree: ast.AST) -> Iterator[ast.BinOp]:
    """The arithmetic expressions of a tree, each as large as it is, and those inside its calls and indices."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, inside = waiting.pop()
        arithmetic = isinstance(node, ast.BinOp)
        if isinstance(node, ast.BinOp) and not inside:
            yield node
        waiting += [(child, arithmetic) for child in ast.iter_child_nodes(node)]


def _copy(node: ast.BinOp) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body


class _Numbered(ast.NodeTransformer):
    """Each name, dotted or not, becomes the number of its first place."""

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


@lru_cache(maxsize=1 << 14)  # a build looks at the same text several times
def _parsed(code: str) -> ast.AST | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
