"""A notebook of another lab of the kit is refused, and the sentence says which lab it is of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatelab.submission.notebook import Ungradable, read_cells
from helpers.tiny_lab import RIGHT, tiny_lab

OTHER = 'title = "Conv nets"\nname = "conv-nets"\nnotebook = "lab.ipynb"\n\n[q1]\ntitle = "Pooling"\npoints = 3\nnames = ["pooled"]\n'


def notebook(source: str) -> bytes:
    cell = {"cell_type": "code", "source": source, "outputs": [], "execution_count": None}
    cell["metadata"] = {"nbgrader": {"grade_id": "q1-solution", "solution": True}}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.mark.parametrize(
    "table", [OTHER, OTHER + "points = 4\n"], ids=["valid", "with a slip in its lab.toml"]
)
def test_a_notebook_of_another_lab_is_called_so(tmp_path: Path, table: str) -> None:
    lab = tiny_lab(tmp_path)
    (tmp_path / "assignment" / "conv-nets").mkdir()
    (tmp_path / "assignment" / "conv-nets" / "lab.toml").write_text(table, encoding="utf-8")
    known = "this is the notebook of another lab, “Conv nets” (conv-nets); hand in lab.ipynb of this lab."
    with pytest.raises(Ungradable, match=r"lab\.ipynb: ") as refused:
        read_cells(notebook("def pooled(x):\n    return x"), "lab.ipynb", lab)
    assert (known in str(refused.value)) == (table == OTHER)
    with pytest.raises(Ungradable, match="none of the questions of “Softmax and cross-entropy”"):
        read_cells(notebook("x = 1"), "lab.ipynb", lab)
    assert read_cells(notebook(RIGHT["q1"]), "lab.ipynb", lab)
