"""The public checks of a notebook's file, run in a process of their own (run.py) and reported as they come."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seqlab import progress
from seqlab.handin.notebook import Refused

HANDOUT = Path(__file__).resolve().parents[2]
NEEDED = {"torch": "torch", "otter": "otter-grader", "IPython": "ipython", "matplotlib": "matplotlib"}
SECONDS = 900  # for all of it


@dataclass
class Outcome:
    """What one check said."""

    id: str
    state: str  # passed, not yet, not written, or not checked
    says: str = ""


def ready() -> None:
    """Raise Refused where a check could not run at all: a file or a package is missing."""
    ids = [question["id"] for question in progress.table()["questions"] if not question["by_hand"]]
    gone = [f"tests/{id}.py" for id in ids if not (HANDOUT / "tests" / f"{id}.py").is_file()]
    if gone:
        raise Refused(f"{HANDOUT / 'tests'}: {gone[0]} is missing; unzip the handout again, all of it, next to your notebook.")
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise Refused(f"{missing[0]} is not installed for this Python ({sys.executable}); {_way_on()}.")


def run(path: Path, everything: bool = False) -> Iterator[Outcome]:
    """Run the checks on a notebook's file; yields one outcome a question, in the order of the lab.

    A check that the code's end, a crash or the time limit kept from running is yielded as "not checked".
    """
    command = [sys.executable, "-m", "seqlab.handin.run", str(path.resolve()), *(["--all"] if everything else [])]
    paths = os.pathsep.join([str(HANDOUT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    environment["PYTHONUTF8"] = "1"  # otter reads the checks' files in the system's encoding
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=path.resolve().parent,
        env=environment,
        text=True,
        encoding="utf-8",
    )
    late = threading.Timer(SECONDS, child.kill)
    late.start()
    left = [question["id"] for question in progress.table()["questions"] if not question["by_hand"]]
    try:
        for line in child.stdout or ():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                told = json.loads(line)
                outcome = Outcome(told["id"], told["state"], told["says"])
                left.remove(outcome.id)
                yield outcome
        child.wait()
    finally:
        out_of_time = not late.is_alive()
        late.cancel()
        child.kill()
        child.wait()
    why = f"it took more than {SECONDS // 60} minutes" if out_of_time else "the notebook's own code ended the run"
    for id in left:
        yield Outcome(id, "not checked", f"{why}; restart and run all in Jupyter, and see which cell it is.")


def _way_on() -> str:
    """Where a Python with all packages is, or how to get one."""
    for place in ("bin/python", "Scripts/python.exe"):
        if (HANDOUT / ".venv" / place).exists():
            return f'use the lab\'s own: "{HANDOUT / ".venv" / place}" -m seqlab {" ".join(sys.argv[1:])}'.rstrip()
    return "run `python start.py` in the handout's folder first"
