"""Finds what earlier runs left behind: fork servers without a command, temporary folders that nobody uses.

Both normally disappear by themselves, even if a command is killed; what remains was left by a crash of the machine or by a bug.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from gatelab.audit.machine import Finding
from gatelab.folders import remove
from gatelab.handed_out.lists import listed
from gatelab.limits import NAMES_SHOWN, UNUSED_SECONDS

SERVER = "gatelab.sandbox.worker.zygote"
PATTERNS = ("gatelab-*",)
IN_THE_KIT = (".gatelab-build-*",)
PLACES = ("/tmp", "/var/tmp")
# Processes, besides process 1, that adopt the children of a process that has ended; and programs that our commands run in.
REAPERS = ("init", "systemd", "tini", "dumb-init", "docker-init", "catatonit", "sh", "bash")
OURS = ("python", "gatelab", "otter", "nbgrader", "pytest")


def leftovers(kit: Path, processes: Path = Path("/proc")) -> Iterator[Finding]:
    """The findings on both. `kit`: the kit's folder, which builds use for temporary files."""
    stray = stray_servers(processes)
    yield Finding(
        "stray fork servers",
        f"{len(stray)}: {', '.join(map(str, stray))}" if stray else "none",
        f"kill {' '.join(map(str, stray))}" if stray else "",
    )
    folders = unused_folders(kit, processes)
    if not folders:
        yield Finding("left temporary folders", "none")
        return
    named = listed(map(str, folders), NAMES_SHOWN)
    yield Finding("left temporary folders", f"{len(folders)}: {named}", "gatelab doctor --tidy removes them")


def tidy(kit: Path, processes: Path = Path("/proc")) -> int:
    """Remove the folders that nobody uses; returns how many were removed."""
    found = unused_folders(kit, processes)
    for folder in found:
        remove(folder)
    return sum(not folder.exists() for folder in found)


def stray_servers(processes: Path = Path("/proc")) -> list[int]:
    """Fork servers of this user whose command is gone. (Forks of a server have the same command line; they are recognised by their parent, which is a server.)"""
    servers = {pid: parent for pid, parent, words in _processes(processes) if SERVER in words}
    return sorted(
        pid for pid, parent in servers.items() if parent not in servers and _is_reaper(processes, parent)
    )


def unused_folders(kit: Path, processes: Path = Path("/proc")) -> list[Path]:
    """Temporary folders of the kit that belong to this user, are not named by any process and have not changed for an hour."""
    places = dict.fromkeys([Path(tempfile.gettempdir()).resolve(), *map(Path, PLACES)])
    named = "\n".join(" ".join(words) for _, _, words in _processes(processes))
    with contextlib.suppress(OSError):  # a fork server keeps a socket in its folder
        named += (processes / "net" / "unix").read_text("utf-8", "replace")
    found = [path for place in places for path in _matching(place, PATTERNS)]
    found += _matching(kit, IN_THE_KIT)
    return sorted(path for path in found if path.name not in named and _is_old(path))


def _matching(place: Path, patterns: Iterable[str]) -> list[Path]:
    with contextlib.suppress(OSError):
        return [path for pattern in patterns for path in place.glob(pattern)]
    return []


def _is_old(path: Path) -> bool:
    try:
        seen = path.lstat()
        newest = max(
            [seen.st_mtime, *(entry.stat(follow_symlinks=False).st_mtime for entry in os.scandir(path))]
        )
    except OSError:
        return False
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid() and time.time() - newest > UNUSED_SECONDS


def _processes(folder: Path) -> list[tuple[int, int, list[str]]]:
    """PID, parent's PID and command line of each process of this user."""
    found = []
    for path in folder.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if path.stat().st_uid != os.getuid():
                continue
            words = (path / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            parent = int((path / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
            found.append((int(path.name), parent, words))
    return found


def _is_reaper(folder: Path, pid: int) -> bool:
    """Whether this parent did not start the fork server but adopted it. In a container the command itself may be process 1."""
    try:
        name = (folder / str(pid) / "comm").read_text("utf-8", "replace").strip()
        words = (folder / str(pid) / "cmdline").read_text("utf-8", "replace")
    except OSError:
        return True  # it has ended
    return (pid == 1 or name in REAPERS) and not any(word in words for word in OURS)
