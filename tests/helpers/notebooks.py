"""Notebooks as plain JSON, so that a test may put anything into one."""

from __future__ import annotations

import json
from pathlib import Path


def write_notebook(path: Path, *sources: str, **metadata: object) -> Path:
    """Write a notebook of code cells; `metadata`: the notebook's."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{k}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for k, source in enumerate(sources)
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def load_notebook(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def save_notebook(notebook: dict, path: Path) -> Path:
    """Write it, folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def cell_of(notebook: dict, grade_id: str) -> dict:
    """The notebook's cell with this grade_id. Raises KeyError if there is none."""
    for found in notebook["cells"]:
        if found["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            return found
    raise KeyError(grade_id)
