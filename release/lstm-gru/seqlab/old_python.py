# Written by gatelab build from autograder/gatelab/handed_out/old_python.py; change it there.
"""Stops a Python that is too old for the package in one sentence, before the import of its other files ends in a traceback.

So this file, `hooks.py` and a package's `__init__.py` hold no form of Python that is newer than 3.7.
"""

import os
import sys
from typing import Any

OLDEST = (3, 11)  # as start.py, which is a file of its own, has it
HANDOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def refuse(version: Any) -> None:
    """Raise SystemExit, which Jupyter and a terminal show as its sentence, if this version is too old."""
    if tuple(version) < OLDEST:
        raise SystemExit(
            f"This is Python {version[0]}.{version[1]} ({sys.executable}), and the lab needs {OLDEST[0]}.{OLDEST[1]} or newer: "
            + _what_to_do()
        )


def _what_to_do() -> str:
    """Not every lab hands out a start.py."""
    if os.path.isfile(os.path.join(HANDOUT, "start.py")):
        return "type `python start.py` in the handout's folder, and use the Python that it makes."
    return "install one from python.org, and with it what requirements.txt names."


refuse(sys.version_info)
