"""A Colab made here: a bare kernel, an empty folder, no notebook file beside it, ipywidgets that lack what is asked of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from test_handout_cells import CELLS, FIRST, LAB, zipped

from gatelab.build import handout
from gatelab.build.settings import Settings

pytestmark = pytest.mark.one_in(3, at=1)

COLAB = """
import sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
import ipywidgets
del ipywidgets.DOMWidget.add_class  # of another age
python, sys.executable = sys.executable, "/bin/true"  # nothing is installed here
"""
PREDICT = """
get_ipython().kernel._allow_stdin = True  # somebody is there
guess = predict.predict("Who?", ["one", "two"])
guess = predict.predict("Who?", ["one", "two"], choice="b")
guess.compare("two")
"""
MAP = "from seqlab import progress\nprogress.show()"
COUNT = """def count_parameters(module):
    return sum(p.numel() for p in module.parameters())
"""


def test_the_set_up_runs_and_a_check_says_what_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    folder.mkdir()
    settings = replace(Settings.of(LAB), handout_url=zipped(tmp_path).as_uri())
    setup = [
        next(cell for cell in CELLS if mark in cell)
        for mark in ("import math\n\nimport numpy", "grader = otter")
    ]
    first = handout.filled(FIRST["lab"], LAB, settings)
    code = [COLAB, first, *setup, MAP, PREDICT, COUNT, 'grader.check("q5")']
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in code])
    NotebookClient(
        notebook, kernel_name="python3", timeout=300, resources={"metadata": {"path": str(folder)}}
    ).execute()
    said = ["".join(map(shown, cell.outputs)) for cell in notebook.cells]
    assert "not checked" in said[4] and "worth 0 of 100 points" in said[4]
    assert 'write choice="a"' in said[5] and "→ b) two" in said[5] and "As you predicted" in said[5]
    assert "Frozen parameters are counted too" in said[7] and "`matched_hidden_size`" in said[7]
    assert not list(folder.rglob("*.ipynb"))
    assert not re.search("Error|Traceback", "".join(said))


def shown(output: dict) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))
