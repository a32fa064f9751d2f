"""How a worker was lost."""

from __future__ import annotations

from enum import Enum, auto


class Loss(Enum):
    """How a worker was lost."""

    ENDED = auto()
    LATE = auto()  # it did not answer in its time
    NOISE = auto()  # it sent what is no answer
    ROOM = auto()  # it had no process, or no more time, for what was asked


class WorkerLost(Exception):
    """The worker died, hung or spoke nonsense: `kind` says which; the message is for the student."""

    def __init__(self, message: str, kind: Loss = Loss.ENDED) -> None:
        super().__init__(message)
        self.kind = kind
