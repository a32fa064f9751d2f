"""The lab copied, so that a test may change its settings and tasks."""

from __future__ import annotations

import shutil
from pathlib import Path

from gatelab.lab.spec import Lab


def copied_lab(lab: Lab, root: Path) -> Lab:
    """Handout and suites below `root`, without the bank: a diagnosis would find nothing in most of what these tests grade."""
    ignore = shutil.ignore_patterns("__pycache__")
    return Lab(
        Path(shutil.copytree(lab.assignment, root / "assignment", ignore=ignore)),
        Path(shutil.copytree(lab.hidden, root / "hidden", ignore=ignore)),
        None,
    )
