"""Python code without what Python does not run: another comment or docstring is the same code."""

from __future__ import annotations

import ast
import io
import tokenize


def bare(source: str, errors: bool = True) -> str:
    """The source without comments, docstrings and empty lines; the same on every version of Python.

    errors: whether what its `raise` statements say belongs to it.

    Raises SyntaxError or tokenize.TokenError if it is no Python.
    """
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and not errors:
            _cut(lines, node, source, "raise")
        elif (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            _cut(lines, node.body[0], source, "")
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _cut(lines: list[str], node: ast.stmt, source: str, left: str) -> None:
    """Put `left` in the place of a statement, which may span several lines."""
    first = node.lineno - 1
    begins = len(source.splitlines()[first].encode()[: node.col_offset].decode())
    lines[first] = lines[first][:begins] + left
    for row in range(node.lineno, node.end_lineno or node.lineno):
        lines[row] = ""
