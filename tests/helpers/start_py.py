"""`start.py` of a handed-out folder, run as a student does, or loaded."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def loaded(folder: Path) -> Any:
    """The folder's start.py as a module."""
    spec = importlib.util.spec_from_file_location("start", folder / "start.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def begin(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with these arguments in a console that has only ASCII. It must never end with a traceback."""
    done = subprocess.run(
        [sys.executable, "start.py", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"} | environment,
        timeout=180,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done
