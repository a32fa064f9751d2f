"""Limits the time that a notebook's code may take. It counts CPU time, so that nobody loses points on a busy machine.

A process that only waits uses no processor time; it is stopped after it has been idle for a while.
Code that clears the alarm runs until the examiner's wall-clock limit or the kernel's limit ends it.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

from gatelab.limits import ALARM_AGAIN_SECONDS, IDLE_CPU, IDLE_LOOK_SECONDS, IDLE_SECONDS


class TimeUp(BaseException):
    """The time for this code is used up. A BaseException, so that a notebook's `except Exception` does not catch it."""


@contextlib.contextmanager
def within(cpu_seconds: float, idle_seconds: float = IDLE_SECONDS) -> Iterator[None]:
    """Raises TimeUp in the enclosed code after `cpu_seconds` of processor time, or after `idle_seconds` without using any."""
    active_at, cpu_then = time.monotonic(), time.process_time()

    def used_up(*_: object) -> None:
        raise TimeUp(f"it took more than {cpu_seconds:.3g} s of processor time")

    def check_idle(*_: FrameType | int | None) -> None:
        nonlocal active_at, cpu_then
        now, cpu = time.monotonic(), time.process_time()
        if cpu - cpu_then > IDLE_CPU:
            active_at, cpu_then = now, cpu
        elif now - active_at > idle_seconds:
            raise TimeUp(f"it waited for {idle_seconds:.3g} s and did nothing")

    before = signal.signal(signal.SIGPROF, used_up), signal.signal(signal.SIGALRM, check_idle)
    signal.setitimer(signal.ITIMER_PROF, max(cpu_seconds, 0.001), ALARM_AGAIN_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, IDLE_LOOK_SECONDS, IDLE_LOOK_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGPROF, before[0])
        signal.signal(signal.SIGALRM, before[1])
