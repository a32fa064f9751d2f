"""The one engine behind every way of grading: otter, nbgrader, Gradescope and the class command use it.

    with Engine(lab, jobs=2) as engine:
        report = engine.grade(Path("lab.ipynb"), name="alice")

The calling process imports neither torch nor a test. A fork server imports torch once; the examiners and the
workers of all submissions are its forks.
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from gatelab.faults import MESSAGE_TO_STUDENT, OUT_OF_TIME, TIMEOUT_MESSAGE_TO_STUDENT
from gatelab.jsonline import PIECE, BadLine, Message, Received, encode
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import (
    DIAGNOSIS_SECONDS,
    EXAMINER_GROWTH,
    EXAMINER_LOOK_SECONDS,
    EXAMINER_MEMORY,
    EXAMINER_START_SECONDS,
    GIB,
    LATE_SECONDS,
    LOADING_SECONDS,
    REPORT_LINE,
    WARM_AFTER,
)
from gatelab.report.model import Report
from gatelab.report.schema import read
from gatelab.sandbox.confine import ProtectionMissing, check, memory, pieces
from gatelab.sandbox.forkserver import ForkServer, ForkServerLost

EXAMINER = "gatelab.grading.examiner_main"  # a fork of the fork server runs its `serve`


class Engine:
    """Grades submissions. Use it as a context manager.

    Args:
        lab: the lab with its hidden suites.
        seed: of the inputs (by default lab.toml's); every report names it.
        jobs: submissions graded at once.
        accept_missing: names of pieces of protection (`gatelab.sandbox.confine.REQUIRED`) without which student code may
            run here all the same.
        seconds: wall time after which a submission is given up; by default from the questions' own limits.
        memory: bytes that the examiner of a submission may hold (its workers have a limit of their own).

    Raises:
        ValueError: when a name in `accept_missing` is unknown.
        LabError: at `with`, when the lab is invalid.
        ProtectionMissing: at `with`, when the machine cannot confine student code and that was not accepted.
        ForkServerLost: when the fork server does not start.
    """

    def __init__(
        self,
        lab: Lab,
        seed: int | None = None,
        jobs: int = 1,
        accept_missing: Sequence[str] = (),
        seconds: float | None = None,
        memory: int = EXAMINER_MEMORY,
    ) -> None:
        self.lab, self.jobs = lab, max(1, jobs)
        self.seed = lab.settings.seed if seed is None else seed
        self.accept_missing = pieces(accept_missing)
        self.seconds, self.memory = seconds, memory
        self.protection: dict[str, bool] = {}
        self.simulated_limits: dict[
            str, Any
        ] = {}  # settings with which tests simulate a machine that has less
        self.on_question_start: Callable[[str, str], None] | None = (
            None  # told which question of which submission begins
        )
        self._server: ForkServer | None = None
        self._starting = threading.Lock()
        self._closing = threading.Event()
        self._free: queue.SimpleQueue[_Examiner | None]  # None: start one
        self._all: list[_Examiner] = []

    def __enter__(self) -> Engine:
        if self._server is not None:
            raise RuntimeError("This Engine is in use already: one `with` at a time.")
        if not hasattr(os, "fork"):
            raise ProtectionMissing("This system cannot fork processes; grade on Linux (on Windows: in WSL).")
        self.lab.check()
        self._closing.clear()
        self._free, self._all = queue.SimpleQueue(), []
        self._server = ForkServer(self.lab.package, self.lab.policy.preload)
        try:
            for _ in range(self.jobs):
                self._all.append(self._examiner())
                self._free.put(self._all[-1])
            self.protection = self._all[0].protection
            check(self.protection, self.accept_missing, self._all[0].lacks)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for examiner in list(self._all):
            examiner.close()
        if self._server is not None:
            self._server.close()
            self._server = None

    def grade(
        self,
        path: Path,
        name: str | None = None,
        questions: Sequence[str] = (),
        seed: int | None = None,
        training: bool = True,
        until: float | None = None,
    ) -> Report:
        """The report of one submission. Whatever the submission does, this does not raise.

        Raises LabError when the lab has no such question (or it is marked by hand), RuntimeError outside of `with`.

        Args:
            path: the notebook.
            name: what the report calls the submission; by default the file's stem.
            questions: IDs to grade; all when empty.
            seed: another grading seed than the engine's.
            training: also run the parts that train a model, which take seconds.
            until: a time of `time.monotonic()`. What is not graded by then is left ungraded, and the report says so
                (`Report.unfinished`); parts that train a model come last. None: no limit.
        """
        self._check_open()
        self.lab.check_questions(questions)
        name = name if name is not None else Path(path).stem
        seed = self.seed if seed is None else seed
        job = {
            "path": str(Path(path).absolute()), "name": name, "seed": seed, "questions": list(questions),
            "training": training, "until": None if until is None or math.isinf(until) else until,
        }  # fmt: skip
        limit = self._limit(questions)
        if until is not None:
            limit = min(limit, max(0.0, until - time.monotonic()) + LATE_SECONDS)
        try:
            answer = self._ask(job, limit)
        except _Stopped as why:
            if until is not None and time.monotonic() >= until:
                return Report(
                    name, "failed", OUT_OF_TIME, TIMEOUT_MESSAGE_TO_STUDENT, seed=seed, lab=self.lab.name
                )
            reason = (
                f"The grader was stopped after {why} on this submission; run the same command again, "
                "and if that does not help, grade it by hand."
            )
        except (ForkServerLost, OSError, ValueError) as error:
            if self._closing.is_set():
                raise
            reason = (
                f"The grader's own process ended while it graded this submission ({error}); "
                "run the same command again."
            )
        else:
            if "missing" in answer:
                raise ProtectionMissing(answer["missing"], answer["pieces"])
            return read(answer["report"])
        return Report(name, "failed", reason, MESSAGE_TO_STUDENT, seed=seed, lab=self.lab.name)

    def grade_all(
        self, submissions: Iterable[tuple[str, Path]], questions: Sequence[str] = (), training: bool = True
    ) -> Iterator[Report]:
        """Reports for (name, path) pairs as they are completed, `jobs` at once; the rest as for `grade`."""
        self._check_open()
        self.lab.check_questions(questions)
        return self._grade_all(submissions, questions, training)

    def _grade_all(
        self, submissions: Iterable[tuple[str, Path]], questions: Sequence[str], training: bool
    ) -> Iterator[Report]:
        pending: set[Any] = set()
        iterator = iter(submissions)
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                while True:
                    while len(pending) < self.jobs:
                        item = next(iterator, None)
                        if item is None:
                            break
                        pending.add(pool.submit(self.grade, item[1], item[0], questions, None, training))
                    if not pending:
                        return
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            except BaseException:
                self._closing.set()
                for examiner in list(self._all):
                    examiner.close()  # ends what is running, so that the pool can close
                raise

    def _check_open(self) -> None:
        if self._server is None:
            raise RuntimeError("An Engine grades inside `with Engine(lab) as engine:`; here it is not open.")

    def _ask(self, job: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer of a free examiner. One that does not answer is ended, and the next job starts another. One that was gone
        before a question began (ended while it waited, by a machine without memory say) is replaced for this job, once."""
        examiner = self._free.get()
        try:
            for again in (True, False):
                if examiner is None:
                    examiner = self._new_examiner()
                try:
                    answer = examiner.ask(job, seconds, self.memory, self.on_question_start)
                    if "lost" not in answer:
                        return answer
                    if not again:
                        raise ForkServerLost(answer["lost"])
                except _NotBegun:
                    if not again or self._closing.is_set():
                        raise
                finally:
                    if not examiner.ready:
                        examiner.close()
                        self._all.remove(examiner)
                        examiner = None
            raise AssertionError("the second time answers or raises")
        finally:
            self._free.put(examiner)

    def _new_examiner(self) -> _Examiner:
        """Another examiner, from another fork server if the first is gone."""
        with self._starting:
            try:
                examiner = self._examiner()
            except (ForkServerLost, OSError):
                if self._closing.is_set():
                    raise
                assert self._server is not None
                self._server.close()
                self._server = ForkServer(self.lab.package, self.lab.policy.preload)
                examiner = self._examiner()
            self._all.append(examiner)
            return examiner

    def _examiner(self) -> _Examiner:
        assert self._server is not None
        return _Examiner(self._server, self.lab, self.accept_missing, self.simulated_limits)

    def _limit(self, questions: Sequence[str]) -> float:
        """Seconds of wall time for a submission."""
        if self.seconds is not None:
            return self.seconds
        specs = [
            q for q in self.lab.questions.values() if not q.by_hand and (not questions or q.id in questions)
        ]
        return LOADING_SECONDS + sum(spec.seconds + DIAGNOSIS_SECONDS for spec in specs)


class _Stopped(Exception):
    """An examiner had to be stopped; the message says after how many seconds, or how much memory."""


class _NotBegun(ForkServerLost):
    """An examiner is gone, and it had not begun with a question."""


class _Examiner:
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
            own = server.client.another()
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
        except _Stopped as error:
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
        """Send a job and return the answer. Raises _Stopped beyond `seconds` of wall time or `most` bytes of memory."""
        self.ready = False
        deadline = time.monotonic() + seconds
        try:
            self.sock.sendall(encode(job))
            answer = self._receive(seconds, most, deadline)
        except (ForkServerLost, OSError) as error:
            raise _NotBegun("it was gone before it began") from error
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
        """The next message. `deadline`: when the time is over, if it began earlier. Raises ForkServerLost, _Stopped."""
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
            raise _Stopped(f"{seconds:g} s")
        if memory.held(self.pid) > most:
            raise _Stopped(f"it took {most / GIB:.3g} GiB of memory")

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
