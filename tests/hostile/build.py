"""Writes hostile submissions as notebooks: each file in attempts/ or in the lab's own folder, on top of a wrong answer to the first
question and no other answer.

A file consists of its docstring (what it tries), optional literals METADATA, CELL_METADATA and TRIES, and then cells, separated by
`# %%`. In attempts that fit every lab, `first_answer` and `second_answer` are the names that the first two questions ask for. No
attempt deserves a point. TRIES names the optional piece of protection that alone stops the attempt: if that piece is off, the attempt
may report that it succeeded (SECURITY.md says in what), but everything else must hold.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from hostile.target import Target

ATTEMPTS = Path(__file__).parent / "attempts"
LITERALS = ("METADATA", "CELL_METADATA", "TRIES")


@dataclass(frozen=True)
class Attempt:
    """One hostile submission."""

    id: str
    what: str
    cells: tuple[str, ...]
    literals: dict[str, Any] = field(default_factory=dict)


def attempts(target: Target, own: bool | None = None) -> Iterator[Attempt]:
    """All attempts at a lab, by name. own: True for only the lab's own, False for only those that fit every lab."""
    folders = ([] if own else [ATTEMPTS]) + ([target.own] if target.own and own is not False else [])
    paths = [path for folder in folders for path in folder.glob("*.py")]
    for path in sorted(paths, key=lambda path: path.name):
        attempt = read(path)
        yield replace(attempt, cells=tuple(map(target.named, attempt.cells)))


def read(path: Path) -> Attempt:
    """Read one file. Nothing in it is executed (shell escapes and magics are not Python anyway)."""
    text = path.read_text(encoding="utf-8")
    _, what, rest = text.split('"""', 2)
    literals, lines = {}, rest.strip("\n").split("\n")
    while lines and lines[0].split(" = ")[0] in LITERALS:
        name, _, value = lines.pop(0).partition(" = ")
        literals[name] = ast.literal_eval(value)
        while lines and not lines[0]:
            lines.pop(0)
    cells = tuple(cell.strip("\n") for cell in "\n".join(lines).split("# %%\n"))
    return Attempt(path.stem, what.strip(), cells, literals)


def write(attempt: Attempt | None, path: Path, target: Target) -> Path:
    """Write the submission; without an attempt, only the wrong answer."""
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(
        metadata=metadata | (attempt.literals.get("METADATA", {}) if attempt else {})
    )
    id = f"{target.first[0]}-solution"
    first = nbformat.v4.new_code_cell(target.wrong, id=id)
    first.metadata["nbgrader"] = {"grade_id": id}
    book.cells.append(first)
    for number, source in enumerate(attempt.cells if attempt else ()):
        cell = nbformat.v4.new_code_cell(source, id=f"hostile-{number}")
        cell.metadata.update(attempt.literals.get("CELL_METADATA", {}))
        book.cells.append(cell)
    path.write_text(nbformat.writes(book), encoding="utf-8")
    return path
