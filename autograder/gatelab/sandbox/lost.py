"""Why a worker was lost."""

from __future__ import annotations

from enum import Enum, auto


class Loss(Enum):
    """Why a worker was lost."""

    ENDED = auto()
    LATE = auto()  # it did not answer in time
    NOISE = auto()  # it sent something that is not an answer
    ROOM = auto()  # it had no process, or no time left, for the request


class WorkerLost(Exception):
    """The worker died, hung or sent nonsense: `kind` says which; the message is for the student."""

    def __init__(self, message: str, kind: Loss = Loss.ENDED) -> None:
        super().__init__(message)
        self.kind = kind
