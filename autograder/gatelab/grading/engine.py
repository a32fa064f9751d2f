"""The one engine behind every way of grading: otter, nbgrader, Gradescope and the class command use it.

    with Engine(lab, jobs=2) as engine:
        report = engine.grade(Path("lab.ipynb"), name="alice")

The calling process imports neither torch nor a test. A fork server imports torch once; the examiners and the
workers of all submissions are its forks.
"""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from gatelab.faults import MESSAGE_TO_STUDENT, OUT_OF_TIME, TIMEOUT_MESSAGE_TO_STUDENT
from gatelab.grading.examiner_process import ExaminerProcess, NotBegun, Stopped
from gatelab.lab import installed
from gatelab.lab.spec import Lab
from gatelab.limits import (
    DIAGNOSIS_SECONDS,
    EXAMINER_MEMORY,
    LATE_SECONDS,
    LOADING_SECONDS,
)
from gatelab.report.record.model import Report
from gatelab.report.record.schema import read
from gatelab.sandbox.confine import ProtectionMissing, check, pieces
from gatelab.sandbox.forkserver import ForkServer, ForkServerLost


class Engine:
    """Grades submissions. Use it as a context manager.

    Args:
        lab: the lab with its hidden suites.
        seed: of the inputs (by default lab.toml's); every report names it.
        jobs: submissions graded at once.
        accept_missing: pieces of protection (`gatelab.sandbox.confine.REQUIRED`) that may be missing: student code is run here
            without them.
        seconds: wall time after which the engine gives up on a submission; by default computed from the questions' limits.
        memory: bytes that the examiner of a submission may hold (its workers have a limit of their own).

    Raises:
        ValueError: when a name in `accept_missing` is unknown.
        LabError: at `with`, when the lab is invalid, or a package that its answers may import is not installed.
        ProtectionMissing: at `with`, when the machine cannot confine student code and `accept_missing` does not allow that.
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
        # Settings with which tests simulate a machine with fewer protections.
        self.simulated_limits: dict[str, Any] = {}
        # Called when a question of a submission begins.
        self.on_question_start: Callable[[str, str], None] | None = None
        self._server: ForkServer | None = None
        self._starting = threading.Lock()
        self._closing = threading.Event()
        self._free: queue.SimpleQueue[ExaminerProcess | None]  # None: start one
        self._all: list[ExaminerProcess] = []

    def __enter__(self) -> Engine:
        if self._server is not None:
            raise RuntimeError("This Engine is in use already: one `with` at a time.")
        if not hasattr(os, "fork"):
            raise ProtectionMissing("This system cannot fork processes; grade on Linux (on Windows: in WSL).")
        self.lab.check()
        installed.check(self.lab.assignment)
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
        out_of_time: str = OUT_OF_TIME,
    ) -> Report:
        """The report of one submission. Whatever the submission does, this does not raise.

        Raises LabError when the lab has no such question (or it is marked by hand), RuntimeError outside of `with`.

        Args:
            path: the notebook.
            name: what the report calls the submission; by default the file's stem.
            questions: IDs to grade; all when empty.
            seed: another grading seed than the engine's.
            training: also run the parts that train a model, which take seconds.
            until: a time of `time.monotonic()`. Whatever is not graded by then stays ungraded, and the report says so
                (`Report.unfinished`); parts that train a model are graded last. None: no limit.
            out_of_time: the report's reason, for staff, if nothing is graded by then.
        """
        self._check_open()
        self.lab.check_questions(questions)
        name = name if name is not None else Path(path).stem
        seed = self.seed if seed is None else seed
        job = {
            "path": str(Path(path).absolute()), "name": name, "seed": seed, "questions": list(questions),
            "training": training, "until": None if until is None or math.isinf(until) else until,
            "out_of_time": out_of_time,
        }  # fmt: skip
        limit = self._limit(questions)
        if until is not None:
            limit = min(limit, max(0.0, until - time.monotonic()) + LATE_SECONDS)
        try:
            answer = self._ask(job, limit)
        except Stopped as why:
            if until is not None and time.monotonic() >= until:
                return Report(
                    name, "failed", out_of_time, TIMEOUT_MESSAGE_TO_STUDENT, seed=seed, lab=self.lab.name
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
        """Reports for (name, path) pairs as they are completed, `jobs` at once; otherwise like `grade`."""
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
        """The answer of a free examiner. If an examiner does not answer, it is ended, and the next job starts another. If it was gone
        before a question began (ended while idle, for example by a machine out of memory), it is replaced for this job, once."""
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
                except NotBegun:
                    if not again or self._closing.is_set():
                        raise
                finally:
                    if not examiner.ready:
                        examiner.close()
                        self._all.remove(examiner)
                        examiner = None
            raise AssertionError("the second attempt returns or raises")
        finally:
            self._free.put(examiner)

    def _new_examiner(self) -> ExaminerProcess:
        """Start another examiner, and another fork server if the current one is gone."""
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

    def _examiner(self) -> ExaminerProcess:
        assert self._server is not None
        return ExaminerProcess(self._server, self.lab, self.accept_missing, self.simulated_limits)

    def _limit(self, questions: Sequence[str]) -> float:
        """Seconds of wall time for a submission."""
        if self.seconds is not None:
            return self.seconds
        specs = [
            q for q in self.lab.questions.values() if not q.by_hand and (not questions or q.id in questions)
        ]
        return LOADING_SECONDS + sum(spec.seconds + DIAGNOSIS_SECONDS for spec in specs)
