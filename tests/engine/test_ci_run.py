"""What runs on every change: both commands of the README, and it fails where either does."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize("failing", ["", "test", "grade"])
def test_both_commands_run_and_either_of_them_can_fail_it(root: Path, tmp_path: Path, failing: str) -> None:
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/ran\ntest "$1" != "{failing}"\n', encoding="utf-8")
    make.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [root / ".ci" / "run"], env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    assert (tmp_path / "ran").read_text().split() == ["grade", "test"]
    assert (done.returncode != 0) == bool(failing)
    assert done.stderr == (f"make {failing} failed\n" if failing else "")


def test_they_are_the_commands_of_the_readme(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert {"test", "grade"} <= set(re.findall(r"\bmake (\w+)", readme))
