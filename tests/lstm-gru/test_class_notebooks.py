"""What a class gets of demo and practice: can it be opened on its own, and is nothing run in it yet?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit_lab import kit_lab

from gatelab.build import class_notebooks, solved
from helpers.files import files_below
from helpers.notebooks import load_notebook

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    lab, folder = kit_lab(), tmp_path_factory.mktemp("class") / "class"
    class_notebooks.write(lab, solved.solve(lab, ROOT), lab.assignment, folder)
    return folder


def test_demo_and_practice_are_there_with_seqlab_and_the_recorded_run(written):
    names = set(files_below(written))
    assert {
        "demo.ipynb",
        "practice.ipynb",
        "cached/demo.json",
        "seqlab/tasks.py",
        "seqlab/sentiment.py",
    } <= names
    assert "lab.ipynb" not in names and not [name for name in names if name.endswith(".pyc")]


@pytest.mark.parametrize("name", ["demo.ipynb", "practice.ipynb"])
def test_no_cell_was_run(written, name):
    code = [cell for cell in load_notebook(written / name)["cells"] if cell["cell_type"] == "code"]
    assert code and not any(cell["outputs"] or cell["execution_count"] for cell in code)


def test_a_lab_without_other_notebooks_gets_no_folder(tmp_path):
    lab = kit_lab()
    only = {lab.notebook: solved.solve(lab, ROOT)[lab.notebook]}
    class_notebooks.write(lab, only, lab.assignment, tmp_path / "class")
    assert not (tmp_path / "class").exists()
