"""Describes in one sentence for the student how a submission's process ended, from its exit status and CPU time."""

from __future__ import annotations

import os
import signal
from typing import Any

from gatelab.limits import CPU_TICK

CRASHES = {
    signal.SIGSEGV: "it used memory that is not its own, or nested its calls without end",
    signal.SIGBUS: "it used memory that does not exist",
    signal.SIGILL: "it ran something that is not an instruction",
    signal.SIGFPE: "it divided a whole number by zero",
    signal.SIGABRT: "a library gave up, as when memory runs out",
}
# The exit status of a worker's process, or of a question's, in which the grader's own code failed. A submission can choose the same one, so
# it says nothing about whose fault it is: what fails before the submission's first cell never gets here (grading/workers.py).
FAILED = 71
CLOSED = "Your code closed its connection to the grader."


def describe_end(ended: Any, limit: float) -> str:
    """The sentence.

    ended: `[status, processor seconds]` as os.wait4 returns them, or anything else if nobody saw the end. Workers report it for
    their forks, so nothing but this sentence depends on it.
    limit: the processor time that the process could use, in seconds.
    """
    if not isinstance(ended, list | tuple) or len(ended) != 2 or not _is_well_formed(ended):
        return CLOSED
    status, seconds = ended
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == FAILED:
        return f"Your code's process ended with status {FAILED}: your code called `exit`, or the grader's part of it could not go on."
    if os.WIFEXITED(status):
        return f"Your code ended its process itself (`exit`, status {os.WEXITSTATUS(status)})."
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    killed = number == signal.SIGKILL and seconds >= limit - CPU_TICK
    if number == signal.SIGXCPU or killed:
        return f"Your code used up its {limit:g} s of processor time and was ended (an endless loop?)."
    if number in CRASHES:
        return f"Your code crashed its process ({signal.Signals(number).name}): {CRASHES[signal.Signals(number)]}."
    if number in set(signal.Signals):
        return f"Your code's process was ended by the signal {signal.Signals(number).name}."
    return CLOSED


def _is_well_formed(ended: Any) -> bool:
    status, seconds = ended
    good = isinstance(status, int) and not isinstance(status, bool) and 0 <= status < 1 << 16
    return good and isinstance(seconds, int | float) and not isinstance(seconds, bool)
