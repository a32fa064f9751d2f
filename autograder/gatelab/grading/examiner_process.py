"""An examiner as the engine sees it: a process to start, ask, watch and end."""

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
    """An examiner is gone that had not begun a question."""


class ExaminerProcess:
    """An examiner process and the connection to it. It is `ready` for jobs until something goes wrong."""

    def __init__(
        self, server: ForkServer, lab: Lab, accept_missing: Sequence[str], simulated_limits: dict[str, Any]
    ) -> None:
        self.sock, far = socket.socketpair()
        self.ready = False
        self.received = Received(REPORT_LINE)
        self.job_count, self.initial_memory = 0, 0
        self.handle: int | None = None
        self.ending = threading.Lock()
        try:
            greeting = self._start(server, far, lab, accept_missing, simulated_limits)
            self.protection, self.lacks = greeting["protection"], greeting["lacks"]
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
            greeting = self._receive(EXAMINER_START_SECONDS, sys.maxsize)
        except Stopped as error:
            raise ForkServerLost(f"the examiner did not start within {error}") from error
        if "lab" in greeting:
            raise LabError(greeting["lab"])
        if "fault" in greeting:
            raise ForkServerLost(f"the grader itself failed, before any submission:\n{greeting['fault']}")
        return greeting

    def ask(
        self,
        job: dict[str, Any],
        seconds: float,
        memory_limit: int,
        on_question_start: Callable[[str, str], None] | None = None,
    ) -> dict[str, Any]:
        """Send a job and return the answer. Raises Stopped beyond `seconds` of wall time or `memory_limit` bytes of memory."""
        self.ready = False
        deadline = time.monotonic() + seconds
        try:
            self.sock.sendall(encode(job))
            answer = self._receive(seconds, memory_limit, deadline)
        except (ForkServerLost, OSError) as error:
            raise NotBegun("it was gone before it began") from error
        while "at" in answer:
            # A stream of lines leaves no pause in which the limits are checked.
            self._check_limits(seconds, memory_limit, deadline)
            if on_question_start is not None:
                on_question_start(job["name"], answer["at"])
            answer = self._receive(seconds, memory_limit, deadline)
        # An examiner that has grown is not used again: a memory leak in a library must not add up over a class.
        held = memory.held(self.pid)
        self.job_count += 1
        if self.job_count <= WARM_AFTER:
            self.initial_memory = held
        self.ready = "lost" not in answer and held <= self.initial_memory + EXAMINER_GROWTH
        return answer

    def _receive(self, seconds: float, memory_limit: int, deadline: float | None = None) -> Message:
        """The next message. `deadline`: the end of the time limit, if that began to run earlier. Raises ForkServerLost, Stopped."""
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
                    self._check_limits(seconds, memory_limit, deadline)
        except BadLine as error:
            raise ForkServerLost(f"the examiner sent something that is not an answer: {error}") from error
        return answer

    def _check_limits(self, seconds: float, memory_limit: int, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise Stopped(f"{seconds:g} s")
        if memory.held(self.pid) > memory_limit:
            raise Stopped(f"it took {memory_limit / GIB:.3g} GiB of memory")

    def close(self) -> None:
        """End it; kill it if it is working. Its workers end once it is gone."""
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
