"""The fork server: imports torch once and gives every worker a process in milliseconds.

    python -I -m gatelab.worker.zygote FD LIBRARY

It speaks JSON lines on the inherited socket FD and knows nothing: no test, no expected value, no reference and
no submission is ever loaded here, because a fork inherits the memory. It runs no multi-threaded operation
either, because a fork inherits locks without the threads that would open them.

    {"op": "worker", "settings": {…}}   with three descriptors: the line, the output file, the control socket
    {"op": "examiner"}                  with one: its line (examiner/main.py, a trusted process)
    {"op": "client"}                    with one: another socket to listen on
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
import types
from typing import Any

MESSAGE_LIMIT = 1 << 16


def preload(library: str) -> None:
    """Import what a notebook may need: after the user has changed, the disk may be out of reach."""
    os.environ["MPLBACKEND"] = "Agg"
    import cProfile  # noqa: F401  (an Adam step wants it)
    import random  # noqa: F401

    import IPython.display  # noqa: F401
    import matplotlib.pyplot as plt
    import numpy  # noqa: F401
    import safetensors.torch  # noqa: F401
    import torch
    import torch.utils.data
    import tqdm.auto  # noqa: F401

    import gatelab.confine.apply
    import gatelab.worker.main  # noqa: F401
    from gatelab.worker.shell import new_shell
    from gatelab.worker.statements import to_python

    try:
        import landlockpy  # noqa: F401
        import pyseccomp  # noqa: F401
    except (ImportError, OSError, RuntimeError):
        pass  # the confinement reports what is missing
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    to_python("x = 1\n%time x\n")
    new_shell()  # the first takes twenty times as long as those of the workers
    plt.close(plt.figure())
    # The first forward, backward and optimiser step import and allocate; do it once for all.
    layer = torch.nn.LSTM(2, 3)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.zeros(2, 1, 2))[0].sum().backward()
    torch.nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
    optimizer.step()
    sys.modules["otter"] = quiet_otter()
    sys.path.insert(0, library)
    try:
        import seqlab
        import seqlab.tasks
        import seqlab.training  # noqa: F401
    except ImportError:
        pass  # a lab may come without a students' package


def quiet_otter() -> types.ModuleType:
    """In a worker `grader.check(…)` does nothing: a submission is not asked what it thinks of itself."""

    class Notebook:
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

        def __getattr__(self, name: str) -> Any:
            return lambda *args, **kwargs: None

    module = types.ModuleType("otter")
    module.Notebook = Notebook
    return module


def serve(first: socket.socket) -> None:
    """Answer requests until the first client goes."""
    clients = selectors.DefaultSelector()
    clients.register(first, selectors.EVENT_READ)
    while True:
        ready = clients.select()
        reap()
        for key, _ in ready:
            client = key.fileobj
            message, descriptors = receive(client)
            if message is None:
                clients.unregister(client)
                client.close()
                if client is first:
                    return
                continue
            if message["op"] == "client":
                clients.register(socket.socket(fileno=descriptors[0]), selectors.EVENT_READ)
                with contextlib.suppress(OSError):  # an examiner that was stopped meanwhile
                    client.sendall(b"{}\n")
                continue
            pid = os.fork()
            if pid == 0:
                mine = [k.fileobj for k in clients.get_map().values()]
                _become(message, descriptors, mine)  # never returns
            for descriptor in descriptors:
                os.close(descriptor)
            with contextlib.suppress(OSError):
                client.sendall(json.dumps({"pid": pid}).encode() + b"\n")


def reap(patience: float = 0.0) -> None:
    """Collect the children that ended, so that their CPU time counts as ours; wait `patience` seconds for the rest."""
    deadline = time.monotonic() + patience
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            if time.monotonic() >= deadline:
                return
            time.sleep(0.01)


def receive(client: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """One JSON line and its descriptors; None when the client is gone."""
    try:
        data, descriptors, _, _ = socket.recv_fds(client, MESSAGE_LIMIT, 8)
        while data and not data.endswith(b"\n"):
            more, others, _, _ = socket.recv_fds(client, MESSAGE_LIMIT, 8)
            if not more:
                return None, []
            data, descriptors = data + more, descriptors + others
    except OSError:
        return None, []
    return (json.loads(data) if data else None), list(descriptors)


def _become(message: dict[str, Any], descriptors: list[int], inherited: list[socket.socket]) -> None:
    """In the fork: be what was asked for, and end."""
    status = 70
    try:
        for line in inherited:
            line.close()
        if message["op"] == "worker":
            from .warden import guard

            guard(message["settings"], *descriptors)
        elif message["op"] == "examiner":
            from gatelab.examiner.main import serve as examine

            examine(socket.socket(fileno=descriptors[0]), message["arguments"])
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    line = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the command's; it closes the line
    preload(sys.argv[2])
    gc.collect()
    gc.freeze()  # keeps the collector from touching, and so copying, every page in every fork
    line.sendall(json.dumps({"ready": True}).encode() + b"\n")
    serve(line)
    reap(patience=5)


if __name__ == "__main__":
    main()
