"""An examiner as the engine sees it: a process that it starts, asks, watches and ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from gatelab.jsonline import PIECE, BadLine, Message, Received, encode
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import (
    EXAMINER_GROWTH,
    EXAMINER_LOOK_SECONDS,
    EXAMINER_START_SECONDS,
    GIB,
    REPORT_LINE,
    WARM_AFTER,
)
from gatelab.sandbox.confine import memory
from gatelab.sandbox.forkserver import ForkServer, ForkServerLost

EXAMINER = "gatelab.grading.examiner_main"  # a fork of the fork server runs its `serve`


class Stopped(Exception):
    """An examiner had to be stopped; the message says after how many seconds, or how much memory."""


class NotBegun(ForkServerLost):
    """An examiner is gone, and it had not begun with a question."""


class ExaminerProcess:
    """An examiner process and the connection to it. `ready` for a job until something goes wrong."""

    def __init__(
        self, server: ForkServer, lab: Lab, accept_missing: Sequence[str], simulated_limits: dict[str, Any]
    ) -> None:
        self.sock, far = socket.socketpair()
        self.ready = False
        self.received = Received(REPORT_LINE)
        self.asked, self.at_first = 0, 0
        self.handle: int | None = None
        self.ending = threading.Lock()
        try:
            hello = self._start(server, far, lab, accept_missing, simulated_limits)
            self.protection, self.lacks = hello["protection"], hello["lacks"]
        except BaseException:
            self.close()
            raise
        self.ready = True

    def _start(
        self,
        server: ForkServer,
        far: socket.socket,
        lab: Lab,
        accept_missing: Sequence[str],
        simulated_limits: dict[str, Any],
    ) -> dict[str, Any]:
        with contextlib.ExitStack() as failed:
            failed.callback(far.close)
            own = server.client.new_connection()
            failed.pop_all()
        arguments = {
            "assignment": str(lab.assignment), "hidden": str(lab.hidden), "bank": str(lab.bank) if lab.bank else None,
            "release": str(lab.release) if lab.release else None,
            "library": str(server.library), "folder": str(server.folder), "accept_missing": list(accept_missing),
            "simulated_limits": simulated_limits,
        }  # fmt: skip
        with far, own:
            self.pid = server.client.ask(
                {"op": "examiner", "entry": EXAMINER, "arguments": arguments}, [far.fileno()]
            )["pid"]
            with contextlib.suppress(OSError, AttributeError):
                self.handle = os.pidfd_open(self.pid)
            socket.send_fds(self.sock, [b"C"], [own.fileno()])
        try:
            hello = self._receive(EXAMINER_START_SECONDS, sys.maxsize)
        except Stopped as error:
            raise ForkServerLost(f"the examiner did not start within {error}") from error
        if "lab" in hello:
            raise LabError(hello["lab"])
        if "fault" in hello:
            raise ForkServerLost(f"the grader itself failed, before any submission:\n{hello['fault']}")
        return hello

    def ask(
        self,
        job: dict[str, Any],
        seconds: float,
        most: int,
        on_question_start: Callable[[str, str], None] | None = None,
    ) -> dict[str, Any]:
        """Send a job and return the answer. Raises Stopped beyond `seconds` of wall time or `most` bytes of memory."""
        self.ready = False
        deadline = time.monotonic() + seconds
        try:
            self.sock.sendall(encode(job))
            answer = self._receive(seconds, most, deadline)
        except (ForkServerLost, OSError) as error:
            raise NotBegun("it was gone before it began") from error
        while "at" in answer:
            # A stream of lines leaves no pause in which the limits are checked.
            self._check_limits(seconds, most, deadline)
            if on_question_start is not None:
                on_question_start(job["name"], answer["at"])
            answer = self._receive(seconds, most, deadline)
        # One that has grown is not used again: a library's memory leak must not add up over a class.
        held = memory.held(self.pid)
        self.asked += 1
        if self.asked <= WARM_AFTER:
            self.at_first = held
        self.ready = "lost" not in answer and held <= self.at_first + EXAMINER_GROWTH
        return answer

    def _receive(self, seconds: float, most: int, deadline: float | None = None) -> Message:
        """The next message. `deadline`: when the time is over, if it began earlier. Raises ForkServerLost, Stopped."""
        deadline = time.monotonic() + seconds if deadline is None else deadline
        waiting = select.poll()
        waiting.register(self.sock, select.POLLIN)
        try:
            while (answer := self.received.next()) is None:
                if waiting.poll(EXAMINER_LOOK_SECONDS * 1000):
                    piece = self.sock.recv(PIECE)
                    if not piece:
                        raise ForkServerLost("the examiner's process is gone")
                    self.received.add(piece)
                else:
                    self._check_limits(seconds, most, deadline)
        except BadLine as error:
            raise ForkServerLost(f"the examiner sent something that is not an answer: {error}") from error
        return answer

    def _check_limits(self, seconds: float, most: int, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise Stopped(f"{seconds:g} s")
        if memory.held(self.pid) > most:
            raise Stopped(f"it took {most / GIB:.3g} GiB of memory")

    def close(self) -> None:
        """End it, at once if it is working. Its workers end when it is gone."""
        with self.ending:
            handle, self.handle = self.handle, None
            if handle is not None:
                with contextlib.suppress(OSError):
                    if not self.ready:
                        signal.pidfd_send_signal(handle, signal.SIGKILL)
                os.close(handle)
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
            self.sock.close()
