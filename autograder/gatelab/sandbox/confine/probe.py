"""Attempts from inside: a confined process tries what it must not be able to do, before any student code is loaded.

The targets are landmarks that the fork server creates next to its workers (`put_up`): a world-readable
file, a socket, its own process. An attempt that gets through is reported, and its piece is off, whatever was set up.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from gatelab.limits import PROBE_SECONDS
from gatelab.sandbox.confine import libc

CANARY, DOOR = "canary", "door"
SHUT = {errno.EPERM, errno.EACCES, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
OUTSIDE = ("/etc/passwd", "/proc/1/environ", "/proc/self/environ")
WRITABLE = ("/tmp", "/var/tmp", "/dev/shm")


def put_up(landmarks: str, library: str) -> list[socket.socket]:
    """Make the landmarks, in a folder that others can pass through. They exist as long as the returned sockets."""
    for folder in (landmarks, library):
        Path(folder, CANARY).write_text("to be found by nobody\n", encoding="ascii")
    doors = []
    for address in (os.path.join(landmarks, DOOR), "\0" + landmarks):
        with contextlib.suppress(OSError):
            door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            doors.append(door)
            door.bind(address)
    return doors


def reached(landmarks: str, library: str, outside: tuple[int, ...], disk: int) -> dict[str, list[str]]:
    """Piece → the attempts that got through. `outside`: processes outside the worker. Leaves nothing behind."""
    found: dict[str, list[str]] = {}
    for piece, name, attempt in _attempts(landmarks, library, outside, disk):
        try:
            through = attempt()
        except OSError as error:
            through = piece == "network" and error.errno not in SHUT
        if through:
            found.setdefault(piece, []).append(name)
    return found


EscapeTry = tuple[str, str, Callable[[], bool]]


def _attempts(landmarks: str, library: str, outside: tuple[int, ...], disk: int) -> Iterator[EscapeTry]:
    """Piece, description and attempt. An attempt returns True if it got through, and may raise OSError if it did not."""
    canary, lent, door = f"{landmarks}/{CANARY}", f"{library}/{CANARY}", f"{landmarks}/{DOOR}"
    own = f"gatelab-probe-{os.getpid()}"
    for path in (canary, *OUTSIDE):
        yield "files", f"read {path}", partial(_opened, path, os.O_RDONLY)
    yield "files", "list /", lambda: bool(os.listdir("/"))
    yield "files", "write a file of the grader", lambda: _opened(canary, os.O_WRONLY)
    for path in (canary, lent):
        yield "files", f"truncate {path}", partial(_went, os.truncate, path, 0)
        yield (
            "files",
            f"empty {path} by opening it",
            partial(_opened, path, os.O_RDONLY | os.O_TRUNC),
        )
        yield "files", f"change the mode of {path}", partial(_went, os.chmod, path, 0o644)
        yield "files", f"change the times of {path}", partial(_went, os.utime, path)
    for folder in (landmarks, library, *WRITABLE):
        yield "files", f"leave a file in {folder}", partial(_left, f"{folder}/{own}")
    yield (
        "network",
        "connect by TCP",
        lambda: _connected(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 9)),
    )
    yield "network", "connect by UDP", lambda: _connected(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 9))
    yield (
        "network",
        "knock at a socket of the grader",
        lambda: _connected(socket.AF_UNIX, socket.SOCK_DGRAM, door),
    )
    yield "network", "knock at a socket without a file", lambda: _knocked("\0" + landmarks)
    for pid in outside:
        if pid not in (0, os.getpid()):
            yield "signals", f"signal process {pid}", partial(_went, os.kill, pid, 0)
    yield "user", "be root", lambda: os.getuid() == 0 or os.geteuid() == 0
    yield "user", "become root", partial(_went, os.setuid, 0)
    yield "user", "have capabilities", libc.has_capabilities
    for limit in (resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        yield (
            "limits",
            f"exceed limit {limit}",
            partial(_endless, limit),
        )
    yield "limits", "have more processes than its limit, as root", lambda: os.getuid() == 0
    yield "disk", "fill the disk", lambda: _room() > disk
    yield "calls", "make namespaces", lambda: ctypes.CDLL(None).unshare(0) == 0
    yield "calls", "ask for a file of memory", _memory_file


def _went(attempt: Callable[..., object], *given: object) -> bool:
    attempt(*given)
    return True


def _endless(limit: int) -> bool:
    return resource.RLIM_INFINITY in resource.getrlimit(limit)


def _opened(path: str, flags: int) -> bool:
    os.close(os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK))
    return True


def _left(path: str) -> bool:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    os.unlink(path)
    return True


def _connected(family: int, kind: int, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, kind) as line:
        line.settimeout(PROBE_SECONDS)
        line.connect(address)
        if kind == socket.SOCK_DGRAM and family == socket.AF_INET:
            line.send(b"")
    return True


def _knocked(address: str) -> bool:
    """Whether the abstract socket is reachable; in another network namespace the connection is refused."""
    try:
        return _connected(socket.AF_UNIX, socket.SOCK_DGRAM, address)
    except ConnectionRefusedError:
        return False


def _room() -> int:
    here = os.statvfs(".")
    return here.f_blocks * here.f_frsize


def _memory_file() -> bool:
    os.close(os.memfd_create("probe"))
    return True
