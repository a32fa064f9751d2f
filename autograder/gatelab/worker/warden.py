"""The warden: one trusted process beside each worker, which ends it.

It makes the namespaces, forks the worker and waits: for the worker's end, or for the examiner to close the
control socket. Then everything of the submission is killed, and only then does the warden say so.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from typing import Any

from gatelab.confine import libc
from gatelab.confine.apply import Settings, confine, separate


def guard(settings: dict[str, Any], line: int, output: int, control: int) -> None:
    """Run a worker until it ends or the control socket closes; report its end on the control socket."""
    settings = Settings(**settings | {"readable": tuple(settings["readable"])})
    # A session of its own: Linux shares the processor between sessions, so a fork bomb slows itself down most.
    os.setsid()
    with contextlib.suppress(OSError, AttributeError):
        libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)  # what the worker leaves behind comes to us
    separated = separate()
    pid = os.fork()
    if pid == 0:
        _be_worker(settings, separated, line, output, control)  # never returns
    os.close(line)
    os.close(output)
    channel = socket.socket(fileno=control)
    usage, status = _watch(pid, channel)
    _end_all()
    with contextlib.suppress(OSError):
        channel.sendall(json.dumps({"status": status, "cpu": usage}).encode() + b"\n")


def _be_worker(settings: Settings, separated: dict[str, bool], line: int, output: int, control: int) -> None:
    status = 71
    try:
        os.close(control)
        os.setpgid(0, 0)
        from .main import work

        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        kept = {0, 1, 2, line}
        for descriptor in range(3, 256):
            if descriptor not in kept:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        protection = confine(settings, separated)
        work(socket.socket(fileno=line), protection)
        status = 0
    finally:
        os._exit(status)


def _watch(pid: int, control: socket.socket) -> tuple[float, int]:
    """Wait for the worker's end, or end it when the control socket closes. CPU seconds and wait status."""
    wakers: list[Any] = [control]
    with contextlib.suppress(OSError, AttributeError):
        wakers.append(os.pidfd_open(pid))
    patience = None if len(wakers) == 2 else 0.02
    deadline = float("inf")
    while time.monotonic() < deadline:
        ready, _, _ = select.select(wakers, [], [], patience)
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done == pid:
            return usage.ru_utime + usage.ru_stime, status
        if control in ready:
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(OSError):
                    kill(pid, signal.SIGKILL)
            wakers.remove(control)
            patience, deadline = 0.02, time.monotonic() + 5
    return 0.0, -1


def _end_all() -> None:
    """Kill and reap what came to us. With a PID namespace nothing is left; without, this finds it."""
    for _ in range(200):
        children = _children()
        if not children:
            break
        for child in children:
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        with contextlib.suppress(OSError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.005)


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except (OSError, ValueError):
        return []
