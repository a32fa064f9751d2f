"""One worker process, from the examiner's side: its connection, its output and its end."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gatelab.faults import GraderFault
from gatelab.folders import remove
from gatelab.jsonline import Reader, Received
from gatelab.limits import (
    ANSWER,
    COLLECT_SECONDS,
    OUTPUT_LIMIT,
    POLL_SECONDS,
    WARDEN_LIMIT,
    WARDEN_REPORT_SECONDS,
    WORKER_START_SECONDS,
)
from gatelab.sandbox.confine.apply import USERS, Settings
from gatelab.sandbox.confine.memory import killed_by_machine
from gatelab.sandbox.ending import describe_end
from gatelab.sandbox.forkserver import Client, ForkServerLost
from gatelab.sandbox.lost import Loss, WorkerLost
from gatelab.sandbox.worker import wire
from gatelab.sandbox.worker.values import NotPlain, ValueProblem
from gatelab.text import decode_bytes

NO_ANSWER = "Your code interfered with the grader's connection: something other than a result was sent."
simulated_limits: dict[str, Any] = {}  # settings by which tests simulate a machine with fewer protections
_numbers = itertools.count(os.getpid() * 7)  # so that two examiners rarely start with the same user


class OutputFile:
    """An unlinked file that a worker prints into. It is read through a separate open file description, so that no link can mislead
    us, and nothing that the worker does to its own one (`fcntl` sets flags for everybody who shares it) affects us."""

    def __init__(self) -> None:
        self.fd, path = tempfile.mkstemp(prefix="gatelab-output-")
        try:
            self.reader = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            os.close(self.fd)
            raise
        finally:
            os.unlink(path)

    def text(self) -> str:
        """The first `OUTPUT_LIMIT` bytes."""
        try:
            size = os.fstat(self.reader).st_size
            text = decode_bytes(os.pread(self.reader, OUTPUT_LIMIT, 0))
        except OSError as error:
            return f"(what was printed cannot be read: {error})"
        return text if size < OUTPUT_LIMIT else text + f"\n… (cut at {OUTPUT_LIMIT >> 10} KiB)"

    def close(self) -> None:
        for descriptor in (self.fd, self.reader):
            os.close(descriptor)


def machine_can_fork() -> bool:
    """Whether this machine can create another process now. The worker is not asked, because its submission may control it."""
    try:
        pid = os.fork()
    except OSError:
        return False
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return True


class WorkerProcess:
    """A confined process, forked by the fork server.

    `protection` says which pieces are on, `lacks` what the machine is missing, in words.
    Raises GraderFault if no process can be started; nothing of the submission has run by then.
    """

    def __init__(self, client: Client, library: Path) -> None:
        self.kills = killed_by_machine()
        self.protection: dict[str, bool] = {}
        self.lacks: list[str] = []
        self.cpu_seconds = 0.0
        with contextlib.ExitStack() as cleanup:
            # Next to the library, in the fork server's folder: it is removed when the fork server ends.
            self.folder = Path(tempfile.mkdtemp(prefix="gatelab-worker-", dir=library.parent))
            cleanup.callback(remove, self.folder)
            self.output = OutputFile()
            cleanup.callback(self.output.close)
            self.sock, far = socket.socketpair()
            cleanup.callback(self.sock.close)
            self.control, far_control = socket.socketpair()
            cleanup.callback(self.control.close)
            with far, far_control:
                self._start(client, library, far, far_control)
            cleanup.pop_all()

    def _start(self, client: Client, library: Path, far: socket.socket, far_control: socket.socket) -> None:
        uid = USERS[next(_numbers) % len(USERS)]  # where the warden starts searching for a free one
        settings = Settings(
            folder=str(self.folder),
            readable=(str(library),),
            uid=uid,
            landmarks=str(library.parent),
            **simulated_limits,
        )
        self.cpu_limit = float(settings.cpu_seconds)
        try:
            self.warden = client.ask(
                {"op": "worker", "settings": asdict(settings)},
                [far.fileno(), self.output.fd, far_control.fileno()],
            )["pid"]
            far.close()
            far_control.close()
            pieces = wire.receive(self.sock, time.monotonic() + WORKER_START_SECONDS, limits=ANSWER)[
                "protection"
            ]
        except (wire.WireProblem, ForkServerLost) as error:
            client.lost = True  # so that another fork server is started
            raise GraderFault("No process could be started for this submission.") from error
        self.lacks = [str(lack) for lack in pieces.pop("lacks", [])]
        self.protection = {str(piece): on is True for piece, on in pieces.items()}

    def ask(
        self,
        request: dict[str, Any],
        seconds: float,
        sock: socket.socket | None = None,
        why_ended: Callable[[], str] | None = None,
    ) -> dict[str, Any]:
        """Send a request on the main connection, or on a question's, and return the answer, within `seconds`. `why_ended` says how the
        question's process ended, if it did.

        Raises WorkerLost with the reason, for the student, and GraderFault if the machine killed the process, or if the request
        contains a value that cannot be sent: only a suite can have put it there, because whatever came from a worker can be
        sent back to it.
        """
        sock = sock or self.sock
        try:
            sock.settimeout(seconds)
            wire.send(sock, request)
            answer = wire.receive(sock, time.monotonic() + seconds, limits=ANSWER)
        except wire.WireProblem as error:
            if error.kind is wire.Trouble.LATE:
                message = f"Your code did not finish within {seconds:.3g} s (an endless loop?)."
                raise WorkerLost(message, Loss.LATE) from error
            if error.kind is wire.Trouble.GONE:
                raise WorkerLost((why_ended or self._why_ended)()) from error
            raise WorkerLost(
                f"Your code interfered with the grader's connection: {error}.", Loss.NOISE
            ) from error
        except NotPlain as error:
            raise GraderFault(
                f"a hidden suite asks for something that cannot reach the student's code: {error}"
            ) from error
        except ValueProblem as error:
            raise WorkerLost(f"The question could not be sent: {error}.", Loss.NOISE) from error
        if not isinstance(answer, dict):
            raise WorkerLost(NO_ANSWER, Loss.NOISE)
        return answer

    def _why_ended(self) -> str:
        """How the worker ended, after the warden has collected it."""
        deadline = time.monotonic() + COLLECT_SECONDS
        while not (report := self._warden_report()) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return self.reason() or describe_end(report.get("ended"), self.cpu_limit)

    def reason(self) -> str:
        """Why the grader ended the worker; "" if it did not. Raises GraderFault if the machine did."""
        why: str = self._warden_report().get("why") or ""
        if why:
            return why
        if killed_by_machine() > self.kills:
            # Below the submission's own limit, which the warden reports.
            raise GraderFault("The machine ran out of memory and ended the submission's process.")
        return ""

    def _warden_report(self) -> dict[str, Any]:
        """What the warden has reported so far. The messages are only peeked at; `close` reads them."""
        report: dict[str, Any] = {}
        received = Received(WARDEN_LIMIT)
        with contextlib.suppress(OSError, ValueError):
            received.add(self.control.recv(WARDEN_LIMIT, socket.MSG_PEEK | socket.MSG_DONTWAIT))
            for message in received.all():
                report |= message
        return report

    def close(self) -> None:
        """End the worker and all its processes; returns when none is left."""
        self.sock.close()
        with contextlib.suppress(OSError, ValueError):
            deadline = time.monotonic() + WARDEN_REPORT_SECONDS
            self.control.shutdown(socket.SHUT_WR)
            messages = Reader(self.control, WARDEN_LIMIT)
            while (message := messages.read(deadline)) is not None:
                self.cpu_seconds = float(message.get("cpu", 0.0))
        self.control.close()
        remove(self.folder)
