# Written by gatelab build from autograder/gatelab/handed_out/handin/limit.py; change it there.
"""Ends a cell or a check that takes too long, and says which line of the notebook it was in."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from .. import limits
from ..checking.patience import Running, place_in


@contextlib.contextmanager
def limited(
    seconds: float, namespace: dict[str, Any], give_up: Callable[[Running | None], None]
) -> Iterator[list[Running | None]]:
    """Inside the `with`: after this many seconds of CPU time, raise KeyboardInterrupt in the main thread, which must be this one.

    The list that it yields then has one item, the line of the notebook (place_in). If the code catches the exception,
    `give_up` is called with that line and ends the process.
    """
    ended, runner = threading.Event(), threading.get_ident()
    places: list[Running | None] = []

    def watch() -> None:
        computed, begun = time.process_time(), time.monotonic()
        longest = limits.CLOCK * seconds
        while time.process_time() - computed < seconds and time.monotonic() - begun < longest:
            if ended.wait(min(limits.LOOK_SECONDS, seconds / 4)):
                return
        places.append(place_in(sys._current_frames().get(runner), namespace))
        _interrupt(runner)
        if not ended.wait(limits.GRACE_SECONDS):
            give_up(places[0])

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield places
    finally:
        ended.set()


def _interrupt(thread: int) -> None:
    """Interrupt a thread as Ctrl+C does; a signal also ends a wait."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(thread, signal.SIGINT)
    else:  # Windows
        signal.raise_signal(signal.SIGINT)
