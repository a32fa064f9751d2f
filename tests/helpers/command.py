"""Runs the command in the tests' own process, which saves an import of torch; runs other programs as they are typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from gatelab.cli.app import app


def gatelab(*words: object, **more: object) -> Result:
    """`gatelab` with these words. What it raises besides its exit code is a fault, and raised here."""
    done = CliRunner().invoke(app, [str(word) for word in words], **more)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def succeeded(*words: object) -> str:
    """What a command prints that must end with exit code 0."""
    done = gatelab(*words)
    assert done.exit_code == 0, done.output
    return done.output


def printed(*words: object, code: int = 0) -> str:
    """What a command with this exit code prints, on one line."""
    done = gatelab(*words)
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def typed(folder: Path, program: str, *words: object) -> subprocess.CompletedProcess[str]:
    """An installed program as it is typed in a folder."""
    line = [Path(sys.executable).with_name(program), *map(str, words)]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=600)
