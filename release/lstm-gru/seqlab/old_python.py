# Written by gatelab build from autograder/gatelab/handed_out/old_python.py; change it there.
"""Stops a Python that is too old for the package in one sentence, before the import of its other files ends in a traceback.

So this file, `hooks.py` and a package's `__init__.py` hold no form of Python that is newer than 3.7.
"""

import sys
from typing import Any

OLDEST = (3, 11)


def refuse(version: Any) -> None:
    """Raise SystemExit, which Jupyter and a terminal show as its sentence, if this version is too old."""
    if tuple(version[:2]) < OLDEST:
        raise SystemExit(
            f"This is Python {version[0]}.{version[1]} ({sys.executable}), and the lab needs {OLDEST[0]}.{OLDEST[1]} or newer: "
            "type `python start.py` in the handout's folder, and use the Python that it makes."
        )


refuse(sys.version_info)
