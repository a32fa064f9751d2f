"""A solved notebook of the tiny lab with a change in it, graded: what a student's habits may cost, and may not.

The notebook imports what notebooks usually do, so that a change may use it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Report

Cells = list[dict]
SETUP = """import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
"""
# The first line of q1's answer: what a change puts in front of it finds the answer's argument under the name `x`, too.
PRE = "shifted = "


def code(source: str, **metadata: object) -> dict:
    return {"cell_type": "code", "metadata": metadata, "source": source}


def solved(lab: Lab) -> list[dict]:
    """The cells of the students' notebook, with the answers of the lab's references, in the places that it has for them."""
    cells = [
        code(SETUP),
        code("import otter\n\ngrader = otter.Notebook(tests_dir='tests')", tags=["experiment"]),
    ]
    for id in lab.questions:
        cells += [
            code(lab.reference(id), nbgrader={"grade_id": f"{id}-solution", "solution": True}),
            code(f'grader.check("{id}")', nbgrader={"grade_id": id, "grade": True, "locked": True}),
        ]
    return cells


@pytest.fixture
def graded(engine: Engine, lab: Lab, tmp_path: Path) -> Callable[..., Report]:
    """Grade the solved notebook after `change(cells)`."""

    def grade(change: Callable[[Cells], object], *questions: str) -> Report:
        cells = solved(lab)
        change(cells)
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        path = tmp_path / "lab.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return engine.grade(path, "alice", questions)

    return grade


def place(cells: Cells, grade_id: str) -> int:
    return next(
        k for k, c in enumerate(cells) if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def answer(cells: Cells, question: str) -> dict:
    return cells[place(cells, f"{question}-solution")]


def swap(cell: dict, old: str, new: str) -> None:
    assert old in cell["source"], f"{old!r} is not in the cell"
    cell["source"] = cell["source"].replace(old, new, 1)


def use_in_q1(cells: Cells, line: str) -> None:
    """Put a line into q1's answer that may use and change the argument, under the name `x`."""
    swap(answer(cells, "q1"), PRE, f"x = logits\n    {line}\n    logits = x\n    {PRE}")


def before_q1(*sources: str, use: str) -> Callable[[Cells], None]:
    """Cells in front of q1's answer, and a line in the answer that uses what they give."""

    def change(cells: Cells) -> None:
        at = place(cells, "q1-solution")
        cells[at:at] = [code(source) for source in sources]
        use_in_q1(cells, use)

    return change


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
