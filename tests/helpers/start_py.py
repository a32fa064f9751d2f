"""`start.py` of a handed-out folder, run as a student does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def begin(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with these words, in a console that knows ASCII alone; it never ends with a traceback."""
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
