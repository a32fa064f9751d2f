"""Blocks of commands that need more than `gatelab` (nbgrader's exchange, Gradescope's container), typed as written, in the tiny lab's kit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_typed_pages import ROOT, commands

from helpers.notebooks import load_notebook, save_notebook
from helpers.otter_in_process import by_question
from helpers.tiny_class import gatelab
from helpers.tiny_lab import tiny_kit

BIN = Path(sys.executable).parent
EXCHANGE = """
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "rnn101"
c.Exchange.root = {root!r}
"""


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A kit with its release, and the environment where the Makefile has it."""
    kit = tiny_kit(tmp_path / "kit")
    assert gatelab("build", "--accept", "--root", kit).exit_code == 0
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, kit)
    (kit / ".venv").symlink_to(sys.prefix)
    return kit


def type_in(kit: Path, lines: list[str]) -> str:
    """Type the lines in one shell, which ends at the first that fails; what they said."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment['PATH']}"
    script = "\n".join(lines).replace("lstm-gru", "softmax")
    done = subprocess.run(
        ["bash", "-eux", "-c", script], cwd=kit, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.one_in(4, among="typed")
@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_the_scripts_of_the_container_run_by_hand_as_their_page_says(kit: Path) -> None:
    lines = commands(ROOT / "autograder" / "gradescope" / "README.md")
    assert lines[0] == "make zip" and len(lines) == 5
    lines[0] = "make -o .venv/.ready LAB=softmax zip"  # the environment is there
    type_in(kit, lines)
    results = json.loads((kit / "out" / "autograder" / "results" / "results.json").read_text("utf-8"))
    assert {id: points for id, (points, _) in by_question(results).items()} == {"q1": 4, "q2": 6}


@pytest.mark.one_in(4, among="typed")
def test_nbgraders_commands_run_as_its_page_says_in_their_order(kit: Path, tmp_path: Path) -> None:
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    with (kit / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(EXCHANGE.format(root=str(exchange)))
    for student in ("ada", "bob"):
        solved = load_notebook(kit / "solutions" / "softmax" / "lab.ipynb")
        save_notebook(solved, kit / "submitted" / student / "softmax" / "lab.ipynb")
    lines = [line for line in commands(ROOT / "docs" / "nbgrader.md") if line != "jupyter lab"]
    first, again, rest = lines[:1], lines[1:5], lines[5:]
    assert again[0].startswith("cp gradebook.db") and rest[0].startswith("nbgrader release_assignment")
    type_in(kit, [*first, *again, *rest])
    assert (exchange / "rnn101" / "outbound" / "softmax" / "lab.ipynb").is_file()
    rows = (kit / "grades.csv").read_text(encoding="utf-8")
    assert "ada" in rows and "bob" in rows and (kit / "before.db").is_file()
    assert (kit / "feedback" / "ada" / "softmax" / "lab.html").is_file()
