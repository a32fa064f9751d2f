"""What runs on every change: both commands of the README, and it fails where either does."""

from __future__ import annotations

import os
import re
import shutil
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


@pytest.mark.skipif(os.geteuid() != 0, reason="Debian's packages are installed by root")
@pytest.mark.parametrize("works", [True, False])
def test_a_missing_browser_is_installed_first_and_what_that_comes_to_fails_nothing(
    root: Path, tmp_path: Path, works: bool
) -> None:
    for name, code in (("make", 0), ("apt-get", 0 if works else 100)):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$1" >> {tmp_path}/ran\nexit {code}\n', encoding="utf-8")
        program.chmod(0o755)
    for name in ("bash", "dirname", "env"):
        (tmp_path / name).symlink_to(shutil.which(name))
    done = subprocess.run([root / ".ci" / "run"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ran = (tmp_path / "ran").read_text().splitlines()
    assert ran == ["apt-get update", *(["apt-get install"] if works else []), "make grade", "make test"]


def test_they_are_the_commands_of_the_readme(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert {"test", "grade"} <= set(re.findall(r"\bmake (\w+)", readme))
