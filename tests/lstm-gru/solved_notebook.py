"""The solved notebook with a change in it, graded: what a student's habits may cost, and may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelab.grading.engine import Engine
from gatelab.report.record.model import Report
from helpers.solved_notebook import Cells


@pytest.fixture(scope="module")
def solved(root: Path) -> dict:
    return json.loads((root / "solutions" / "lstm-gru" / "lab.ipynb").read_text(encoding="utf-8"))


@pytest.fixture
def graded(engine: Engine, solved: dict, tmp_path: Path) -> Callable[..., Report]:
    """Grade the solved notebook after `change(cells)`, without training."""

    def grade(change: Callable[[Cells], object], *questions: str) -> Report:
        notebook = json.loads(json.dumps(solved))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            cell.pop("outputs", None)
        change(notebook["cells"])
        path = tmp_path / "lab.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return engine.grade(path, "alice", questions, training=False)

    return grade


def containing(cells: Cells, text: str) -> dict:
    return next(cell for cell in cells if cell["cell_type"] == "code" and text in cell["source"])
