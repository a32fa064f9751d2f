"""The demo and practice notebooks for class: without outputs, together with the files they need."""

from __future__ import annotations

import shutil
from pathlib import Path

from nbformat import NotebookNode

from gatelab.build import master
from gatelab.lab.spec import Lab

CLASS = "class"  # the folder in solutions/<lab>/
RECORDED = "cached"  # a folder of the assignment: the recorded run, for when a live one takes too long


def for_staff(solutions: Path) -> list[Path]:
    """The files of solutions/ that are for staff only: all except those that `write` copied from a release."""
    return [
        path
        for path in sorted(solutions.rglob("*"))
        if path.is_file() and not _from_a_release(path.relative_to(solutions))
    ]


def _from_a_release(path: Path) -> bool:
    """Whether a file of solutions/ is in a folder of <lab>/class that is not the recorded run."""
    _, *folder = path.parts[:-1]
    return len(folder) > 1 and folder[0] == CLASS and folder[1] != RECORDED


def write(lab: Lab, notebooks: dict[str, NotebookNode], release: Path, folder: Path) -> None:
    """Fill `folder` with every notebook except the lab's own, not executed; do nothing if there is no other.

    notebooks: file name → solved notebook, before it is executed.
    """
    others = {file: notebook for file, notebook in notebooks.items() if file != lab.notebook}
    if not others:
        return
    folder.mkdir(parents=True)
    for file, notebook in others.items():
        (folder / file).write_text(master.dumps(notebook), encoding="utf-8")
    for source in (release / lab.package.name, lab.assignment / RECORDED):
        if source.is_dir():
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
