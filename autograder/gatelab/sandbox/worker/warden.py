"""The warden: a trusted process, one for each worker, that ends the worker and everything it started.

It makes the namespaces, forks the worker and waits: for the worker's end, for the examiner to close the control
socket, or for the processes of the submission to exceed their common memory limit. Then it kills all processes of the
submission. It sends three messages on the control socket: {"why"} before it ends a worker because of its memory,
{"ended": [status, processor seconds]} after a worker has ended, so that whoever finds its connection closed can learn why,
and {"cpu"} when no process of the submission is left.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import time
from dataclasses import replace
from typing import Any

from gatelab.jsonline import encode
from gatelab.limits import (
    GIB,
    KILL_AGAIN_SECONDS,
    KILLED_SECONDS,
    POLL_SECONDS,
    WARDEN_LOOK_SECONDS,
    WORKER_OPEN_FILES,
)
from gatelab.sandbox.confine import libc
from gatelab.sandbox.confine.apply import USERS, Separated, Settings, confine, separate
from gatelab.sandbox.confine.memory import Tree
from gatelab.sandbox.ending import FAILED


def guard(given: dict[str, Any], sock: int, output: int, control: int) -> None:
    """Run a worker until it ends or the control socket closes; report its end on the control socket."""
    settings = Settings(
        **given | {key: tuple(given[key]) for key in ("readable", "without")}
        | {"outside": (os.getpid(), os.getppid())}
    )  # fmt: skip
    # A session of its own: Linux divides the processor among sessions, so a fork bomb slows mostly itself down.
    os.setsid()
    with contextlib.suppress(OSError, AttributeError):
        libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)  # the worker's orphans become our children
    settings, _user = _reserve_user(settings)
    tree = Tree()
    separated = separate(settings.without)
    pid = os.fork()
    if pid == 0:
        _run_worker(settings, separated, sock, output, control)  # never returns
    os.close(sock)
    channel = socket.socket(fileno=control)
    cpu_seconds, why = _watch(pid, channel, tree, settings.memory)
    _end_all(tree, settings)
    with contextlib.suppress(OSError):
        os.write(output, f"\n{why}\n".encode() if why else b"")
        channel.sendall(encode({"cpu": cpu_seconds}))


def _reserve_user(settings: Settings) -> tuple[Settings, socket.socket | None]:
    """Find a user that no other worker on this machine has now, because Linux counts a user's processes together. It is
    reserved by the name of a socket, which is free again when this process ends."""
    if os.geteuid() != 0:
        return settings, None
    held = socket.socket(socket.AF_UNIX)
    for number in range(len(USERS)):
        uid = USERS[(settings.uid + number) % len(USERS)]
        with contextlib.suppress(OSError):
            held.bind(f"\0gatelab-worker-{uid}")
            settings = replace(settings, uid=uid, has_own_user=True)
            break
    try:
        os.chown(settings.folder, settings.uid, settings.uid)
    except OSError:  # root without that capability; others do not know the folder's name
        os.chmod(settings.folder, 0o777)
    return settings, held


def _run_worker(settings: Settings, separated: Separated, sock: int, output: int, control: int) -> None:
    status = FAILED
    try:
        os.close(control)
        os.setpgid(0, 0)
        from gatelab.sandbox.worker.main import work

        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        kept = {0, 1, 2, sock}
        for descriptor in range(3, WORKER_OPEN_FILES):
            if descriptor not in kept:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        protection, lacks = confine(settings, separated)
        work(socket.socket(fileno=sock), {**protection, "lacks": lacks})
        status = 0
    finally:
        os._exit(status)


def _watch(pid: int, control: socket.socket, tree: Tree, memory: int) -> tuple[float, str]:
    """Wait for the worker's end, or end it. Returns its CPU seconds and, if it held too much memory, the reason."""
    wakers: list[Any] = [control]
    with contextlib.suppress(OSError, AttributeError):
        wakers.append(os.pidfd_open(pid))
    wait_seconds, deadline, why = (
        WARDEN_LOOK_SECONDS if len(wakers) == 2 else 2 * POLL_SECONDS,
        float("inf"),
        "",
    )
    look = 0.0
    while time.monotonic() < deadline:
        ready, _, _ = select.select(wakers, [], [], wait_seconds)
        if (ended := _reap_worker(pid)) is not None:
            with contextlib.suppress(OSError):
                control.sendall(encode({"ended": ended}))
            return ended[1], why
        if deadline != float("inf"):
            continue
        if (now := time.monotonic()) >= look and tree.exceeds(memory):
            why = f"The grader ended your code: its processes held more than {memory / GIB:.3g} GiB of memory together."
            with contextlib.suppress(OSError):
                control.sendall(encode({"why": why}))
        if now >= look:  # checking many forks takes time; spend at most a third of the time on it
            look = now + max(WARDEN_LOOK_SECONDS, 3 * (time.monotonic() - now)) - POLL_SECONDS
        if why or control in ready:
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(OSError):
                    kill(pid, signal.SIGKILL)
            wakers.remove(control)
            wait_seconds, deadline = 2 * POLL_SECONDS, time.monotonic() + KILLED_SECONDS
    return 0.0, why


def _reap_worker(pid: int) -> tuple[int, float] | None:
    """Status and CPU seconds of the worker if it has ended, None while it runs. Its process group is ended with it."""
    if hasattr(os, "waitid"):  # not on macOS
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        # Until it is reaped, its process ID is also that of its group. A group is killed in one call, so none of it can fork in between.
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
    done, status, usage = os.wait4(pid, os.WNOHANG)
    return (status, usage.ru_utime + usage.ru_stime) if done == pid else None


def _end_all(tree: Tree, settings: Settings) -> None:
    """Kill and reap all processes started by the worker. With a PID namespace none is left; without one, this finds them."""
    deadline = time.monotonic() + KILLED_SECONDS
    while (left := list(tree.below())) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                resource.prlimit(pid, resource.RLIMIT_NPROC, (0, 0))  # it can no longer fork
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if settings.has_own_user:
            _end_user(settings.uid)
        with contextlib.suppress(OSError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(KILL_AGAIN_SECONDS)


def _end_user(uid: int) -> None:
    """Kill all of a user's processes at once. This is done as that user, who cannot signal anybody else's."""
    try:
        pid = os.fork()
    except OSError:
        return
    if pid == 0:
        try:
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    with contextlib.suppress(OSError):
        os.waitpid(pid, 0)
