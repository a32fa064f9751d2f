"""The public checks as a student runs them: `grader.check` in a folder with tests/ and seqlab/ beside the notebook."""

from __future__ import annotations

import linecache
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import otter
import torch
from otter.test_files import TestFile

from gatelab.audit.fingerprints import namespace
from gatelab.lab.importing import importable
from gatelab.lab.spec import Lab

CODE = [f"q{k}" for k in range(1, 12)]
ALL = [*CODE, "q12"]
STEP = "def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):\n    "

Check = Callable[[str, dict], TestFile]


@contextmanager
def checking(lab: Lab, folder: Path) -> Iterator[Check]:
    """grader.check, in a folder laid out as students have it."""
    student_folder(lab, folder)
    before, threads = Path.cwd(), torch.get_num_threads()
    os.chdir(folder)
    torch.set_num_threads(1)
    with importable(folder):
        grader = otter.Notebook(tests_dir="tests")
        yield lambda question, names: grader.check(question, global_env=names)
    torch.set_num_threads(threads)
    os.chdir(before)


def student_folder(lab: Lab, folder: Path) -> None:
    for name in ("seqlab", "tests"):
        shutil.copytree(lab.assignment / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def names_with(lab: Lab, code: str) -> dict:
    """The references' namespace with this code run in it, as a cell of a notebook would be."""
    names = namespace(lab)
    known_lines(code, "<cell>")
    exec(compile(code, "<cell>", "exec"), names)
    return names


def known_lines(code: str, file: str) -> None:
    """Where a message looks a line up, as IPython does it for a cell."""
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)


def first_message(result: TestFile) -> str:
    """What comes first under the name of the check."""
    return next(r.test_case.failure_message for r in result.test_case_results if not r.passed)
