"""Finds code inside a notebook's strings, which may be written to a file (`%%writefile`, `write_text`, `cat > x.py <<EOF`)
and then imported or run."""

from __future__ import annotations

import ast
import contextlib
import re
import textwrap
from collections.abc import Callable, Iterator

HERE = re.compile(r"<<-?\s*['\"]?(\w+)")  # in a shell's `cat > x.py <<EOF`, `python - << 'END'`
Place = Callable[[int], int]  # from a line of the text to one of the cell


def texts(tree: ast.AST) -> Iterator[tuple[Place, ast.Module]]:
    """The strings below a node that are Python code of more than one line, or an import."""
    seen: set[int] = set()  # nodes that were examined as part of a parent, which `walk` visits first
    for node in ast.walk(tree):
        if id(node) in seen:
            continue
        if isinstance(node, ast.JoinedStr):
            seen.update(map(id, node.values))
            parts = (part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
            yield from _as_python("".join(map(str, parts)), _lines_of(node))
        elif (body := _below_a_magic(node)) is not None:
            seen.add(id(body))
            yield from _as_python(str(body.value), _lines_after(body.lineno))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _as_python(node.value, _lines_of(node))


def _below_a_magic(node: ast.AST) -> ast.Constant | None:
    """The cell below a cell magic, which IPython passes as the last argument of a call."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 3:
        *_, body = node.args
        if node.func.attr == "run_cell_magic" and isinstance(body, ast.Constant):
            return body
    return None


def _lines_of(node: ast.expr) -> Place:
    """Maps a line of a string to the line of the cell: exact if the string spans lines, its own line if it contains `\\n`."""
    first, last = node.lineno, node.end_lineno or node.lineno
    return lambda line: min(first + line - 1, last)


def _lines_after(before: int) -> Place:
    return lambda line: before + line


def _as_python(text: str, place: Place) -> Iterator[tuple[Place, ast.Module]]:
    """The text as Python, or the files in it as a shell would write them."""
    if "\n" not in text.strip() and not text.lstrip().startswith(("import ", "from ")):
        return
    if tree := _parse(text):
        yield place, tree
        return
    for first, document in _here_documents(text):
        if tree := _parse(document):
            yield _shifted(place, first), tree


def _parse(text: str) -> ast.Module | None:
    for code in dict.fromkeys((text, textwrap.dedent(text))):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.parse(code)
    return None


def _here_documents(text: str) -> Iterator[tuple[int, str]]:
    """The here-documents in a shell's commands, each with the number of lines before it."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        found, at = HERE.search(lines[at]), at + 1
        if found:
            first = at
            while at < len(lines) and lines[at].strip() != found[1]:
                at += 1
            yield first, "\n".join([*lines[first:at], ""])


def _shifted(place: Place, lines: int) -> Place:
    return lambda line: place(line + lines)
