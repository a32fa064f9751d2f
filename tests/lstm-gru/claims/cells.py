"""A master's code cells, run as a notebook would run them, from a seed of one's own."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import os
import re
import sys
import tokenize
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
LAB = ROOT / "assignment" / "lstm-gru"
MASTERS = ("lab", "demo", "practice")
# What the numbers come from: these files beside the masters' own cells.
SOURCES = ("tasks", "training", "models", "digits", "firstnames", "sentiment")


def code_cells(text: str) -> list[str]:
    """The code cells of a percent-format notebook, without those that only call the public checks."""
    cells = re.split(r"^# %%(.*)$", text, flags=re.MULTILINE)[1:]
    code = [body for kind, body in zip(cells[::2], cells[1::2], strict=True) if "[markdown]" not in kind]
    return [cell for cell in code if not re.fullmatch(r'\s*grader\.check\("q\d+"\)\s*', cell)]


# Cells that no number comes from: they may change without training everything again.
WITHOUT_NUMBERS = ("google.colab", "def challenges")


def digest(master: str) -> str:
    """A hash of the code that a master's numbers come from.

    Prose, comments, texts of errors and for readers who cannot see a figure, and the lab's solutions (the grader sees to those) do
    not count.
    """
    found = hashlib.sha256()
    text = (LAB / f"{master}.py").read_text(encoding="utf-8")
    cells = re.split(r"^# %%(.*)$", text, flags=re.MULTILINE)[1:]
    for kind, body in zip(cells[::2], cells[1::2], strict=True):
        counts = "experiment" in kind if master == "lab" else "[markdown]" not in kind
        if counts and not any(mark in body for mark in WITHOUT_NUMBERS):
            found.update(bare(re.sub(r"plots\.show\(\s*(\".*?\"\s*)+\)", "", body)).encode())
    for name in SOURCES:
        found.update(bare((LAB / "seqlab" / f"{name}.py").read_text(encoding="utf-8")).encode())
    return found.hexdigest()[:16]


def bare(source: str) -> str:
    """Python code without comments, docstrings, empty lines and what its `raise` statements say; the same for every Python."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise):
            _cut(lines, node, source, "raise")
        elif (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            _cut(lines, node.body[0], source, "")
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _cut(lines: list[str], node: ast.stmt, source: str, left: str) -> None:
    """Put `left` in the place of a statement, which may go over several lines."""
    first = node.lineno - 1
    begins = len(source.splitlines()[first].encode()[: node.col_offset].decode())
    lines[first] = lines[first][:begins] + left
    for row in range(node.lineno, node.end_lineno or node.lineno):
        lines[row] = ""


def run(master: str, seed: int) -> tuple[dict[str, Any], str]:
    """Run a master from `SEED = seed`; what its names hold afterwards, and what it printed.

    The working folder becomes the lab's, as it is a student's.
    """
    os.chdir(LAB)
    sys.path.insert(0, str(LAB))
    text = (LAB / f"{master}.py").read_text(encoding="utf-8")
    if text.count("\nSEED = 1  #") != 1:
        raise ValueError(f"{master}.py: there must be one line `SEED = 1  # …`")
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for cell in code_cells(text.replace("\nSEED = 1  #", f"\nSEED = {seed}  #")):
            exec(compile(cell, f"{master}.py", "exec"), names)
    return names, printed.getvalue()
