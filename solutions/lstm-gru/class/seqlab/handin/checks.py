"""The public checks of a notebook's file, run in a process of their own (run.py) and reported as they come."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import re
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


@dataclass
class Outcome:
    """What one check said."""

    id: str
    state: str  # passed, not yet, not written, or not checked
    says: str = ""
    unknown: str = ""  # the name that Python did not find, if that was what stopped it


@dataclass
class Remark:
    """On a cell that failed or did not end."""

    says: str


@dataclass
class Waiting:
    """Nothing has come for a while: what is running, and for how many seconds."""

    at: str
    seconds: float


def has_its_table() -> None:
    """Raise Refused where the table of questions is missing: half a handout."""
    try:
        progress.table()
    except (OSError, ValueError):
        raise Refused(
            f"{progress.QUESTIONS}: cannot be read; unzip the handout again, all of it, next to your notebook."
        ) from None


def ready() -> None:
    """Raise Refused where a check could not run at all: a file or a package is missing."""
    ids = [question["id"] for question in progress.table()["questions"] if not question["by_hand"]]
    gone = [f"tests/{id}.py" for id in ids if not (HANDOUT / "tests" / f"{id}.py").is_file()]
    if gone:
        raise Refused(
            f"{HANDOUT / 'tests'}: {gone[0]} is missing; unzip the handout again, all of it, next to your notebook."
        )
    if not ids:
        return
    needed = NEEDED | ({PLOTS: PLOTS} if _asks_for(PLOTS) else {})
    missing = [package for module, package in needed.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise Refused(f"{missing[0]} is not installed for this Python ({sys.executable}); {_way_on()}.")


def run(path: Path, everything: bool = False) -> Iterator[Outcome | Remark | Waiting]:
    """Run the checks on a notebook's file; yields one outcome a question, in the order of the lab, and what is to say between.

    A check that a crash or the code's own end kept from giving an outcome is yielded as "not checked", and the others are
    run in another process.
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
    """What one process tells (run.py), and at times that it is still running."""
    command = [sys.executable, "-m", f"{progress.PACKAGE}.handin.run", str(path.resolve()), json.dumps(asked)]
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
        child.wait()
    finally:
        child.kill()
        child.wait()


def _way_on() -> str:
    """Where a Python with all packages is, or how to get one."""
    if Path(sys.prefix).resolve() == (HANDOUT / ".venv").resolve():
        return "this is the lab's own Python and should have it: ask your teacher whether requirements.txt names it"
    for place in ("bin/python", "Scripts/python.exe"):
        if (HANDOUT / ".venv" / place).exists():
            return f'use the lab\'s own: "{HANDOUT / ".venv" / place}" -m {progress.PACKAGE} {" ".join(sys.argv[1:])}'.rstrip()
    if (HANDOUT / "start.py").is_file():
        return "run `python start.py` in the handout's folder first"
    return "run `python -m pip install -r requirements.txt` in the handout's folder first"


def _asks_for(package: str) -> bool:
    """Whether the lab's requirements name a package."""
    try:
        text = (HANDOUT / "requirements.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(rf"^{package}(?![\w.-])", text, re.MULTILINE) is not None
