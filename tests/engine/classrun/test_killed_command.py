"""Within 2 s of `kill -9`, at whatever moment, every process of a command is gone and no folder is left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from gatelab.build.autograder_zip import build_autograder_zip
from gatelab.lab.spec import Lab
from helpers.processes import HOSTILE, alive, everything, within
from helpers.reference_notebook import reference_notebook
from helpers.shares import WHOLE
from helpers.tiny_lab import TINY

PROMISED = 2.0  # seconds
MOMENTS = 4 if WHOLE else 2  # of each command
AT_WORK = 4  # processes by which the endless notebook runs
COMMANDS = {
    "grade": ["-c", "from gatelab.cli.app import app; app()", "grade", "CLASS", "-o", "OUT", "--jobs", "2", "--root", "ROOT"],
    "pytest": ["-m", "pytest", "ROOT/tests/softmax/hidden/test_q1_softmax.py", "--submission", "CLASS/a.ipynb", "-q"],
    "otter-run": ["-m", "gatelab.integrations.otter.run", "ZIP", "CLASS/a.ipynb", "-o", "OUT"],
}  # fmt: skip
# The hostile one leaves its group and its parents as far as it is let.
LEAVES = "import os\nfor _ in range(2):\n    if os.fork() == 0:\n        try:\n            os.setsid()\n        except OSError:\n            pass\n"  # fmt: skip


@pytest.fixture(scope="module")
def places(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    base = tmp_path_factory.mktemp("killed")
    for name in "ab":
        reference_notebook(base / "class" / f"{name}.ipynb", lab, LEAVES + HOSTILE)
    autograder = build_autograder_zip(lab, base / "dist")
    return {"CLASS": str(base / "class"), "OUT": str(base / "out"), "ROOT": str(TINY), "ZIP": str(autograder)}


@pytest.fixture
def temporary() -> Iterator[Path]:
    """The command's temporary folder, through which a worker's user can pass; it lasts where something stays."""
    folder = Path(tempfile.mkdtemp(prefix="killed-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    folder.rmdir()


@pytest.mark.parametrize("moment", range(MOMENTS))
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.one_in(3)
def test_nothing_of_a_killed_command_lives_for_two_seconds(
    places: dict[str, str], root: Path, temporary: Path, command: str, moment: int
) -> None:
    words = COMMANDS[command]
    for key, place in places.items():
        words = [word.replace(key, place) for word in words]
    process = subprocess.Popen(
        [sys.executable, *words], env={**os.environ, "TMPDIR": str(temporary)}, cwd=root,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    started = time.monotonic()
    if moment % 2:  # in its first steps, or once a notebook is loaded
        assert within(150, lambda: len(everything(psutil.Process(process.pid))) >= AT_WORK)
    time.sleep(random.uniform(0, 4))
    after = time.monotonic() - started
    assert process.poll() is None, f"{command} ended by itself within {after:.2f} s"
    below = everything(psutil.Process(process.pid))
    process.send_signal(signal.SIGKILL)
    process.wait()

    def gone() -> bool:
        # What was forked between the look and the kill has its folder or its line in the temporary folder's name.
        return not any(alive(one) for one in below) and not any(temporary.iterdir()) and not _named(temporary)

    took = _seconds_until(gone)
    print(f"{command}, killed after {after:.2f} s with {len(below)} processes: gone after {took:.2f} s")
    left = [one for one in below if alive(one)], list(temporary.iterdir()), _named(temporary)
    assert took <= PROMISED, (f"killed after {after:.2f} s", left)


def _named(folder: Path) -> list[psutil.Process]:
    """Processes that were started with a path in this folder: the fork server and all its forks, and what removes folders."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(folder) in word for word in process.cmdline()) and alive(process):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _seconds_until(what: Callable[[], bool]) -> float:
    """Seconds until it holds, at most 20. The time in which this process itself did not get the processor is not counted:
    then the others did not either."""
    took, step = 0.0, 0.02
    while not what() and took < 20:
        before, worked = time.monotonic(), time.process_time()
        time.sleep(step)
        late = time.monotonic() - before - step
        took += step + (time.process_time() - worked) + min(max(late, 0), step)
    return took
