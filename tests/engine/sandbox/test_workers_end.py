"""How a worker ends, with everything that it started: by itself, by its time limit, by its memory limit, or when it is closed."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from gatelab.grading.workers import ConfinedWorkers
from gatelab.lab.spec import Lab
from gatelab.sandbox.confine.apply import USERS, Settings
from gatelab.sandbox.forkserver import ForkServer
from gatelab.sandbox.lost import WorkerLost
from gatelab.sandbox.process import WorkerProcess
from gatelab.submission.notebook import CodeCell
from helpers.processes import alive, everything, within

pytestmark = pytest.mark.one_in(3, at=2)

Run = Callable[..., Any]
MEMORY = 700 << 20  # bytes that a test may fill


RACE = """
import contextlib, os
for _ in range(3):
    if os.fork() == 0:
        while True:
            with contextlib.suppress(OSError):
                LEAVE
            with contextlib.suppress(OSError):
                if os.fork():
                    os._exit(0)
os._exit(0)
"""


@pytest.mark.parametrize("leave", ["pass", "os.setsid()"])
@pytest.mark.parametrize("without", [(), ("namespaces",), ("namespaces", "seccomp")], ids=str)
def test_orphans_that_keep_forking_end_with_a_worker_that_ended_by_itself(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch, leave: str, without: tuple[str, ...]
) -> None:
    if without and "seccomp" in without and os.geteuid() != 0:
        pytest.skip("only a user of their own tells such orphans from the grader's processes")
    monkeypatch.setattr("gatelab.sandbox.process.simulated_limits", {"without": without})
    before = {p.pid for p in psutil.Process(server.process.pid).children(recursive=True)}
    for _ in range(5):
        worker = WorkerProcess(server.client, server.library)
        below = psutil.Process(server.process.pid).children(recursive=True)
        mine = {p.uids().real for p in below if p.pid not in before} & {*USERS}
        source = RACE.replace("LEAVE", leave)
        with pytest.raises(WorkerLost):
            worker.ask({"op": "cell", "source": source, "index": 0, "seconds": 10.0, "quick": False}, 10)
        worker.close()
        worker.output.close()
        assert len(mine) == (os.geteuid() == 0)
        assert not owned(mine, server), "nothing of the worker's user is left"
        assert all_end(started(server, before)), "the warden has said that it is done, and goes"


def owned(users: set[int], server: ForkServer) -> list[psutil.Process]:
    """Processes of these users. Not those of another fork server: it may give a user that is free to a worker of its own."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.uids().real in users and alive(process):
                above = [parent for parent in process.parents() if parent.pid != server.process.pid]
                if not any("gatelab.sandbox.worker.zygote" in parent.cmdline() for parent in above):
                    found.append(process)
    return found


def started(server: ForkServer, before: set[int]) -> list[psutil.Process]:
    """What the fork server has forked since."""
    return [p for p in everything(psutil.Process(server.process.pid)) if p.pid not in before]


def all_end(processes: list[psutil.Process]) -> bool:
    return within(60, lambda: not any(map(alive, processes)))


GREEDY = {
    "forks": "for _ in range(4):\n    if os.fork() == 0:\n        held = b'x' * (250 << 20)\n        time.sleep(60)\n",
    "read-only": (
        "size = 1 << 20\nfor _ in range(1000):\n    at = libc.mmap(0, size, 3, 34, -1, 0)\n"
        "    ctypes.memset(at, 1, size)\n    libc.mprotect(at, size, 1)\n"
    ),
}


