"""What the fork server and an examiner's engine do about an invalid message."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatelab.grading.examiner_process import ExaminerProcess
from gatelab.jsonline import Received
from gatelab.limits import ORDER_LIMIT, ORDER_SECONDS
from gatelab.sandbox.forkserver import Client, ForkServer, ForkServerLost

HALF = b'{"op": "cl'


@pytest.fixture(scope="module")
def bare() -> Iterator[ForkServer]:
    with ForkServer(None) as server:
        yield server


def descriptors(server: ForkServer) -> int:
    """How many it has open, once that no longer changes: it may be starting to serve, or closing a client."""
    count, same = 0, 0
    deadline = time.monotonic() + 10
    while same < 20 and time.monotonic() < deadline:
        now = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        count, same = now, same + 1 if now == count else 0
        time.sleep(0.01)
    return count


@pytest.mark.parametrize(
    "sent",
    [
        b"no JSON\n", b"[]\n", b"\xff\n", b"\n", b"[" * 50_000 + b"\n", b'{"op": "client"}\n{"op": "client"}\n',
        b"x" * (2 * ORDER_LIMIT), HALF,
    ],
    ids=["no JSON", "a list", "no UTF-8", "empty", "deep", "two at once", "endless", "half"],
)  # fmt: skip
def test_a_client_that_sends_no_order_is_closed_and_the_others_are_served(
    bare: ForkServer, sent: bytes
) -> None:
    bare.client.new_connection().close()  # it serves by now
    before = descriptors(bare)
    line = bare.client.new_connection()
    near, far = socket.socketpair()
    with line, near:
        with far:
            socket.send_fds(line, [sent[:100]], [far.fileno()])
        line.settimeout(4 * ORDER_SECONDS)
        try:
            line.sendall(sent[100:])
            assert line.recv(1) == b""
        except ConnectionError:
            pass  # closed before all of it was read
        assert near.recv(1) == b"", "what came with it is closed too"
    bare.client.new_connection().close()
    assert descriptors(bare) == before


def test_a_client_that_disconnects_in_the_middle_of_an_order_stops_nobody(bare: ForkServer) -> None:
    with bare.client.new_connection() as line:
        line.sendall(HALF)
    began = time.monotonic()
    bare.client.new_connection().close()
    assert time.monotonic() - began < ORDER_SECONDS


@pytest.mark.parametrize("said", [b"no JSON\n", b"[1]\n", b""], ids=["no JSON", "a list", "nothing"])
def test_a_malformed_reply_raises_fork_server_lost(said: bytes) -> None:
    near, far = socket.socketpair()
    with near:
        far.sendall(said)
        far.shutdown(socket.SHUT_WR)
        client = Client(near)
        with far, pytest.raises(ForkServerLost):
            client.ask({"op": "client"}, [])
        assert client.lost


@pytest.mark.parametrize(
    ("said", "why"),
    [(b'{"at": NaN}\n', "not JSON"), (b"[]\n", "no JSON object"), (b"x" * 2000, "longer than 1000 bytes"), (b"", "gone")],
)  # fmt: skip
def test_an_invalid_examiner_reply_is_reported_with_its_reason(said: bytes, why: str) -> None:
    examiner = object.__new__(ExaminerProcess)
    near, far = socket.socketpair()
    examiner.sock, examiner.received, examiner.pid = near, Received(1000), os.getpid()
    with near, far:
        far.sendall(b'{"at": "q1"}\n' + said)
        far.shutdown(socket.SHUT_WR)
        assert examiner._receive(10, 1 << 62) == {"at": "q1"}
        with pytest.raises(ForkServerLost, match=why):
            examiner._receive(10, 1 << 62)
