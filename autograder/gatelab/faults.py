"""What went wrong through no fault of the submission.

An exception of this kind never becomes a 0: the report says "not graded, our fault", and the same command tries again.
"""

from __future__ import annotations

import traceback

from gatelab.limits import FAULT_LIMIT


class GraderFault(Exception):
    """The grader, or the machine that it runs on, failed; the message is one sentence for staff."""


class NotStarted(GraderFault):
    """The same, before anything was graded."""


class OutOfTime(GraderFault):
    """The time given for the grading was up before any part was graded."""


# What the student reads, whatever it was. Staff read the reason.
MESSAGE_TO_STUDENT = (
    "The grader itself failed, so nothing was graded. That is not your notebook's fault and costs no points: "
    "it will be graded again. If you keep seeing this message, tell the course staff."
)

# The same two texts for OutOfTime: that is not a failure.
TIMEOUT_MESSAGE_TO_STUDENT = (
    "The grader's time was up before anything was graded. That is not your notebook's fault and costs no points: "
    "it will be graded again. If this message stays, tell the staff."
)
OUT_OF_TIME = (
    "The time given for the grading was up before anything was graded; give it more time and run it again."
)


def reason_of(error: BaseException) -> str:
    """One sentence for staff on an exception that ended the grading of a submission."""
    if isinstance(error, GraderFault):
        what = str(error).rstrip(".")
    elif is_machines(error):
        what = (
            f"The machine failed ({getattr(error, 'strerror', None) or str(error) or type(error).__name__})"
        )
    else:
        return (
            "The grader itself failed on this submission; run the same command again, and if that does not help, grade it "
            "by hand with `pytest tests/LAB/hidden --submission FILE` and report the fault."
        )
    return f"{what}; fix that and run the same command again."


def hint_of(error: BaseException) -> str:
    """For staff: where on the trusted side it was raised."""
    where = "".join(traceback.format_exception(error))[-FAULT_LIMIT:]
    return f"The grader itself failed ({type(error).__name__}: {error}); its traceback:\n{where}"


def is_machines(error: BaseException) -> bool:
    """Whether an exception on the trusted side says that the machine ran out of memory, disk, files or processes.

    What a submission may use of these is limited in its own process, so that it cannot use up ours.
    """
    if isinstance(error, GraderFault | OSError | MemoryError):
        return True
    # PyTorch's own words where memory cannot be had.
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)
