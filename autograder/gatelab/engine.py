"""The one engine behind every way of grading: otter, nbgrader, Gradescope and the class command ask it.

    with Engine(lab, jobs=2) as engine:
        report = engine.grade(Path("lab.ipynb"), name="alice")

The calling process imports neither torch nor a test. A fork server imports torch once; the examiners and the
workers of all submissions are its forks.
"""

from __future__ import annotations

import json
import os
import queue
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from gatelab.confine import ProtectionMissing, check
from gatelab.examiner.forkserver import ForkServer, ForkServerLost
from gatelab.lab import DEFAULT_SEED, Lab
from gatelab.report.model import Report


class Engine:
    """Grades submissions. Use it as a context manager.

    Args:
        lab: the lab with its hidden suites.
        seed: inputs are drawn from it; it stands in every report.
        jobs: submissions graded at once.
        accept_missing_protection: go on where this machine cannot confine student code.

    Raises:
        ProtectionMissing: at `with`, when the machine cannot confine student code and that was not accepted.
        ForkServerLost: when the fork server does not start.
    """

    def __init__(
        self, lab: Lab, seed: int = DEFAULT_SEED, jobs: int = 1, accept_missing_protection: bool = False
    ) -> None:
        self.lab, self.seed, self.jobs = lab, seed, max(1, jobs)
        self.accept_missing = accept_missing_protection
        self.protection: dict[str, bool] = {}
        self._server: ForkServer | None = None
        self._free: queue.SimpleQueue[_Examiner] = queue.SimpleQueue()
        self._all: list[_Examiner] = []
        self._closing = threading.Event()

    def __enter__(self) -> Engine:
        if not hasattr(os, "fork"):
            raise ProtectionMissing("This system cannot fork processes; grade on Linux (on Windows: in WSL).")
        self._server = ForkServer(self.lab.assignment / "seqlab")
        try:
            for _ in range(self.jobs):
                self._free.put(self._new_examiner())
            self.protection = self._all[0].protection
            if not self.accept_missing:
                check(self.protection)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for examiner in self._all:
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
    ) -> Report:
        """The report of one submission. Nothing in it makes this raise.

        Args:
            path: the notebook.
            name: what the report calls the submission; the file's stem unless told.
            questions: IDs to grade; all when empty.
            seed: another grading seed than the engine's.
            training: also run the parts that train a model, which take seconds.
        """
        name = name if name is not None else Path(path).stem
        examiner = self._free.get()
        try:
            answer = examiner.ask(
                {
                    "path": str(Path(path).absolute()),
                    "name": name,
                    "seed": self.seed if seed is None else seed,
                    "questions": list(questions),
                    "training": training,
                }
            )
        except (ForkServerLost, OSError) as error:
            if self._closing.is_set():
                raise
            examiner.close()
            examiner = self._new_examiner()
            return Report(
                name, "ungradable", seed=self.seed, lab=self.lab.name,
                reason=f"The grader's own process ended while it graded this submission ({error}); grade it again.",
            )  # fmt: skip
        finally:
            self._free.put(examiner)
        if "missing" in answer:
            raise ProtectionMissing(answer["missing"])
        return Report.from_dict(answer["report"])

    def grade_all(
        self, submissions: Iterable[tuple[str, Path]], questions: Sequence[str] = (), training: bool = True
    ) -> Iterator[Report]:
        """Reports of (name, path) pairs as they get ready, `jobs` at once; the rest as for `grade`."""
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
                for examiner in self._all:
                    examiner.close()  # ends what is under way, so that the pool can be left
                raise

    def _new_examiner(self) -> _Examiner:
        examiner = _Examiner(self._server, self.lab, self.accept_missing)
        self._all.append(examiner)
        return examiner


class _Examiner:
    """An examiner process and the line to it."""

    def __init__(self, server: ForkServer, lab: Lab, accept_missing: bool) -> None:
        self.line, far = socket.socketpair()
        own = server.client.another()
        arguments = {
            "assignment": str(lab.assignment), "hidden": str(lab.hidden), "bank": str(lab.bank) if lab.bank else None,
            "library": str(server.library), "accept_missing": accept_missing,
        }  # fmt: skip
        with far, own:
            server.client.ask({"op": "examiner", "arguments": arguments}, [far.fileno()])
            socket.send_fds(self.line, [b"C"], [own.fileno()])
        self.file = self.line.makefile("rwb")
        hello = self._hear()
        if "fault" in hello:
            raise ForkServerLost(f"the examiner did not start:\n{hello['fault']}")
        self.protection: dict[str, bool] = hello["protection"]

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        self.file.write(json.dumps(job).encode() + b"\n")
        self.file.flush()
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        text = self.file.readline()
        if not text:
            raise ForkServerLost("the examiner's process is gone")
        return json.loads(text)

    def close(self) -> None:
        try:
            self.line.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
        self.line.close()
