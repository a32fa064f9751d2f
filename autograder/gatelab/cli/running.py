"""What a command needs of the machine: its processors, and a way to be stopped."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it SIGTERM, a job scheduler's stop, is a Ctrl-C: KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():  # no signal arrives there
        yield
        return
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
