"""The command of a students' package, `python -m PACKAGE …`, as typed in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# A console with a small character set, as on Windows: nothing may fail with an encoding error.
CONSOLE = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "ascii"}


def package_command(folder: Path, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it with these words; it never ends with a traceback."""
    command = [sys.executable, "-W", "ignore", "-m", name, *words]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=os.environ | CONSOLE, timeout=300
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done
