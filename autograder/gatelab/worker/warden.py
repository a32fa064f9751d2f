"""The warden: one trusted process beside each worker, which ends it.

It makes the namespaces, forks the worker and waits: for the worker's end, for the examiner to close the control
socket, or for the processes of the submission to hold more memory together than they may. Then everything of the
submission is killed. On the control socket it says two things: {"why"}, before it ends a worker for its memory, so
that whoever finds a line closed can read why; and {"cpu"}, when nothing of the submission is left.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from dataclasses import replace
from typing import Any

from gatelab.confine import libc
from gatelab.confine.apply import USERS, Settings, confine, separate
from gatelab.confine.memory import Tree

LOOK_EVERY = 0.2  # seconds between two looks at the memory


def guard(settings: dict[str, Any], line: int, output: int, control: int) -> None:
    """Run a worker until it ends or the control socket closes; report its end on the control socket."""
    settings = Settings(**settings | {"readable": tuple(settings["readable"])})
    # A session of its own: Linux shares the processor between sessions, so a fork bomb slows itself down most.
    os.setsid()
    with contextlib.suppress(OSError, AttributeError):
        libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)  # what the worker leaves behind comes to us
    settings, _user = _own_user(settings)
    tree = Tree()
    separated = separate()
    pid = os.fork()
    if pid == 0:
        _be_worker(settings, separated, line, output, control)  # never returns
    os.close(line)
    channel = socket.socket(fileno=control)
    cpu_seconds, why = _watch(pid, channel, tree, settings.memory)
    _end_all()
    with contextlib.suppress(OSError):
        os.write(output, f"\n{why}\n".encode() if why else b"")
        channel.sendall(json.dumps({"cpu": cpu_seconds}).encode() + b"\n")


def _own_user(settings: Settings) -> tuple[Settings, socket.socket | None]:
    """A user that no other worker of this machine has now, since Linux counts a user's processes together. What keeps
    it ours is the name of a socket, which is free again when we are gone."""
    if os.geteuid() != 0:
        return settings, None
    held = socket.socket(socket.AF_UNIX)
    for number in range(len(USERS)):
        uid = USERS[(settings.uid + number) % len(USERS)]
        with contextlib.suppress(OSError):
            held.bind(f"\0gatelab-worker-{uid}")
            settings = replace(settings, uid=uid)
            break
    os.chown(settings.folder, settings.uid, settings.uid)
    return settings, held


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


def _watch(pid: int, control: socket.socket, tree: Tree, memory: int) -> tuple[float, str]:
    """Wait for the worker's end, or end it. CPU seconds, and why if it was the memory."""
    wakers: list[Any] = [control]
    with contextlib.suppress(OSError, AttributeError):
        wakers.append(os.pidfd_open(pid))
    patience, deadline, why = LOOK_EVERY if len(wakers) == 2 else 0.02, float("inf"), ""
    look = 0.0
    while time.monotonic() < deadline:
        ready, _, _ = select.select(wakers, [], [], patience)
        done, _, usage = os.wait4(pid, os.WNOHANG)
        if done == pid:
            return usage.ru_utime + usage.ru_stime, why
        if deadline != float("inf"):
            continue
        if (now := time.monotonic()) >= look and tree.exceeds(memory):
            why = f"The grader ended your code: its processes held more than {memory / (1 << 30):.3g} GiB of memory together."
            with contextlib.suppress(OSError):
                control.sendall(json.dumps({"why": why}).encode() + b"\n")
        if now >= look:  # a look at many forks takes time; at most a third of it goes into looking
            look = now + max(LOOK_EVERY, 3 * (time.monotonic() - now)) - 0.01
        if why or control in ready:
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(OSError):
                    kill(pid, signal.SIGKILL)
            wakers.remove(control)
            patience, deadline = 0.02, time.monotonic() + 5
    return 0.0, why


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
