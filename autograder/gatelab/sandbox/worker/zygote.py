"""The fork server: imports torch once and forks a process for every worker in milliseconds.

    python -I -m gatelab.sandbox.worker.zygote FD PLACE PACKAGE [MODULE …]

It exchanges JSON lines over the inherited socket FD and holds nothing secret: no test, no expected value, no reference and
no submission is ever loaded here, because a fork inherits the memory. It runs no multi-threaded operation
either, because a fork inherits locks but not the threads that would release them.

    {"op": "worker", "settings": {…}}   with three descriptors: the line, the output file, the control socket
    {"op": "examiner", "entry": MODULE} with one: its line; MODULE.serve is what the trusted process runs
    {"op": "client"}                    with one: another socket to listen on

An answer with "problem" says why there is no process. The first message is {"ready", "folder"}: a folder that the server
has created in PLACE, with a copy of the students' PACKAGE ("" for none) in folder/library. The command does not create it,
because it may be killed at any moment; when it is gone for whatever reason, the fork server ends all of its
processes and removes the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from gatelab.jsonline import PIECE, BadLine, Message, Reader, encode
from gatelab.limits import (
    ALL_END_SECONDS,
    DESCRIPTORS,
    ORDER_LIMIT,
    ORDER_SECONDS,
    POLL_SECONDS,
    WARDENS_END_SECONDS,
    WORKERS_END_SECONDS,
)
from gatelab.sandbox.confine import libc
from gatelab.sandbox.confine.memory import Tree
from gatelab.sandbox.confine.probe import create_landmarks
from gatelab.sandbox.worker.made_modules import made_module

examiners: set[int] = set()  # children that are examiners


def preload(library: str, modules: list[str]) -> None:
    """Import what a notebook may need, because a worker that runs as another user may be unable to read the disk."""
    os.environ["MPLBACKEND"] = "Agg"
    import cProfile  # noqa: F401  (an Adam step imports it)
    import random  # noqa: F401

    import IPython.display  # noqa: F401
    import matplotlib.pyplot as plt
    import numpy  # noqa: F401
    import safetensors.torch  # noqa: F401
    import torch
    import torch.utils.data
    import tqdm.auto
    import tqdm.notebook  # noqa: F401

    import gatelab.sandbox.confine.apply
    import gatelab.sandbox.worker.main  # noqa: F401
    from gatelab.sandbox.worker.devices import seed_cpu_only
    from gatelab.sandbox.worker.lines import to_python
    from gatelab.sandbox.worker.shell import new_shell

    try:
        import landlockpy  # noqa: F401
        import pyseccomp  # noqa: F401
    except (ImportError, OSError, RuntimeError):
        pass  # the confinement reports what is missing
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    seed_cpu_only()
    to_python("x = 1\n%time x\n")
    new_shell()  # the first one takes twenty times as long as later ones
    plt.close(plt.figure())
    # The first forward, backward and optimiser step import and allocate; do it once for all.
    layer = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh())
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.zeros(2, 2)).sum().backward()
    torch.nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
    optimizer.step()
    sys.modules["otter"] = silent_otter()
    sys.path.insert(0, library)
    for module in modules:
        with contextlib.suppress(ImportError):  # code that needs a missing module will report it
            importlib.import_module(module)


def silent_otter() -> ModuleType:
    """A module `otter` whose `grader.check(…)` does nothing in a worker: public checks need not run there."""

    class Notebook:
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

        def __getattr__(self, name: str) -> Any:
            return lambda *args, **kwargs: None

    module = made_module("otter")
    vars(module)["Notebook"] = Notebook
    return module


def serve(first: socket.socket) -> None:
    """Answer requests until the first client disconnects."""
    clients = selectors.DefaultSelector()
    clients.register(first, selectors.EVENT_READ)
    while True:
        ready = clients.select()
        reap()
        for key, _ in ready:
            client = cast(socket.socket, key.fileobj)
            message, descriptors = receive(client)
            if message is None:
                clients.unregister(client)
                client.close()
                if client is first:
                    return
                continue
            if message["op"] == "client":
                clients.register(socket.socket(fileno=descriptors[0]), selectors.EVENT_READ)
                answer = {}
            else:
                answer = _fork(message, descriptors, [k.fileobj for k in clients.get_map().values()])
                for descriptor in descriptors:
                    os.close(descriptor)
            with contextlib.suppress(OSError):  # the client was an examiner that has been stopped
                client.sendall(encode(answer))


def _fork(message: dict[str, Any], descriptors: list[int], lines: list[Any]) -> dict[str, Any]:
    try:
        pid = os.fork()
    except OSError as error:  # too many processes, or no memory: it may work later
        return {"problem": f"no process can be started ({error.strerror})"}
    if pid == 0:
        _run_forked(message, descriptors, lines)  # never returns
    if message["op"] == "examiner":
        examiners.add(pid)
    return {"pid": pid}


def reap(patience: float = 0.0) -> None:
    """Reap the children that have ended, so that their CPU time counts as ours; wait up to `patience` seconds for the rest."""
    deadline = time.monotonic() + patience
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        examiners.discard(pid)
        if pid == 0:
            if time.monotonic() >= deadline:
                return
            time.sleep(POLL_SECONDS)


def end_all() -> None:
    """End the examiners, busy or not, and all other processes forked from here. A warden whose examiner is gone ends its worker
    and then itself; orphans of a killed warden become our children."""
    with contextlib.suppress(OSError, AttributeError):
        libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)
    for pid in list(examiners):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    began, tree = time.monotonic(), Tree()
    reap(WARDENS_END_SECONDS)
    while (left := list(tree.below())) and (took := time.monotonic() - began) < ALL_END_SECONDS:
        wardens = _children() if took < WORKERS_END_SECONDS else set()
        for pid in left:
            if pid not in wardens:
                _kill(pid)
        reap(2 * POLL_SECONDS)


def _kill(pid: int) -> None:
    """Kill a process and its group (which a worker may be unable to leave) in one call, so that none of them can fork in between."""
    with contextlib.suppress(OSError):
        if (group := os.getpgid(pid)) not in (os.getpgid(0), *_children()):
            os.killpg(group, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)


def _children() -> set[int]:
    with contextlib.suppress(OSError, ValueError), open(f"/proc/self/task/{os.getpid()}/children") as file:
        return {int(word) for word in file.read().split()}
    return set()


def receive(client: socket.socket) -> tuple[Message | None, list[int]]:
    """One message and its descriptors; None if the client is gone, stopped in the middle of a message, or sent something else.

    A client waits for the answer before it sends the next message.
    """
    descriptors: list[int] = []

    def piece() -> bytes:
        data, more, _, _ = socket.recv_fds(client, PIECE, DESCRIPTORS)
        descriptors.extend(more)
        return data

    reader = Reader(client, ORDER_LIMIT, piece)
    try:
        message = reader.read(time.monotonic() + ORDER_SECONDS)
    except (OSError, BadLine):
        message = None
    if message is not None and reader.received.empty:
        return message, descriptors
    for descriptor in descriptors:
        os.close(descriptor)
    return None, []


def _run_forked(message: dict[str, Any], descriptors: list[int], inherited: list[socket.socket]) -> None:
    """In the fork: run the requested worker or examiner, then exit."""
    status = 70
    try:
        for sock in inherited:
            sock.close()
        if message["op"] == "worker":
            from gatelab.sandbox.worker.warden import guard

            guard(message["settings"], *descriptors)
        elif message["op"] == "examiner":
            entry = importlib.import_module(message["entry"])
            entry.serve(socket.socket(fileno=descriptors[0]), message["arguments"])
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    sock = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command, which closes the connection
    folder = Path(tempfile.mkdtemp(prefix="gatelab-", dir=sys.argv[2]))
    library, status = folder / "library", 1
    try:
        with _ending_with_client(sock, folder):
            _fill_folder(folder, library, sys.argv[3])
            preload(str(library), sys.argv[4:])
        gc.collect()
        gc.freeze()  # keeps the collector from touching, and so copying, every page in every fork
        _landmarks = create_landmarks(str(folder), str(library))  # kept open
        sock.sendall(encode({"ready": True, "folder": str(folder)}))
        serve(sock)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        end_all()
        _remove(folder)
        # Python's normal exit would deallocate everything in torch, which takes a second or more on a busy machine.
        os._exit(status)


def _fill_folder(folder: Path, library: Path, package: str) -> None:
    """Copy the students' package to where other users can read it: if the grader is root, every worker runs as a user of its own."""
    folder.chmod(0o711)
    library.mkdir(mode=0o755)
    if package:
        shutil.copytree(package, library / Path(package).name, ignore=shutil.ignore_patterns("__pycache__"))
    os.environ.update(HOME=str(library), MPLCONFIGDIR=str(library))


def _remove(folder: Path) -> None:
    from gatelab.folders import remove  # imported late: every worker inherits what is imported before

    remove(folder)


@contextlib.contextmanager
def _ending_with_client(sock: socket.socket, folder: Path) -> Iterator[None]:
    """End this process if the client disconnects during the imports, while nobody reads the connection."""

    def check_client(*_: object) -> None:
        with contextlib.suppress(BlockingIOError):
            if not sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                _remove(folder)
                os._exit(1)

    flags = fcntl.fcntl(sock, fcntl.F_GETFL)
    signal.signal(signal.SIGIO, check_client)
    with contextlib.suppress(OSError):
        fcntl.fcntl(sock, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(sock, fcntl.F_SETFL, flags | os.O_ASYNC)
    check_client()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.fcntl(sock, fcntl.F_SETFL, flags)
        signal.signal(signal.SIGIO, signal.SIG_IGN)


if __name__ == "__main__":
    main()
