"""The worker: loads a notebook's cells, forks a copy of itself for each question, and calls the functions that it is asked to.

From the first cell on, the student's code controls this process. The examiner does not trust anything it sends.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Mapping
from typing import Any

from gatelab.limits import ANSWER, COLLECT_SECONDS, OUTPUT_LIMIT, POLL_SECONDS
from gatelab.sandbox.ending import FAILED
from gatelab.sandbox.worker import scan, wire
from gatelab.sandbox.worker.budget import TimeUp, within
from gatelab.sandbox.worker.cells import Known, Notebook
from gatelab.sandbox.worker.devices import lacks_gpu, use_cpu_instead
from gatelab.sandbox.worker.missing_modules import substitute_missing
from gatelab.sandbox.worker.runtime import Runtime, describe
from gatelab.sandbox.worker.surroundings import install_substitutes
from gatelab.sandbox.worker.values import ValueProblem
from gatelab.sandbox.worker.withheld import withhold


class Printing(io.TextIOBase):
    """Standard output that keeps the first 64 KiB and silently drops the rest."""

    def __init__(self) -> None:
        self.left = OUTPUT_LIMIT

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        data = text.encode("utf-8", "replace")[: self.left]
        self.left -= len(data)
        while data:
            data = data[os.write(1, data) :]
        return len(text)

    def fileno(self) -> int:
        return 1


def work(sock: socket.socket, protection: Mapping[str, bool | list[str]]) -> None:
    """Serve the examiner until the line closes."""
    sys.stdout = sys.stderr = Printing()
    install_substitutes()
    hide_grader_modules()
    sys.path.insert(0, "")  # as in Jupyter: a cell may write a module and import it
    notebook: Notebook | None = None  # created on first use, because its shell is slow to make
    wire.send(sock, {"protection": protection})
    children: dict[int, Any] = {}  # a question's process → how it ended; None while it runs
    while True:
        try:
            request = wire.receive(sock)
        except wire.WireProblem:
            return
        _reap(children)
        answer: dict[str, Any] = {}
        if request["op"] == "begin":
            try:
                notebook = _begin(request["withheld"], request["known"])
            except (
                Exception
            ) as error:  # nothing of the submission has run: it is a fault of the lab or of the grader
                answer = {"problem": f"{type(error).__name__}: {error}"}
        notebook = notebook or Notebook()
        match request["op"]:
            case "scan":
                answer = {
                    "hints": scan.hints(request["cells"], notebook.known.experiments, request["shortcuts"])
                }
            case "cell":
                answer = notebook.run_cell(
                    request["source"], request["index"], request["seconds"], request["quick"]
                )
            case "loaded":
                answer = notebook.settle()
            case "fork":
                answer = _fork(
                    sock, notebook, children, request["cpu_seconds"], request["names"], request["question"]
                )
            case "ended":
                answer = {"ended": _ended(request["pid"], children)}
            case "end":
                answer = _end(request["pid"], children)
        wire.send(sock, answer)


def _begin(withheld: dict[str, Any] | None, known: Mapping[str, list[str]]) -> Notebook:
    """An empty notebook of this lab, without the library's own implementation if that is withheld."""
    if withheld:
        withhold(**withheld)
    experiments, stubs, shows = (frozenset(known[key]) for key in ("experiments", "stubs", "shows"))
    return Notebook(Known(experiments, stubs, tuple(known["asked"]), shows))


def hide_grader_modules() -> None:
    """Make the grader's modules impossible to import from now on; the worker has already imported what it needs."""
    for name in [name for name in sys.modules if name.split(".")[0] == "gatelab"]:
        del sys.modules[name]
    sys.meta_path.insert(0, _NoGraderModules())


class _NoGraderModules:
    """An import finder that refuses every module of the grader, wherever it is installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.split(".")[0] == "gatelab":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _fork(
    sock: socket.socket,
    notebook: Notebook,
    children: dict[int, Any],
    cpu_seconds: float,
    names: list[str],
    question: str,
) -> dict[str, Any]:
    """Fork the loaded notebook for one question, with its own connection and output file.

    `names`: what the question asks for; `question`: its ID, as in a public check.
    """
    _, descriptors, _, _ = socket.recv_fds(sock, 1, 2)
    channel, output = descriptors
    try:
        pid = os.fork()
    except OSError as error:
        os.close(channel)
        os.close(output)
        return {"pid": 0, "problem": str(error)}
    if pid == 0:
        status = FAILED
        try:
            sock.close()
            most, hard = math.ceil(cpu_seconds), resource.getrlimit(resource.RLIMIT_CPU)[1]
            resource.setrlimit(resource.RLIMIT_CPU, (min(most, hard), min(most + 1, hard)))
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.close(output)
            sys.stdout = sys.stderr = Printing()
            notebook.prepare(names, question)
            answer_calls(socket.socket(fileno=channel), notebook)
            status = 0
        finally:
            os._exit(status)
    children[pid] = None
    os.close(channel)
    os.close(output)
    return {"pid": pid}


def answer_calls(sock: socket.socket, notebook: Notebook) -> None:
    """Serve one question: handle requests (sandbox/worker/runtime.py) until the connection closes."""
    runtime = Runtime(notebook.namespace, notebook.written)
    while True:
        try:
            request = wire.receive(sock, shelf=runtime.shelf)
        except wire.WireProblem:
            return
        answer = _answer(runtime, request)
        try:
            wire.send(sock, answer, runtime.shelf, ANSWER)
        except ValueProblem as error:
            wire.send(sock, {"error": describe(ValueError(f"the result cannot be read: {error}"))})


def _answer(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    """Handle a request within the processor time that it allows."""
    seconds = request.pop("cpu_seconds", None)
    try:
        with within(seconds) if seconds else contextlib.nullcontext():
            answer = runtime.handle(request)
            while (error := answer.get("error")) and _can_substitute(error, runtime.import_error):
                runtime.count -= request["op"] != "inject"  # same random numbers as without the failure
                answer = runtime.handle(request)
            return answer
    except TimeUp as error:
        return {"error": describe(error)}


def _can_substitute(error: Mapping[str, Any], import_error: ImportError | None) -> bool:
    """Whether what a call lacked (a GPU, a module that is not installed) could be substituted, so that the call can be repeated."""
    message = str(error.get("message"))
    if lacks_gpu(message):
        return use_cpu_instead()
    return import_error is not None and substitute_missing(import_error)


def _ended(pid: int, children: dict[int, Any]) -> Any:
    """`(status, processor seconds)` of a question's process; None if it has not ended."""
    deadline = time.monotonic() + COLLECT_SECONDS
    while pid in children and children[pid] is None and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        _reap(children)
    return children.get(pid)


def _end(pid: int, children: dict[int, Any]) -> dict[str, Any]:
    if pid in children:
        if children.pop(pid) is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        if os.getpid() == 1:
            # We are process 1 of a namespace: this kills whatever the question started, and nothing else is left in it.
            with contextlib.suppress(OSError):
                os.kill(-1, signal.SIGKILL)
    return {}


def _reap(children: dict[int, Any]) -> None:
    """Collect ended children, and orphans of the student's code (if this is process 1 of its namespace)."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except OSError:
            return
        if pid == 0:
            return
        if pid in children:
            children[pid] = (status, usage.ru_utime + usage.ru_stime)
