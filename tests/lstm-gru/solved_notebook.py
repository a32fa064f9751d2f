"""The solved notebook with a change in it, graded: what a student's habits may cost, and may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelab.grading.engine import Engine
from gatelab.report.record.model import Report

Cells = list[dict]


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


def code(source: str, **metadata: object) -> dict:
    return {"cell_type": "code", "metadata": metadata, "source": source}


def place(cells: Cells, grade_id: str) -> int:
    return next(
        k for k, c in enumerate(cells) if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def answer(cells: Cells, question: str) -> dict:
    return cells[place(cells, f"{question}-solution")]


def swap(cell: dict, old: str, new: str, count: int = 1) -> None:
    assert old in cell["source"], f"{old!r} is not in the cell"
    cell["source"] = cell["source"].replace(old, new, count)


def containing(cells: Cells, text: str) -> dict:
    return next(cell for cell in cells if cell["cell_type"] == "code" and text in cell["source"])


def full(report: Report, *questions: str) -> bool:
    lost = [
        (q.id, part.name, part.student_text)
        for q in report.questions
        if q.id in questions
        for part in q.parts
        if not part.passed
    ]
    assert report.status == "graded", report.reason
    assert lost == [], (lost, report.cells)
    return True
