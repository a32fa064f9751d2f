"""The tests' process, and those that it starts, go without what takes seconds to import: started/sitecustomize.py."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

STARTED = Path(__file__).with_name("started")


def start_quickly() -> None:
    runpy.run_path(str(STARTED / "sitecustomize.py"))
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(STARTED) not in places:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(STARTED), *places]))
