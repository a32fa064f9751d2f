"""`gatelab grade --cluster ADDRESS`: a class is graded by the workers of a Dask cluster instead of this machine's engine.

Submissions are sent as bytes, reports come back as JSON and are checked against the report's schema. The cluster stores
nothing: results are saved on this machine's disk as they arrive, so a killed worker, a lost scheduler or a killed command
loses only what was in progress. A submission's task key is computed from everything that affects its report, so if it is
submitted again while a worker is still grading it, it is not started a second time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import queue
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any, NamedTuple

from distributed import Client, Future
from distributed.scheduler import KilledWorker

from gatelab.faults import MESSAGE_TO_STUDENT, GraderFault, NotStarted, reason_of
from gatelab.integrations.cluster_worker import HashOf, grade_here, problem_here
from gatelab.lab import installed
from gatelab.lab.spec import Lab
from gatelab.limits import (
    CLOSE_SECONDS,
    CLUSTER_AHEAD,
    CLUSTER_BYTES_AHEAD,
    CLUSTER_LEAST_AHEAD,
    CLUSTER_LOOK_SECONDS,
    CONNECT_SECONDS,
)
from gatelab.report.record.model import Report
from gatelab.report.record.schema import read_json
from gatelab.sandbox.confine import pieces
from gatelab.submission.notebook_file import Ungradable, read_bytes

AGAIN = "run the same command again; what is done is kept."
KILLED = (
    "One worker after another ended while it graded this submission; run the same command again, "
    "and if that does not help, grade it by hand."
)


class _Task(NamedTuple):
    name: str
    path: Path
    data: bytes = b""
    elsewhere: list[str] | None = None  # the workers that may retry it after one has failed
    failed: Report | None = None  # the report of that failure


# By task key. The scheduler forgets a released future.
_Running = dict[str, tuple[_Task, "Future[Any]"]]


class Cluster:
    """Grades submissions on the workers of a Dask cluster, as `Engine` does here. Use it as a context manager.

    Args:
        address: of the scheduler (`tcp://HOST:8786`, `tls://…` with Dask's own configuration), or its scheduler file.
        lab: the lab; every worker must have the same (`cluster_worker.ROOT`).
        seed: inputs are drawn from it.
        chosen: question IDs to grade.
        accept_missing: pieces of protection that workers may do without.
        hash_of: hashes everything that affects a grade, here and on every worker. It is sent by its name.

    Raises:
        LabError: at `with`, if a package that answers may import is not installed here.
        NotStarted: at `with`, if there is no scheduler, or a worker would grade differently.
        GraderFault: later, if the scheduler is lost or a new worker would grade differently. Finished work is kept.
    """

    def __init__(
        self,
        address: str,
        lab: Lab,
        seed: int,
        chosen: list[str],
        accept_missing: Sequence[str],
        hash_of: HashOf,
    ) -> None:
        self.address, self.lab, self.seed, self.hash_of = address, lab, seed, hash_of
        # Workers do not report which question they grade.
        self.on_question_start: Callable[[str, str], None] | None = None
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()  # keys of the tasks that have ended
        self.job: dict[str, Any] = {
            "root": str(lab.assignment.parents[1]), "lab": lab.name, "seed": seed, "chosen": chosen, "questions": [],
            "grading": hash_of(lab, seed, chosen), "accept_missing": list(pieces(accept_missing)),
        }  # fmt: skip

    def __enter__(self) -> Cluster:
        installed.check(self.lab.assignment)  # a worker that has what is missing here would be refused
        for name in ("distributed", "distributed.client", "tornado.application"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # their forty lines say no more than our one
        where = (
            {"scheduler_file": self.address} if Path(self.address).is_file() else {"address": self.address}
        )
        try:
            self.client = Client(**where, timeout=CONNECT_SECONDS, set_as_default=False, name="gatelab")
        except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
            why = str(error).strip().rstrip(".") or type(error).__name__
            raise NotStarted(
                f"--cluster {self.address}: there is no Dask scheduler that answers ({why}); start one with "
                "`dask scheduler` and give the address that it prints."
            ) from error
        try:
            self._check_workers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # The other side may be gone already.
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            self.client.close(timeout=CLOSE_SECONDS)

    @property
    def workers(self) -> dict[str, int]:
        """Worker → its threads."""
        try:
            return dict(self.client.nthreads())
        except (OSError, RuntimeError, TimeoutError) as error:
            raise self._scheduler_gone() from error

    def grade_all(
        self, submissions: Iterable[tuple[str, Path]], questions: Sequence[str] = (), training: bool = True
    ) -> Iterator[Report]:
        """Reports of (name, path) pairs, as they arrive. `training`: include the parts that train a model."""
        job = json.dumps(self.job | {"questions": list(questions), "training": training})
        coming = (_Task(name, path) for name, path in submissions)
        running: _Running = {}
        while True:
            yield from self._fill(coming, running, job, sum(self.workers.values()))
            if not running:
                return
            if (key := self._next_done(running)) not in running:
                continue  # no task has ended, or its future was released
            task, future = running.pop(key)
            report, worker = self._outcome(task, future)
            others = sorted(self.workers.keys() - {worker})
            if report.status == "failed" and worker and others and not task.elsewhere:
                # The fault may be that machine's: a full disk must not fail every submission sent there.
                self._send(task._replace(elsewhere=others, failed=report), running, job)
            else:
                yield report

    def _fill(self, coming: Iterator[_Task], running: _Running, job: str, threads: int) -> Iterator[Report]:
        """Send enough to keep all threads busy, and no more bytes than a machine has room for.

        Returns the reports of files that cannot be read here.
        """
        while len(running) < max(CLUSTER_LEAST_AHEAD, CLUSTER_AHEAD * threads):
            if sum(len(task.data) for task, _ in running.values()) >= CLUSTER_BYTES_AHEAD:
                return
            if (task := next(coming, None)) is None:
                return
            try:
                task = task._replace(data=read_bytes(task.path))
            except Ungradable as error:  # it has changed since it was collected
                yield Report(task.name, "ungradable", str(error), seed=self.seed, lab=self.lab.name)
            except GraderFault as error:
                yield self._failed(task, reason_of(error))
            else:
                self._send(task, running, job)

    def _send(self, task: _Task, running: _Running, job: str) -> None:
        key = self._key(task, job)
        with warnings.catch_warnings():
            # Dask warns about large notebooks. They stay with the scheduler, so that they are not lost with a worker.
            warnings.simplefilter("ignore", UserWarning)
            future = self.client.submit(
                grade_here, job, task.data, task.name, task.path.name, self.hash_of,
                key=key, pure=False, workers=task.elsewhere,
            )  # fmt: skip
        running[key] = task, future
        future.add_done_callback(lambda _: self._done.put(key))

    def _key(self, task: _Task, job: str) -> str:
        """A key computed from everything that affects the report: a task that a worker still runs for a killed command is not started again."""
        decides = [job, task.name, task.path.name, hashlib.sha256(task.data).hexdigest(), task.elsewhere]
        return f"grade-{hashlib.sha256(json.dumps(decides).encode()).hexdigest()}"

    def _next_done(self, running: _Running) -> str:
        """The key of a task that has ended; '' if none has for some time. Raises GraderFault if the scheduler is gone."""
        with contextlib.suppress(queue.Empty):
            return self._done.get(timeout=CLUSTER_LOOK_SECONDS)
        workers = self.workers  # raises if the scheduler is gone
        for key, (task, _) in running.items():
            if task.elsewhere and workers.keys().isdisjoint(task.elsewhere):
                return key  # no worker is left that could retry
        return ""

    def _outcome(self, task: _Task, future: Future[Any]) -> tuple[Report, str]:
        """A task's result: its report, and the worker that sent it ("" if none did)."""
        if task.failed and not future.done():
            return task.failed, ""
        answer: dict[str, str] | None = None
        while answer is None:
            try:
                answer = future.result(timeout=CLUSTER_LOOK_SECONDS)
            except TimeoutError:  # its worker ended before the result could be fetched: Dask runs it again
                if task.failed and self.workers.keys().isdisjoint(task.elsewhere or ()):
                    return task.failed, ""
            except CancelledError as error:
                raise self._scheduler_gone() from error
            except KilledWorker:
                return self._failed(task, KILLED), ""
            except Exception as error:
                why = f"The cluster failed on it ({type(error).__name__}: {error}); {AGAIN}"
                return self._failed(task, why), ""
        if "refused" in answer:
            raise GraderFault(answer["refused"])
        try:
            report = read_json(answer["report"])
        except (ValueError, KeyError) as error:
            raise GraderFault(
                f"{answer.get('worker')}: sent something that is not a report of this version of the kit ({error}); install this "
                "version there and restart the worker."
            ) from error
        return report, answer["worker"]

    def _failed(self, task: _Task, reason: str) -> Report:
        return Report(task.name, "failed", reason, MESSAGE_TO_STUDENT, seed=self.seed, lab=self.lab.name)

    def _scheduler_gone(self) -> GraderFault:
        return GraderFault(f"The scheduler at {self.address} is gone; start it and its workers, and {AGAIN}")

    def _check_workers(self) -> None:
        """Raise NotStarted if a connected worker would grade differently from this machine."""
        answers = self.client.run(problem_here, json.dumps(self.job), self.hash_of, on_error="return")
        for worker, answer in sorted(answers.items()):
            if isinstance(answer, ImportError):
                raise NotStarted(
                    f"worker {worker}: the kit is not installed there ({answer}); install this version of it."
                )
            if isinstance(answer, Exception) and not isinstance(answer, OSError):  # it is already gone
                raise NotStarted(f"worker {worker}: {type(answer).__name__}: {answer}")
            if isinstance(answer, str) and answer:
                raise NotStarted(f"worker {worker}: {answer}")
