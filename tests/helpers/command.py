"""Runs the command in the tests' own process, which saves an import of torch; runs other programs as they are typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from gatelab.cli.app import app


def gatelab(*words: object, **more: object) -> Result:
    """Run `gatelab` with these arguments. If it raises anything but its exit code, that is raised here."""
    done = CliRunner().invoke(app, [str(word) for word in words], **more)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def succeeded(*words: object, code: int = 0) -> str:
    """Run a command that must have this exit code; returns what it prints."""
    done = gatelab(*words)
    assert done.exit_code == code, done.output
    return done.output


def printed(*words: object, code: int = 0) -> str:
    """The same on one line."""
    return " ".join(succeeded(*words, code=code).split())


def typed(folder: Path, program: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run an installed program in a folder, as typed there."""
    line = [Path(sys.executable).with_name(program), *map(str, words)]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=600)
