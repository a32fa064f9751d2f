"""Finds the processes that a grading starts, for tests of what happens to them."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil


def within(seconds: float, what: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.02)
    return what()


HOSTILE = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        while True:
            time.sleep(1)
while True:
    pass
"""


def everything(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# Submissions that use up some resource of an examiner or the fork server: no room for a fork, a process that is gone when it is
# forked, invalid answers, endless output, folders full of files.
LEAKY = {
    "64 sleeping threads": "import threading, time\nfor _ in range(64):\n    try:\n        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n    except RuntimeError:\n        break",
    "gone when it is forked": "import os, threading, time\nthreading.Thread(target=lambda: (time.sleep(0.3), os._exit(0))).start()",
    "forks": "import os, time\nfor _ in range(40):\n    try:\n        if os.fork() == 0:\n            time.sleep(600)\n    except OSError:\n        break",
    "no answers": "import os\nfor n in range(3, 40):\n    try:\n        os.write(n, b'x' * 4000)\n    except OSError:\n        pass",
    "many files": "for n in range(2000):\n    open(f'f{n}', 'w').write('x')\nprint('x' * 100000)",
    "descriptors": "import os\nheld = []\ntry:\n    while True:\n        held.append(os.open('.', 0))\nexcept OSError:\n    pass",
}  # fmt: skip
