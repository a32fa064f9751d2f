"""The house that the engine is: its rooms import one way, and all that is in them is typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


def test_the_arrows_between_the_rooms_run_one_way(root: Path) -> None:
    """The contracts are those of pyproject.toml."""
    said = run(root, str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_engine_is_typed(root: Path) -> None:
    said = run(root, sys.executable, "-m", "mypy")
    assert said.returncode == 0, said.stdout + said.stderr
