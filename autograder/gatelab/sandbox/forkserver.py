"""A client of the fork server (sandbox/worker/zygote.py): starts it, and asks it for processes."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from gatelab.folders import remove
from gatelab.jsonline import BadLine, Message, Reader, encode
from gatelab.limits import ANSWER_SECONDS, FORK_SERVER_END_SECONDS, FORK_SERVER_START_SECONDS, ORDER_LIMIT
from gatelab.sandbox.confine import NO_GPU


class ForkServerLost(Exception):
    """The fork server does not answer."""


class Client:
    """A connection to the fork server. Safe to use from several threads. `lost` is set once it has failed to answer."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.lost = sock, False
        self._answers = Reader(sock, ORDER_LIMIT)
        self._lock = threading.Lock()

    def ask(self, message: Message, descriptors: list[int]) -> Message:
        """The fork server's answer. Raises ForkServerLost, also if it could not carry out the request."""
        with self._lock:
            try:
                self.sock.settimeout(ANSWER_SECONDS)
                socket.send_fds(self.sock, [encode(message)], descriptors)
                answer = self.receive(ANSWER_SECONDS)
            except (OSError, ForkServerLost) as error:
                self.lost = True
                raise ForkServerLost("the fork server is gone") from error
        if "problem" in answer:
            self.lost = True
            raise ForkServerLost(answer["problem"])
        return answer

    def receive(self, seconds: float) -> Message:
        """The next message from the fork server. Raises ForkServerLost, OSError."""
        try:
            message = self._answers.read(time.monotonic() + seconds)
        except BadLine as error:
            raise ForkServerLost(f"the fork server sent something that is not an answer: {error}") from error
        if message is None:
            raise ForkServerLost("the fork server is gone")
        return message

    def new_connection(self) -> socket.socket:
        """One end of a new connection, to hand to another process."""
        near, far = socket.socketpair()
        with far:
            try:
                self.ask({"op": "client"}, [far.fileno()])
            except ForkServerLost:
                near.close()
                raise
        return near


class ForkServer:
    """The fork server as a child of this process. Use it as a context manager.

    Args:
        package: the students' package; a copy of it (and nothing else of the lab) can be imported in workers.
        preload: modules that every process has from the start.
    """

    def __init__(self, package: Path | None, preload: Sequence[str] = ()) -> None:
        given = str(package.absolute()) if package is not None and package.is_dir() else ""
        self.folder: Path | None = None
        near, far = socket.socketpair()
        with far:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-m", "gatelab.sandbox.worker.zygote", str(far.fileno()), str(shared_temporary_folder()), given, *preload],
                pass_fds=[far.fileno()],
                stdin=subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", **NO_GPU},
                start_new_session=True,
                # otter's working folder is removed when otter is killed; if that happens while MKL is loading, MKL ends the process at once.
                cwd="/",
            )  # fmt: skip
        self.client = Client(near)
        try:
            self.folder = Path(self.client.receive(FORK_SERVER_START_SECONDS)["folder"])
            self.library = self.folder / "library"
        except (ForkServerLost, OSError) as error:
            near.close()  # makes a server that is still starting end and remove its folder
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=FORK_SERVER_END_SECONDS)
            self.process.kill()
            status = self.process.wait()
            self.close()
            late = f"within {FORK_SERVER_START_SECONDS:g} s" if isinstance(error, TimeoutError) else ""
            how = late or f"(exit status {status}); its message is above"
            raise ForkServerLost(f"the fork server did not start {how}") from error

    def close(self) -> None:
        """End the server and everything that it forked. (If this process dies, the server ends by itself and removes its folder.)"""
        self.client.sock.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=FORK_SERVER_END_SECONDS)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.folder is not None:
            remove(self.folder)

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def shared_temporary_folder() -> Path:
    """A temporary folder that other users can reach: if the grader is root, every worker runs as a user of its own."""
    places = dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp"])
    for place in places:
        way = Path(place).resolve()
        with contextlib.suppress(OSError):
            if os.geteuid() != 0 or all(step.stat().st_mode & 0o001 for step in (way, *way.parents)):
                tempfile.TemporaryFile(dir=way).close()
                return way
    raise ForkServerLost(
        f"there is no temporary folder that other users can pass through (tried {', '.join(places)}); "
        "set TMPDIR to one."
    )
