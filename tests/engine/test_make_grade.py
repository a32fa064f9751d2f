"""`make grade` with the sample class of a lab, made by its recipe or kept, and of a lab that has none."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

GRADED = "grade tests/rnn/sample/class --lab rnn"


@pytest.fixture
def kit(root: Path, tmp_path: Path) -> Path:
    """The Makefile in a folder whose programs only note how they are called."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(root / name, tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("gatelab", "python"):
        program = tmp_path / ".venv" / "bin" / name
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/ran\n', encoding="utf-8")
        program.chmod(0o755)
    (tmp_path / ".venv" / ".ready").touch()
    (tmp_path / "tests" / "rnn").mkdir(parents=True)
    return tmp_path


def make_grade(kit: Path) -> tuple[subprocess.CompletedProcess[str], str]:
    """What make said, and the calls of the programs."""
    # These tests may themselves be run by make, which hands its own settings on.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "grade", "LAB=rnn"], cwd=kit, env=env, capture_output=True, text=True)
    ran = kit / "ran"
    return done, ran.read_text(encoding="utf-8") if ran.is_file() else ""


def test_a_sample_class_is_made_by_its_recipe_and_graded(kit: Path) -> None:
    (kit / "tests/rnn/sample").mkdir()
    (kit / "tests/rnn/sample/make.py").touch()
    done, ran = make_grade(kit)
    assert done.returncode == 0 and ran.startswith("build --lab rnn\ntests/rnn/sample/make.py\n" + GRADED)


def test_a_sample_class_without_a_recipe_is_graded(kit: Path) -> None:
    (kit / "tests/rnn/sample/class").mkdir(parents=True)
    done, ran = make_grade(kit)
    assert done.returncode == 0 and ran.startswith("build --lab rnn\n" + GRADED)


def test_a_lab_without_a_sample_class_is_told_how_to_make_one(kit: Path) -> None:
    done, ran = make_grade(kit)
    assert done.returncode != 0 and ran == "" and done.stdout == ""
    assert done.stderr.startswith(
        "rnn has no sample class: put notebooks into tests/rnn/sample/class, or write"
    )
