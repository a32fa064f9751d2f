"""A command begins without what it does not use: most of them take less time than an import of torch."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from gatelab.cli.app import COMMANDS, app

# What takes long to import, and what only some commands need, in the places where they need it.
HEAVY = (
    "IPython", "distributed", "jupytext", "matplotlib", "nbconvert", "nbformat", "nbgrader", "numpy", "openpyxl", "otter",
    "pandas", "py7zr", "pytest", "sklearn", "sqlalchemy", "torch",
)  # fmt: skip
PROGRAM = """
import sys
from gatelab.cli.app import app
try:
    app({words!r})
except SystemExit:
    pass
print("imported:", *sys.modules)
"""


def imported(*words: str) -> set[str]:
    """The modules of a process in which this command was given."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(words=words)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("imported: ")[2].split())


@pytest.mark.parametrize("command", ["grade", "mark", "export", "verify"])
def test_a_command_starts_without_what_is_slow_to_import(command: str) -> None:
    found = {name.partition(".")[0] for name in imported(command, "--help")}
    assert "gatelab" in found
    assert sorted(found & {*HEAVY}) == []


def test_a_command_does_not_import_the_others() -> None:
    found = imported("grade", "--help")
    assert "gatelab.cli.grade" in found
    others = {f"gatelab.cli.{what.partition('.')[0]}" for what in COMMANDS.values()}
    assert found & others == {"gatelab.cli.grade", "gatelab.cli.intake"}  # whose reading of a class it uses


def test_every_command_is_found_under_its_name() -> None:
    commands = typer.main.get_command(app).commands
    assert {name: command.name for name, command in commands.items()} == {name: name for name in COMMANDS}
