"""A master's code cells, run as a notebook would run them, from a seed of one's own."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import os
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
LAB = ROOT / "assignment" / "lstm-gru"
# Another Python, which `run.py` may be given, need not have the kit installed.
sys.path.append(str(ROOT / "autograder"))

from gatelab.source_without_comments import without_comments  # noqa: E402

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


# What shows things to a reader: the function and the modules of the students' package.
SHOWING = ("print", "plots", "predict")


def without_words(source: str) -> str:
    """The source without the texts that are only shown: printed text, text in and around a figure, a prediction's options."""
    data = source.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    spans = []
    for node in filter(_is_shown, ast.walk(ast.parse(source))):
        for part in ast.walk(node):
            if isinstance(part, ast.JoinedStr) or (
                isinstance(part, ast.Constant) and isinstance(part.value, str)
            ):
                first, last = (
                    starts[part.lineno - 1] + part.col_offset,
                    starts[part.end_lineno - 1] + part.end_col_offset,
                )
                spans.append((first, last))
    end = len(data)
    for first, last in sorted(set(spans), key=lambda span: (span[1], -span[0]), reverse=True):
        if last <= end:  # else it is inside of one that was cut, an expression of an f-string
            data, end = data[:first] + b'""' + data[last:], first
    return data.decode()


def _is_shown(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Name) and node.targets[0].id.startswith("outcomes")
    if not isinstance(node, ast.Call):
        return False
    called = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    return isinstance(called, ast.Name) and called.id in SHOWING


def digest(master: str) -> str:
    """A hash of the code that a master's numbers come from.

    Prose, comments, texts of errors, words that are only shown, and the lab's solutions (the grader sees to those) do not count.
    """
    found = hashlib.sha256()
    text = (LAB / f"{master}.py").read_text(encoding="utf-8")
    cells = re.split(r"^# %%(.*)$", text, flags=re.MULTILINE)[1:]
    for kind, body in zip(cells[::2], cells[1::2], strict=True):
        counts = "experiment" in kind if master == "lab" else "[markdown]" not in kind
        if counts and not any(mark in body for mark in WITHOUT_NUMBERS):
            found.update(without_comments(without_words(body), keep_error_texts=False).encode())
    for name in SOURCES:
        source = (LAB / "seqlab" / f"{name}.py").read_text(encoding="utf-8")
        found.update(without_comments(source, keep_error_texts=False).encode())
    return found.hexdigest()[:16]


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
