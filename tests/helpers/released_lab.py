"""The tiny lab with what its students get, as a build would release it: made once for all tests of a process."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from gatelab.build.checks import keep_up
from gatelab.build.pipeline import built_release
from gatelab.lab.spec import Lab
from helpers.tiny_lab import tiny_lab


def release(lab: Lab, root: Path) -> Lab:
    """Write the release of a lab in `root`; returns the lab."""
    keep_up(lab)
    with built_release(lab, root) as made:
        shutil.copytree(made, root / "release" / lab.name)
    return lab


def released_lab() -> Lab:
    """For tests that only read."""
    return Lab.in_repository(released_kit())


def released_kit() -> Path:
    """The same, as a kit's folder."""
    return Path(_made().name)


def released_notebook() -> dict:
    """The students' notebook, its sources as one text each."""
    lab = released_lab()
    book = json.loads((lab.release / lab.notebook).read_text(encoding="utf-8"))
    for cell in book["cells"]:
        cell["source"] = "".join(cell["source"])
    return book


@cache
def _made() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="released-lab-")
    root = Path(folder.name).resolve()
    root.chmod(0o755)  # a submission's process, which runs as another user, reads the students' package here
    release(tiny_lab(root), root)
    return folder
