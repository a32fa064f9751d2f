"""Attempts from inside: before any student code is loaded, a confined process tries everything that it must not be able to do.

The targets are landmarks that the fork server creates next to its workers (`create_landmarks`): a world-readable
file, a socket, its own process. If an attempt gets through, it is reported and its piece counts as off, whatever was set up.
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
BLOCKED = {
    errno.EPERM,
    errno.EACCES,
    errno.ENETUNREACH,
    errno.ENETDOWN,
    errno.EADDRNOTAVAIL,
    errno.EAFNOSUPPORT,
}
OUTSIDE = ("/etc/passwd", "/proc/1/environ", "/proc/self/environ")
WRITABLE = ("/tmp", "/var/tmp", "/dev/shm")


def create_landmarks(landmarks: str, library: str) -> list[socket.socket]:
    """Create the landmarks, in a folder that other users can pass through. They exist for as long as the returned sockets."""
    for folder in (landmarks, library):
        Path(folder, CANARY).write_text("nobody should find this\n", encoding="ascii")
    doors = []
    for address in (os.path.join(landmarks, DOOR), "\0" + landmarks):
        with contextlib.suppress(OSError):
            door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            doors.append(door)
            door.bind(address)
    return doors


def escapes(landmarks: str, library: str, outside: tuple[int, ...], disk: int) -> dict[str, list[str]]:
    """Piece → the attempts that got through. `outside`: processes outside the worker. Leaves nothing behind."""
    found: dict[str, list[str]] = {}
    for piece, name, attempt in _attempts(landmarks, library, outside, disk):
        try:
            through = attempt()
        except OSError as error:
            through = piece == "network" and error.errno not in BLOCKED
        if through:
            found.setdefault(piece, []).append(name)
    return found


EscapeTry = tuple[str, str, Callable[[], bool]]


def _attempts(landmarks: str, library: str, outside: tuple[int, ...], disk: int) -> Iterator[EscapeTry]:
    """Piece, description and attempt. An attempt returns True if it got through, and may raise OSError if it did not."""
    canary, library_canary, door = f"{landmarks}/{CANARY}", f"{library}/{CANARY}", f"{landmarks}/{DOOR}"
    own = f"gatelab-probe-{os.getpid()}"
    for path in (canary, *OUTSIDE):
        yield "files", f"read {path}", partial(_can_open, path, os.O_RDONLY)
    yield "files", "list /", lambda: bool(os.listdir("/"))
    yield "files", "write a file of the grader", lambda: _can_open(canary, os.O_WRONLY)
    for path in (canary, library_canary):
        yield "files", f"truncate {path}", partial(_succeeds, os.truncate, path, 0)
        yield (
            "files",
            f"empty {path} by opening it",
            partial(_can_open, path, os.O_RDONLY | os.O_TRUNC),
        )
        yield "files", f"change the mode of {path}", partial(_succeeds, os.chmod, path, 0o644)
        yield "files", f"change the times of {path}", partial(_succeeds, os.utime, path)
    for folder in (landmarks, library, *WRITABLE):
        yield "files", f"leave a file in {folder}", partial(_can_create, f"{folder}/{own}")
    yield (
        "network",
        "connect by TCP",
        lambda: _can_connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 9)),
    )
    yield (
        "network",
        "connect by UDP",
        lambda: _can_connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 9)),
    )
    yield (
        "network",
        "connect to a socket of the grader",
        lambda: _can_connect(socket.AF_UNIX, socket.SOCK_DGRAM, door),
    )
    yield "network", "connect to a socket without a file", lambda: _can_connect_abstract("\0" + landmarks)
    for pid in outside:
        if pid not in (0, os.getpid()):
            yield "signals", f"signal process {pid}", partial(_succeeds, os.kill, pid, 0)
    yield "user", "be root", lambda: os.getuid() == 0 or os.geteuid() == 0
    yield "user", "become root", partial(_succeeds, os.setuid, 0)
    yield "user", "have capabilities", libc.has_capabilities
    for limit in (resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        yield (
            "limits",
            f"exceed limit {limit}",
            partial(_is_unlimited, limit),
        )
    yield "limits", "have more processes than its limit, as root", lambda: os.getuid() == 0
    yield "disk", "fill the disk", lambda: _disk_size() > disk
    yield "calls", "make namespaces", lambda: ctypes.CDLL(None).unshare(0) == 0
    yield "calls", "create a file in memory", _can_make_memory_file


def _succeeds(attempt: Callable[..., object], *given: object) -> bool:
    attempt(*given)
    return True


def _is_unlimited(limit: int) -> bool:
    return resource.RLIM_INFINITY in resource.getrlimit(limit)


def _can_open(path: str, flags: int) -> bool:
    os.close(os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK))
    return True


def _can_create(path: str) -> bool:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    os.unlink(path)
    return True


def _can_connect(family: int, kind: int, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, kind) as line:
        line.settimeout(PROBE_SECONDS)
        line.connect(address)
        if kind == socket.SOCK_DGRAM and family == socket.AF_INET:
            line.send(b"")
    return True


def _can_connect_abstract(address: str) -> bool:
    """Whether the abstract socket is reachable; in another network namespace the connection is refused."""
    try:
        return _can_connect(socket.AF_UNIX, socket.SOCK_DGRAM, address)
    except ConnectionRefusedError:
        return False


def _disk_size() -> int:
    here = os.statvfs(".")
    return here.f_blocks * here.f_frsize


def _can_make_memory_file() -> bool:
    os.close(os.memfd_create("probe"))
    return True
