"""What a Dask worker does for `gatelab grade --cluster`: it grades one submission with the kit on its own machine.

A submission arrives as bytes and its report is returned as JSON; no object from a submission is ever created in the worker's
process, since the code runs confined, behind an engine, as always. A worker process keeps one engine, so
torch is imported once. The engine's fork server is a separate program, started by exec, because a process with threads, such as a
Dask worker, cannot safely be forked.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from gatelab.faults import MESSAGE_TO_STUDENT, hint_of, reason_of
from gatelab.folders import TemporaryFolder, remove
from gatelab.grading.engine import Engine
from gatelab.lab import installed
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import CLUSTER_IDLE_SECONDS
from gatelab.report.record.model import Report
from gatelab.sandbox.confine import ProtectionMissing

ROOT = "GATELAB_ROOT"  # the kit's folder on a worker, if it differs from the client's

# Hashes everything that affects a grade, from the lab, the seed and the questions.
HashOf = Callable[[Lab, int, list[str]], str]


class _Refused(Exception):
    """This worker cannot grade for this client; the message says why and what to do."""


class _Open:
    """An engine, a folder for what it grades, and the number of threads using both."""

    def __init__(self, lab: Lab, seed: int, accept_missing: Sequence[str], threads: int) -> None:
        with ExitStack() as stack:
            self.folder = stack.enter_context(TemporaryFolder("gatelab-cluster-"))
            self.engine = stack.enter_context(Engine(lab, seed, threads, accept_missing))
            self.close = stack.pop_all().close
        self.users, self.numbers = 0, itertools.count()
        self.timer: threading.Timer | None = None


class Engines:
    """The engines of this process, by the hash of what affects a grade: one, unless it grades several classes at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[Any, ...], _Open] = {}

    @contextmanager
    def of(
        self, lab: Lab, grading: str, seed: int, accept_missing: Sequence[str], threads: int
    ) -> Iterator[_Open]:
        """The engine of this lab. Raises what `Engine` raises at `with`."""
        key = (lab.assignment, grading, seed, tuple(accept_missing))
        with self._lock:
            if key not in self._open:
                self._close_idle()
                self._open[key] = _Open(lab, seed, accept_missing, threads)
            found = self._open[key]
            found.users += 1
            if found.timer is not None:
                found.timer.cancel()
                found.timer = None
        try:
            yield found
        finally:
            with self._lock:
                found.users -= 1
                if not found.users:
                    found.timer = threading.Timer(CLUSTER_IDLE_SECONDS, self.close_idle)
                    found.timer.daemon = True
                    found.timer.start()

    def close_idle(self) -> None:
        """Close engines that no thread uses."""
        with self._lock:
            self._close_idle()

    def _close_idle(self) -> None:
        for key, engine in list(self._open.items()):
            if not engine.users:
                del self._open[key]
                if engine.timer is not None:
                    engine.timer.cancel()
                engine.close()


ENGINES = Engines()


def problem_here(job: str, hash_of: HashOf) -> str:
    """Why this worker cannot grade for the client, in a sentence; "" if it can. Starts nothing."""
    try:
        _lab(json.loads(job), hash_of)
    except _Refused as error:
        return str(error)
    return ""


def grade_here(job: str, data: bytes, name: str, file: str, hash_of: HashOf) -> dict[str, str]:
    """Grade one submission. Does not raise, whatever is in it and whatever this machine lacks.

    Args:
        job: the description of the class from `Cluster`, as JSON: root, lab, seed, chosen, questions, grading, accept_missing.
        data: the notebook's bytes.
        name: the submission's name in the report.
        file: name of the notebook's file, for messages.
        hash_of: hashes everything that affects a grade on this machine.

    Returns:
        {"report": its JSON, "worker": this one's address}, or {"refused": why this worker cannot grade for this client}.
    """
    wanted = json.loads(job)
    try:
        lab = _lab(wanted, hash_of)
        with ENGINES.of(lab, wanted["grading"], wanted["seed"], wanted["accept_missing"], _threads()) as here:
            folder = here.folder / str(next(here.numbers))
            try:
                folder.mkdir()
                path = folder / Path(file).name
                path.write_bytes(data)
                report = here.engine.grade(path, name, wanted["questions"], training=wanted["training"])
            finally:
                remove(folder)
    except (_Refused, LabError, ProtectionMissing) as error:
        return {"refused": f"{_where()}: {error}"}
    except Exception as error:
        report = Report(
            name, "failed", f"{_where()}: {reason_of(error)}", MESSAGE_TO_STUDENT, seed=wanted["seed"], lab=wanted["lab"],
            hints=[hint_of(error)],
        )  # fmt: skip
    return {"report": json.dumps(report.to_dict()), "worker": _address()}


def _lab(wanted: dict[str, Any], hash_of: HashOf) -> Lab:
    """The client's lab on this machine. Raises _Refused if it is missing or would grade differently."""
    root = Path(os.environ.get(ROOT) or wanted["root"])
    try:
        lab = chosen_lab(root, wanted["lab"])
    except LabError as error:
        raise _Refused(
            f"{error} (On a worker, {ROOT} names the kit's folder where it is not the client's.)"
        ) from error
    try:
        installed.check(lab.assignment)
    except LabError as error:
        raise _Refused(str(error)) from error
    if hash_of(lab, wanted["seed"], wanted["chosen"]) != wanted["grading"]:
        raise _Refused(
            f"the kit in {root} would grade differently from the one of this command: another state of the kit or of the "
            "lab, or another version of torch, numpy, pytest, safetensors or a package that the lab asks for; bring both to the same and restart the worker."
        )
    return lab


def _threads() -> int:
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)


def _where() -> str:
    """A name for this worker that its administrator recognises."""
    return f"worker {_address()} on {socket.gethostname()}"
