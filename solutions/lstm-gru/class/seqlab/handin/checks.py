# Written by gatelab build from autograder/gatelab/handed_out/handin/checks.py; change it there.
"""Runs the public checks on a notebook's file in a separate process (run.py) and reports results as they come."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import limits, progress
from .notebook import Refused

HANDOUT = Path(__file__).resolve().parents[2]
NEEDED = {"torch": "torch", "otter": "otter-grader", "IPython": "ipython"}  # module → package
PLOTS = "matplotlib"  # in many labs
# Set for the process that runs a notebook's cells, so that one that runs this package's command does not start it all over again.
INSIDE = f"{progress.PACKAGE.upper()}_INSIDE"


@dataclass
class Outcome:
    """The result of one check."""

    id: str
    state: str  # passed, not yet, not written, or not checked
    says: str = ""
    unknown: str = ""  # the name that Python did not find, if that was what stopped it


@dataclass
class Remark:
    """A remark on a cell that failed or did not end."""

    says: str


@dataclass
class Waiting:
    """There was no result for a while: what is running, and for how many seconds."""

    at: str
    seconds: float


def require_table() -> None:
    """Raise Refused if the table of questions is missing (an incomplete handout)."""
    try:
        progress.table()
    except (OSError, ValueError):
        raise Refused(
            f"{progress.QUESTIONS}: cannot be read; unzip the handout again, all of it, next to your notebook."
        ) from None


def ready() -> None:
    """Raise Refused if the checks cannot run because a file or a package is missing."""
    ids = [question["id"] for question in progress.table()["questions"] if not question["by_hand"]]
    missing_files = [f"tests/{id}.py" for id in ids if not (HANDOUT / "tests" / f"{id}.py").is_file()]
    if missing_files:
        raise Refused(
            f"{HANDOUT / 'tests'}: {missing_files[0]} is missing; unzip the handout again, all of it, next to your notebook."
        )
    if not ids:
        return
    needed = NEEDED | ({PLOTS: PLOTS} if _requires(PLOTS) else {})
    missing = [package for module, package in needed.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise Refused(
            f"{missing[0]} is not installed for this Python ({sys.executable}); {_how_to_install()}."
        )


def run(path: Path, everything: bool = False) -> Iterator[Outcome | Remark | Waiting]:
    """Run the checks on a notebook's file. Yields one outcome for each question, in the order of the lab, and remarks in between.

    If a crash or the notebook's own code ends the process, the check that was running is yielded as "not checked", and the
    others are run in another process.
    """
    left = [question["id"] for question in progress.table()["questions"] if not question["by_hand"]]
    ended: list[str] = []  # questions that a process did not survive
    remarks: set[str] = set()
    while left:
        at, last, why = "the set-up", "", ""
        for news in _child(
            path, {"checks": left, "ended": ended, "all": everything, "seconds": limits.CHECK_CPU}
        ):
            if isinstance(news, Waiting):
                yield news
            elif "begins" in news:
                at, last, why = news["begins"], "", ""
            elif "remark" in news:
                why = news["remark"]
                if why not in remarks:
                    remarks.add(why)
                    yield Remark(why)
            else:
                last = news["id"]
                left.remove(last)
                yield Outcome(last, news["state"], news["says"], news.get("unknown", ""))
        if last:
            ended.append(last)  # stopped after this outcome, if any are left
        elif at in left:
            left.remove(at)
            ended.append(at)
            yield Outcome(at, "not checked", "the notebook's own code ended the run.")
        else:
            for id in left:
                yield Outcome(id, "not checked", why or f"the notebook's own code ended the run in {at}.")
            return


def _child(path: Path, asked: dict[str, Any]) -> Iterator[dict[str, Any] | Waiting]:
    """The messages of one process (run.py), with a Waiting after each longer pause."""
    command = [
        sys.executable,
        "-m",
        f"{progress.PACKAGE}.handin.run",
        str(path.resolve()),
        json.dumps(asked | {"parent": os.getpid()}),
    ]
    paths = os.pathsep.join([str(HANDOUT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    environment[INSIDE] = path.name
    environment["PYTHONUTF8"] = "1"  # otter reads the checks' files in the system's encoding
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=path.resolve().parent,
        env=environment,
        text=True,
        encoding="utf-8",
        start_new_session=os.name != "nt",  # what a cell starts can be ended with it
    )
    lines: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        for line in child.stdout or ():
            lines.put(line)
        lines.put("")

    threading.Thread(target=listen, daemon=True).start()
    at, since = "the set-up", time.monotonic()
    try:
        while True:
            try:
                line = lines.get(timeout=limits.NEWS_SECONDS)
            except queue.Empty:
                yield Waiting(at, time.monotonic() - since)
                continue
            if not line:
                break
            with contextlib.suppress(ValueError):
                news = json.loads(line)
                at, since = news.get("begins", at), time.monotonic()
                yield news
    finally:
        _end(child)


def _end(child: subprocess.Popen[str]) -> None:
    """End the process and what its cells have started. (Windows ends only the process.)"""
    if os.name == "nt":
        child.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _how_to_install() -> str:
    """Where to find a Python with all packages, or how to install them."""
    if Path(sys.prefix).resolve() == (HANDOUT / ".venv").resolve():
        return "this is the lab's own Python and should have it: ask your teacher whether requirements.txt names it"
    for place in ("bin/python", "Scripts/python.exe"):
        if (HANDOUT / ".venv" / place).exists():
            return f'use the lab\'s own: "{HANDOUT / ".venv" / place}" -m {progress.PACKAGE} {" ".join(sys.argv[1:])}'.rstrip()
    if (HANDOUT / "start.py").is_file():
        return "run `python start.py` in the handout's folder first"
    return "run `python -m pip install -r requirements.txt` in the handout's folder first"


def _requires(package: str) -> bool:
    """Whether the lab's requirements name a package."""
    try:
        text = (HANDOUT / "requirements.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(rf"^{package}(?![\w.-])", text, re.MULTILINE) is not None
