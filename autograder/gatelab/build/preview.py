"""Makes a page for reading the student's notebook without Jupyter or a kernel. The page loads nothing and runs nothing."""

from __future__ import annotations

from pathlib import Path

import nbformat
from jinja2 import Environment, PackageLoader, StrictUndefined
from nbformat import NotebookNode

from gatelab.build.errors import BuildError
from gatelab.build.reading import Renderer, code, text
from gatelab.folders import write_whole
from gatelab.lab.spec import Lab


def preview(lab: Lab, root: Path) -> Path:
    """Write `dist/<lab>-preview.html` from `release/<lab>` and return its path. Raises BuildError if nothing is built."""
    name = lab.assignment.name
    path = root / "release" / name / lab.notebook
    if not path.is_file():
        raise BuildError(f"{path}: nothing is built yet; run gatelab build.")
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    renderer = Renderer(path.parent, f"../release/{name}/")
    templates = Environment(
        loader=PackageLoader("gatelab.report.outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    page = templates.get_template("preview.html").render(
        title=lab.heading,
        cells=[
            {
                "kind": cell.cell_type,
                "html": code(cell.source) if cell.cell_type == "code" else text(cell.source, renderer),
            }
            for cell in notebook.cells
        ],
    )
    target = root / "dist" / f"{name}-preview.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, page)
    return target
