"""Python code without what Python does not run: another comment or docstring is the same code."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

NEWLINE = re.compile(r"\r\n|\r|\n")  # the line endings of Python; `str.splitlines` also splits at others
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def without_comments(source: str, keep_error_texts: bool = True) -> str:
    """The source without comments, docstrings and empty lines; the same in every version of Python.

    keep_error_texts: whether what its `raise` statements say belongs to it.

    Raises SyntaxError or tokenize.TokenError if it is not Python.
    """
    lines = NEWLINE.split(source)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and not keep_error_texts:
            _cut(lines, node, source, "raise")
    for node in documented(tree):
        _cut(lines, node.body[0], source, "")
    return "\n".join(line.rstrip() for line in lines if line.strip())


def undocumented(tree: ast.Module) -> ast.Module:
    """The same tree, changed in place to have no docstrings."""
    for node in documented(tree):
        node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
    return tree


def documented(tree: ast.AST) -> Iterator[Documented]:
    """The modules, classes and functions of a tree that have a docstring, which is `body[0]`."""
    for node in ast.walk(tree):
        if isinstance(node, Documented) and node.body and is_string(node.body[0]):
            yield node


def is_string(statement: ast.stmt) -> bool:
    """Whether it is a string that nothing uses: a docstring, if it comes first."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _cut(lines: list[str], node: ast.stmt, source: str, left: str) -> None:
    """Put `left` in the place of a statement, which may span several lines."""
    first = node.lineno - 1
    begins = len(NEWLINE.split(source)[first].encode()[: node.col_offset].decode())
    lines[first] = lines[first][:begins] + left
    for row in range(node.lineno, node.end_lineno or node.lineno):
        lines[row] = ""
