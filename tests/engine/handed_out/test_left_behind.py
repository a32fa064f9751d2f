"""An answer that its cell no longer defines is not checked in the place of the one that was meant; any other is.

Every story runs in IPython's own shell: cells by their IDs, as an editor sends them, then the question what is said about a name.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import contextlib, io, json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
from gatelab.handed_out import left_behind, progress, runs
progress.table = lambda: {"questions": [{"id": "q1", "names": ["mean", "Layer", "answers"]}]}
known = runs.listen()
found = {}
for title, (name, cells) in json.load(sys.stdin).items():
    shell.reset()
    known.clear()
    shell.user_ns["ask"] = lambda: found.update({title: left_behind.says(name, shell.user_ns.get(name))})
    with contextlib.redirect_stdout(io.StringIO()):
        for id, source in cells:
            shell.run_cell(source, store_history=True, cell_id=id)
    if title not in found:
        shell.user_ns["ask"]()
print(json.dumps(found))
"""
STUB = "def mean(x):\n    raise NotImplementedError('q1: not written yet')"
RIGHT, WRONG = "def mean(x):\n    return sum(x) / len(x)", "def mean(x):\n    return sum(x)"
MISSPELT = WRONG.replace("mean", "maen")
CLASS, FUNCTION = "class Layer:\n    def forward(self):\n        return mean\n", RIGHT + "\n"
DICT = "answers = {'c1': 'a'}"
IS_LEFT = {  # the name and the cells that were run, in order
    "a stub, then a misspelt answer": ("mean", [("a", STUB), ("a", MISSPELT)]),
    "an answer, then a misspelt one": ("mean", [("a", RIGHT), ("b", "1"), ("a", MISSPELT), ("b", "2")]),
    "misspelt, and it fails further down": ("mean", [("a", RIGHT), ("a", MISSPELT + "\n1 / 0")]),
    "a failed run between": ("mean", [("a", RIGHT), ("a", "1 / 0\n" + WRONG), ("a", MISSPELT)]),
    "one of two names": ("mean", [("a", CLASS + RIGHT), ("a", CLASS + MISSPELT)]),
    "a class": ("Layer", [("a", CLASS), ("a", CLASS.replace("Layer", "Layr"))]),
    "a dict": ("answers", [("a", DICT), ("a", "anwsers = {'c1': 'b'}")]),
    "the check in the same cell": ("mean", [("a", RIGHT), ("a", MISSPELT + "\nask()")]),
    "a try in another cell, gone again": ("mean", [("a", RIGHT), ("b", WRONG), ("b", "print(1)")]),
    "moved, and not run in its new cell": ("mean", [("a", CLASS + RIGHT), ("a", CLASS)]),
    "a helper that calls it": ("mean", [("a", RIGHT), ("a", "print(mean([1]))")]),
}  # fmt: skip
IS_THERE = {
    "run once": ("mean", [("a", RIGHT)]),
    "other cells": ("mean", [("a", RIGHT), ("b", "x = 1"), ("c", MISSPELT)]),
    "the same cell again": ("mean", [("a", STUB), ("a", RIGHT), ("a", WRONG)]),
    "moved to another cell": ("mean", [("a", RIGHT), ("b", RIGHT), ("a", "x = 1")]),
    "moved and changed": ("mean", [("a", RIGHT), ("b", WRONG), ("a", "x = 1")]),
    "emptied, then run elsewhere": ("mean", [("a", STUB), ("a", "x = 1"), ("b", RIGHT)]),
    "a helper's cell first": ("mean", [("h", "def total(x):\n    return sum(x)"), ("a", RIGHT), ("h", "total = sum")]),
    "split over two cells": ("mean", [("a", CLASS + FUNCTION), ("b", FUNCTION), ("a", CLASS)]),
    "split, the other half": ("Layer", [("a", CLASS + FUNCTION), ("b", FUNCTION), ("a", CLASS)]),
    "a copy that was changed": ("mean", [("a", RIGHT), ("b", RIGHT + "  # a copy"), ("b", "x = 1")]),
    "deleted": ("mean", [("a", RIGHT), ("a", MISSPELT), ("c", "del mean")]),
    "defined under a condition": ("mean", [("a", STUB), ("a", "if True:\n    def mean(x):\n        return 1")]),
    "an indented cell": ("mean", [("a", STUB), ("a", "    def mean(x):\n        return 1")]),
    "imported": ("mean", [("a", STUB), ("a", "from statistics import mean")]),
    "imported with all the rest": ("mean", [("a", STUB), ("a", "from statistics import *")]),
    "one of a pair": ("mean", [("a", STUB), ("a", "x, mean = 1, lambda x: 2")]),
    "made by exec": ("mean", [("a", STUB), ("a", "exec('def mean(x): return 1')")]),
    "made by name": ("answers", [("a", DICT), ("a", "globals()['answers'] = {}")]),
    "renamed afterwards": ("mean", [("a", RIGHT), ("a", MISSPELT), ("b", "mean = maen")]),
    "as a keyword of another": ("answers", [("a", DICT), ("b", "answers = {'c1': 'c'}"), ("a", "x = 1")]),
    "an editor without IDs": ("mean", [(None, RIGHT), (None, MISSPELT)]),
    "not parsed, which is said elsewhere": ("mean", [("a", RIGHT), ("a", "def mean(x)")]),
    "the check in the answer's cell": ("mean", [("a", STUB), ("a", RIGHT + "\nask()")]),
    "checked below in the cell that was run before": ("mean", [("a", RIGHT), ("b", "ask()")]),
}  # fmt: skip


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(IS_LEFT | IS_THERE),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("title", IS_LEFT)
def test_what_its_cell_no_longer_defines_is_called_left_over(title: str, said: dict[str, str]) -> None:
    name, _ = IS_LEFT[title]
    assert said[title].startswith(f"The cell that defined `{name}` was run again and no longer defines it")


@pytest.mark.parametrize("title", IS_THERE)
def test_every_other_definition_is_checked(title: str, said: dict[str, str]) -> None:
    assert said[title] == ""


def test_the_name_that_the_cell_defines_now_is_offered_if_it_is_alike(said: dict[str, str]) -> None:
    misspelt = said["a stub, then a misspelt answer"]
    assert misspelt.endswith("It defines `maen`; is that your answer? It must be called `mean`.")
    moved = said["moved, and not run in its new cell"]
    assert moved.endswith("Write it there again, or run the cell that defines it now.")