@pytest.mark.parametrize("way", GREEDY)
def test_all_its_processes_together_hold_no_more_memory_than_the_limit(
    lab: Lab, server: ForkServer, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("gatelab.sandbox.process.Settings", partial(Settings, memory=MEMORY))
    body = "import ctypes, os, time\nlibc = ctypes.CDLL(None)\nlibc.mmap.restype = ctypes.c_void_p\n"
    body += "libc.mprotect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int\n"
    body += "libc.mmap.argtypes = ctypes.c_void_p, *[ctypes.c_size_t] * 5\n" + GREEDY[way] + "time.sleep(120)"
    workers = ConfinedWorkers(lab, [], server.client, server.library)
    workers.load()
    main = workers.main
    # Not ended by the time: that is told in other words.
    with pytest.raises(WorkerLost, match=r"held more than 0\.684 GiB of memory together"):
        main.ask({"op": "cell", "source": body, "index": 0, "seconds": 90.0, "quick": False}, 100)
    workers.unload()
    assert "more than 0.684 GiB of memory together" in workers.output


def test_a_question_reports_that_the_grader_ended_it_for_its_memory(
    inside: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatelab.sandbox.process.Settings", partial(Settings, memory=MEMORY))
    with pytest.raises(WorkerLost, match=r"held more than 0\.684 GiB of memory together"):
        inside("import os, time\n" + GREEDY["forks"] + "time.sleep(20)")


def test_memory_below_the_limit_is_allowed(inside: Run) -> None:
    """Forks share what they do not write to, and that counts once."""
    body = (
        "import os, time\nheld = b'x' * (300 << 20)\nfor _ in range(11):\n    if os.fork() == 0:\n"
        "        time.sleep(60)\ntime.sleep(0.6)\nreturn 'alive'"
    )
    assert inside(body) == "alive"


def test_it_is_killed_first_if_memory_runs_out_and_no_other_worker_has_its_user(
    lab: Lab, server: ForkServer
) -> None:
    pair = [ConfinedWorkers(lab, [], server.client, server.library) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gatelab.sandbox.process._numbers", itertools.repeat(7))  # as of two examiners
        for workers in pair:
            workers.load()
    found = [p for p in psutil.Process(server.process.pid).children(recursive=True) if not p.children()]
    scores = [Path(f"/proc/{p.pid}/oom_score_adj").read_text().strip() for p in found]
    users = {p.uids().real for p in found}
    for workers in pair:
        workers.unload()
    assert scores == ["1000", "1000"]
    assert len(users) == (2 if os.geteuid() == 0 else 1), "another user is for root to give"


def test_the_number_of_processes_is_limited(inside: Run) -> None:
    body = (
        "import os, time\nn = 0\ntry:\n    while n < 500:\n        if os.fork() == 0:\n            time.sleep(60)\n"
        "            os._exit(0)\n        n += 1\nexcept OSError:\n    pass\nreturn n"
    )
    assert inside(body) < 100


def test_nothing_of_a_submission_runs_after_its_worker_was_closed(lab: Lab, server: ForkServer) -> None:
    daemon = (
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        if os.fork() == 0:\n            import signal\n"
        "            signal.signal(signal.SIGTERM, signal.SIG_IGN)\n            time.sleep(600)\n        os._exit(0)\n"
    )
    before = {p.pid for p in psutil.Process(server.process.pid).children(recursive=True)}
    workers = ConfinedWorkers(lab, [CodeCell(0, daemon)], server.client, server.library)
    workers.load()
    during = started(server, before)
    workers.unload()
    assert len(during) >= 4
    assert all_end(during)


def test_an_endless_call_ends_at_its_time_and_says_so(lab: Lab, server: ForkServer) -> None:
    workers = ConfinedWorkers(
        lab, [CodeCell(0, "def f():\n    while True: pass")], server.client, server.library
    )
    backend = workers.open(lab.questions["q1"], set(), time.monotonic() + 1)
    call = {"target": "f", "method": None, "args": (), "kwargs": {}, "upstream": None, "parameters": False}
    began = time.monotonic()
    with pytest.raises(WorkerLost, match="did not finish"):
        backend.request({"op": "call", "arguments": call})
    assert time.monotonic() - began < 60
    workers.close(backend)
    workers.unload()


def test_workers_in_a_row_give_the_first_result_of_a_layer(lab: Lab, server: ForkServer) -> None:
    body = "def main(ns):\n    import torch\n    layer = torch.nn.LSTM(3, 4)\n    layer(torch.ones(5, 2, 3))[0].sum().backward()\n    return 1"
    for _ in range(12):  # `make soak`: a thousand
        workers = ConfinedWorkers(lab, [], server.client, server.library)
        backend = workers.open(lab.questions["q2"], set(), time.monotonic() + 20)
        assert backend.request({"op": "run", "arguments": {"source": body, "values": {}}})["value"] == 1
        workers.close(backend)
        workers.unload()


def test_processes_that_a_question_started_end_with_it(lab: Lab, server: ForkServer) -> None:
    bomb = (
        "import os, time\ndef f():\n    for _ in range(20):\n        if os.fork() == 0:\n            while True: pass\n"
        "    while True: pass"
    )
    workers = ConfinedWorkers(lab, [CodeCell(0, bomb)], server.client, server.library)
    backend = workers.open(lab.questions["q1"], set(), time.monotonic() + 1)
    call = {"target": "f", "method": None, "args": (), "kwargs": {}, "upstream": None, "parameters": False}
    with pytest.raises(WorkerLost):
        backend.request({"op": "call", "arguments": call})
    workers.close(backend)
    assert within(60, lambda: sum(map(alive, started(server, set()))) <= 2), (
        "only the warden and the loaded notebook should be left"
    )
    workers.unload()
