"""Hostile submissions as notebooks: each file of attempts/ on top of a wrong q1 and an empty lab.

A file is its docstring (what it tries), optional literals METADATA, CELL_METADATA and TRIES, and then cells, separated by
`# %%`. No attempt deserves a point. TRIES names the piece of protection, of those that are not required, that alone stops it: where that
piece is off, it may say that it could do what it tried (SECURITY.md says what that is), and all else must hold.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

ATTEMPTS = Path(__file__).parent / "attempts"
LITERALS = ("METADATA", "CELL_METADATA", "TRIES")

# A submission that answers only q1, with zeros, has these: the points that it gets are deserved.
WRONG = """
import torch


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    zero = torch.zeros_like(h)
    return zero, zero, {"i": zero, "f": zero, "g": zero, "o": zero}
"""


@dataclass(frozen=True)
class Attempt:
    """One hostile submission."""

    id: str
    what: str
    cells: tuple[str, ...]
    literals: dict[str, Any] = field(default_factory=dict)


def attempts() -> Iterator[Attempt]:
    """All attempts, by name."""
    for path in sorted(ATTEMPTS.glob("*.py")):
        yield read(path)


def read(path: Path) -> Attempt:
    """Read one file; nothing of it is executed (shell escapes and magics are no Python anyway)."""
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


def write(attempt: Attempt | None, path: Path) -> Path:
    """Write the submission; without an attempt, the wrong answer alone."""
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(
        metadata=metadata | (attempt.literals.get("METADATA", {}) if attempt else {})
    )
    first = nbformat.v4.new_code_cell(WRONG, id="q1-solution")
    first.metadata["nbgrader"] = {"grade_id": "q1-solution"}
    book.cells.append(first)
    for number, source in enumerate(attempt.cells if attempt else ()):
        cell = nbformat.v4.new_code_cell(source, id=f"hostile-{number}")
        cell.metadata.update(attempt.literals.get("CELL_METADATA", {}))
        book.cells.append(cell)
    path.write_text(nbformat.writes(book), encoding="utf-8")
    return path
