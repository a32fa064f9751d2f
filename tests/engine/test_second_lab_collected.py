"""With a second lab in the kit, its tests can still be run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gatelab.build.new import new_lab
from gatelab.lab.spec import lab_names

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("assignment", "autograder", "docs", "release", "solutions", "tests")


@pytest.mark.one_in(2)
@pytest.mark.parametrize("part", ["engine", "docs", *lab_names(ROOT)])
def test_with_a_second_lab_every_test_of_the_kit_is_collected(root: Path, tmp_path: Path, part: str) -> None:
    for name in (name for name in FOLDERS if (root / name).is_dir()):
        litter = shutil.ignore_patterns("__pycache__", ".*", "class", "corpus")
        shutil.copytree(root / name, tmp_path / name, ignore=litter)
    for path in (path for path in root.iterdir() if path.is_file()):
        shutil.copy(path, tmp_path)
    new_lab(tmp_path, "rnn-basics")
    # A grading in this process switches pytest's plugins off for its children.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "--collect-only", "-p", "no:cacheprovider", f"tests/{part}"],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode in (0, 5), done.stdout[-3000:] + done.stderr[-1000:]
