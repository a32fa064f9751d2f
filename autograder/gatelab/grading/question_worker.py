"""The worker of one question. Its answers come from a hostile process, so their form is checked."""

from __future__ import annotations

import socket
import time
from typing import Any

from gatelab.handed_out.checking.leftovers import SAID
from gatelab.limits import (
    CALL_CPU,
    CALL_SECONDS,
    ENDED_SECONDS,
    MESSAGE_LIMIT,
    MOST_LEFT,
    NAME_LIMIT,
    TIME_UP_LIMIT,
    TRACEBACK_FRAMES,
    TRACEBACK_LIMIT,
)
from gatelab.sandbox.ending import describe_end
from gatelab.sandbox.lost import Loss, WorkerLost
from gatelab.sandbox.process import NO_ANSWER, OutputFile, WorkerProcess

# The texts of an error and how many characters of each are kept, as in sandbox/worker/runtime.py.
TEXTS = {"type": MESSAGE_LIMIT, "message": MESSAGE_LIMIT, "traceback": TRACEBACK_LIMIT}


class QuestionWorker:
    """The fork of one question: a Backend."""

    def __init__(
        self,
        main: WorkerProcess,
        sock: socket.socket,
        output: OutputFile,
        pid: int,
        deadline: float,
        cpu_limit: float,
    ) -> None:
        self.main, self.sock, self.output, self.pid, self.deadline = main, sock, output, pid, deadline
        self.cpu_limit = cpu_limit

    def request(self, request: dict[str, Any], replay: bool = True) -> dict[str, Any]:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise WorkerLost("The time for this question was used up.", Loss.ROOM)
        if replay:
            request = request | {"cpu_seconds": CALL_CPU}
        seconds = min(left, CALL_SECONDS) if replay else left
        answer = checked(self.main.ask(request, seconds, self.sock, self._why_ended))
        if answer.get("error", {}).get("type") == "TimeUp":
            # The next call would take as long, so this process is abandoned; a question gets only a few.
            why = (
                f"Your code did not finish: {answer['error']['message'][:TIME_UP_LIMIT]} (an endless loop?)."
            )
            raise WorkerLost(why, Loss.LATE)
        return answer

    def _why_ended(self) -> str:
        """How this process ended, as reported by the notebook's process, from which it was forked."""
        if why := self.main.reason():
            return why
        ended = self.main.ask({"op": "ended", "pid": self.pid}, ENDED_SECONDS).get("ended")
        return self.main.reason() or describe_end(ended, self.cpu_limit)


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, if it has the form of a Runtime's answer. Raises WorkerLost otherwise, because it comes from a hostile process."""
    error, left = answer.get("error"), _leftovers(answer)
    if error is not None:
        if not isinstance(error, dict) or not all(isinstance(error.get(key, ""), str) for key in TEXTS):
            raise WorkerLost(NO_ANSWER, Loss.NOISE)
        texts = {key: error.get(key, "")[:most] for key, most in TEXTS.items()}
        return {"error": texts | {"frames": _frames(error)}} | left
    checked: dict[str, Any] = {key: answer[key] for key in ("value", "grads", "after") if key in answer}
    if not all(isinstance(checked.get(key, {}), dict) for key in ("grads", "after")):
        raise WorkerLost(NO_ANSWER, Loss.NOISE)
    problem = answer.get("grad_error")
    if isinstance(problem, str) and problem:
        checked["grad_error"] = problem[:MESSAGE_LIMIT]
    return checked | left


def _frames(error: dict[str, Any]) -> list[dict[str, Any]]:
    """The notebook's lines in the traceback; entries of any other form are dropped."""
    frames = error.get("frames")
    return [
        {"cell": frame["cell"], "line": frame["line"], "function": frame["function"][:NAME_LIMIT]}
        for frame in (frames[-TRACEBACK_FRAMES:] if isinstance(frames, list) else ())
        if isinstance(frame, dict)
        and type(frame.get("cell")) is int
        and type(frame.get("line")) is int
        and isinstance(frame.get("function"), str)
    ]


def _leftovers(answer: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """The entry `left` of an answer: pairs of a short text and a known word; an empty dict if there are none."""
    left = answer.get("left")
    pairs = left[:MOST_LEFT] if isinstance(left, list) else []
    good = [
        (pair[0][:MESSAGE_LIMIT], pair[1])
        for pair in pairs
        if isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
        if pair[1] in SAID
    ]
    return {"left": good} if good else {}
