"""The student's notebook as a page to read, without Jupyter and without a kernel."""

from __future__ import annotations

from pathlib import Path

from nbconvert import HTMLExporter

from gatelab.build.errors import BuildError
from gatelab.folders import write_whole
from gatelab.lab.spec import Lab


def preview(lab: Lab, root: Path) -> Path:
    """Write `dist/<lab>-preview.html` from `release/<lab>` and return its path. Raises BuildError if nothing is built."""
    name = lab.assignment.name
    notebook = root / "release" / name / lab.notebook
    if not notebook.is_file():
        raise BuildError(f"{notebook}: nothing is built yet; run gatelab build.")
    exporter = HTMLExporter(anchor_link_text=" ", embed_images=True)
    page, _ = exporter.from_filename(str(notebook))
    path = root / "dist" / f"{name}-preview.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page)
    return path
