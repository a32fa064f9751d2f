"""Spares the tests' process, and those that it starts, imports that take seconds: python_start/sitecustomize.py."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

AT_START = Path(__file__).with_name("python_start")


def start_quickly() -> None:
    runpy.run_path(str(AT_START / "sitecustomize.py"))
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(AT_START) not in places:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(AT_START), *places]))
