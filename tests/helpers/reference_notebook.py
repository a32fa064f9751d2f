"""A notebook with the lab's references, some of them possibly replaced by other code."""

from __future__ import annotations

from pathlib import Path

import nbformat

from gatelab.audit.notebooks import write_notebook
from gatelab.lab.spec import Lab


def reference_notebook(path: Path, lab: Lab, *cells: str, **sources: str) -> Path:
    """The references with some questions' code replaced and cells added at the end."""
    path.parent.mkdir(exist_ok=True)
    write_notebook(path, lab, sources)
    book = nbformat.read(path, as_version=4)
    book.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(book, path)
    return path
