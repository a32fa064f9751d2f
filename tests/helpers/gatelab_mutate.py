"""`gatelab mutate` as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def gatelab_mutate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("gatelab")), "mutate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
