"""Writes wheat and chaff as notebooks, to be graded in the same way as a student's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nbformat

from gatelab.lab.spec import Lab, LabError
from gatelab.lab.toml import TomlError, read_toml

SETUP = """import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
"""


def write_notebook(path: Path, lab: Lab, sources: Mapping[str, str | tuple[str, ...]]) -> Path:
    """Write a notebook with `sources` in the questions' cells; the other questions get their references.

    Args:
        path: where to write it.
        lab: the lab.
        sources: question ID → code, in one cell or several; `setup` replaces the usual imports.
    """
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    cells: dict[str, str | tuple[str, ...]] = {"setup": sources.get("setup", SETUP)}
    for id, spec in lab.questions.items():
        if id in sources:
            cells[id] = sources[id]
        elif not spec.by_hand and lab.has_reference(id):
            cells[id] = lab.reference(id)
    concepts = lab.concept_question
    if concepts and concepts not in sources and lab.concept_key.is_file():
        try:
            key = read_toml(lab.concept_key)
        except TomlError as error:
            raise LabError(str(error)) from error
        answers = {id: row["answer"] for id, row in key.items()}
        cells[concepts] = f"answers = {answers!r}\n"
    for id, source in cells.items():
        several = (source,) if isinstance(source, str) else source
        for number, text in enumerate(several):
            cell = nbformat.v4.new_code_cell(text, id=f"{id}-{number}" if number else id)
            if number == 0:
                cell.metadata["nbgrader"] = {"grade_id": f"{id}-solution"}
            notebook.cells.append(cell)
    nbformat.write(notebook, path)
    return path
