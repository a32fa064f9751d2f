"""Confines a process, piece by piece. Called in a fresh fork, before any student code runs.

`separate` is called by the warden and makes the namespaces; `confine` is called by the worker itself.
What the machine refuses is skipped, and each piece is then reported as on or off; the engine decides whether that
is enough.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gatelab.limits import (
    OTHER_PROCESSES,
    WORKER_CPU,
    WORKER_DISK,
    WORKER_FILE,
    WORKER_MEMORY,
    WORKER_OPEN_FILES,
    WORKER_PROCESSES,
)
from gatelab.sandbox.confine import NO_GPU, PIECES, REQUIRED, calls, landlock, libc, probe

USERS = range(61_000, 65_000)  # each worker has one of these to itself if the grader is root


@dataclass(frozen=True)
class Settings:
    """What a worker may use. Sizes in bytes, times in seconds."""

    folder: str  # its own, empty
    readable: tuple[str, ...] = ()  # besides the interpreter and the libraries
    uid: int = 65534  # used if the grader is root
    memory: int = WORKER_MEMORY
    cpu_seconds: int = WORKER_CPU
    processes: int = WORKER_PROCESSES
    file_size: int = WORKER_FILE
    disk: int = WORKER_DISK
    open_files: int = WORKER_OPEN_FILES
    # Target folder of the attempts from inside, besides the first of `readable`; "": make none.
    landmarks: str = ""
    outside: tuple[int, ...] = ()  # processes outside the worker
    has_own_user: bool = False  # whether no other process runs as this user
    # For tests, to simulate a machine with fewer protections:
    landlock: int = 99  # the highest level to use
    without: tuple[str, ...] = ()  # "namespaces", "seccomp"


@dataclass(frozen=True)
class Separated:
    """Which of its namespaces a worker shares with nobody."""

    namespaces: bool = False  # processes, network, System V memory and mounts
    mounts: bool = False  # mounts that are not visible outside


def separate(without: tuple[str, ...] = ()) -> Separated:
    """Leave the grader's namespaces; the next fork becomes process 1 of a new PID namespace."""
    own = mounts = False
    if sys.platform != "linux" or "namespaces" in without:
        return Separated()
    root = os.geteuid() == 0
    uid, gid = os.geteuid(), os.getegid()
    with _unless_refused():
        flags = libc.CLONE_NEWNS | libc.CLONE_NEWPID | libc.CLONE_NEWNET | libc.CLONE_NEWIPC
        libc.unshare(flags if root else flags | libc.CLONE_NEWUSER)
        if not root:
            _write_text("/proc/self/setgroups", "deny")
            _write_text("/proc/self/uid_map", f"{uid} {uid} 1")
            _write_text("/proc/self/gid_map", f"{gid} {gid} 1")
        own = True
        libc.mount("none", "/", None, libc.MS_REC | libc.MS_PRIVATE)
        mounts = True
    return Separated(own, mounts)


def confine(settings: Settings, separated: Separated) -> tuple[dict[str, bool], list[str]]:
    """Confine this process for good.

    Returns which of `gatelab.sandbox.confine.PIECES` are on, and what the machine lacks, in words; what can be fixed comes
    first.
    """
    root = os.geteuid() == 0
    if separated.mounts and root:
        _make_reachable(settings.uid, [*library_paths(), *settings.readable])
    disk = separated.mounts and _private_folder(settings)
    os.chdir(settings.folder)
    os.environ.clear()
    os.environ.update(
        HOME=settings.folder, TMPDIR=settings.folder, PATH="/usr/bin:/bin", MPLBACKEND="Agg", LANG="C.UTF-8",
        OMP_NUM_THREADS="1", MPLCONFIGDIR=settings.folder, **NO_GPU,
    )  # fmt: skip
    limits = _limit(settings, counted_alone=root or separated.namespaces)
    user = _drop_privileges(settings)
    level, no_landlock = landlock.restrict(
        settings.folder, (*library_paths(), *settings.readable), settings.landlock
    )
    no_filter = "seccomp is not used" if "seccomp" in settings.without else calls.forbid()
    has_own_user = root and settings.has_own_user and os.getuid() == settings.uid
    given = provided_pieces(separated.namespaces, level, not no_filter, has_own_user)
    given |= {"limits": limits, "user": user, "disk": disk}
    through: dict[str, list[str]] = {}
    if settings.landmarks:
        through = probe.escapes(settings.landmarks, settings.readable[0], settings.outside, settings.disk)
    on = {piece: given[piece] and piece not in through for piece in PIECES}
    return on, [
        *explain_missing(given, on, no_filter, no_landlock, separated.namespaces, level, has_own_user),
        *(
            f"{piece} is off because an attempt got through: {', '.join(tries)}"
            for piece, tries in through.items()
            if given[piece]
        ),
    ]


def explain_missing(
    given: dict[str, bool],
    on: dict[str, bool],
    no_filter: str,
    no_landlock: str,
    namespaces: bool,
    level: int,
    has_own_user: bool,
) -> list[str]:
    """What the machine lacks, in words: each mechanism that would provide a missing piece, alone or together with others. If
    required pieces are off, only those count. Mechanisms that would not help are not named."""
    needed = set(PIECES) if all(on[piece] for piece in REQUIRED) else set(REQUIRED)

    def off(repaired: list[bool]) -> set[str]:
        filtered, landlocked, separate = repaired
        there = given | provided_pieces(
            namespaces or separate,
            max(level, landlock.SIGNALS) if landlocked else level,
            filtered or not no_filter,
            has_own_user,
        )
        there["disk"] = there["disk"] or separate
        return {piece for piece in needed if not there[piece]}

    reasons = (
        no_filter,
        no_landlock or f"the kernel's Landlock is of level {level}, signals take {landlock.SIGNALS}",
        "namespaces are refused",
    )
    found = []
    for k, why in enumerate(reasons):
        for others in itertools.product((False, True), repeat=2):
            if off([*others[:k], False, *others[k:]]) - off([*others[:k], True, *others[k:]]):
                found.append(why)
                break
    found += [] if given["user"] else ["the grader is root and may not become another user"]
    return found + ([] if given["limits"] else ["resource limits cannot be set"])


def provided_pieces(namespaces: bool, level: int, filtered: bool, has_own_user: bool) -> dict[str, bool]:
    """Which pieces these mechanisms provide. SECURITY.md says why.

    namespaces: own processes and network; level: of Landlock; filtered: only the system calls that homework
    needs; alone: a user that no other process has.
    """
    return {
        # Landlock controls opening; it leaves modes, times and (below level 3) truncation to the file's owner.
        "files": level >= landlock.FILES and (filtered or has_own_user),
        # A network namespace does not prevent access to Unix sockets with a path.
        "network": filtered or (namespaces and (has_own_user or level >= landlock.SOCKETS)),
        # A process that cannot leave its group, its user or its namespace can be found and ended.
        "processes": namespaces or filtered or has_own_user,
        # Landlock's scopes do not cover limits and priorities; the filter does.
        "signals": namespaces or has_own_user or (level >= landlock.SIGNALS and filtered),
        "calls": filtered,
    }


@contextlib.contextmanager
def _unless_refused() -> Iterator[None]:
    """Ignore the errors of a mechanism that the machine refuses; it is then reported as off."""
    with contextlib.suppress(OSError, ValueError, ImportError, AttributeError):
        yield


def _write_text(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _make_reachable(uid: int, paths: list[str]) -> None:
    """Let the worker's user reach the libraries if they are inside a closed folder (an interpreter in a home folder with
    mode 0700): in the worker's own mount namespace, the closed folder is replaced by one that holds nothing else."""
    closed: dict[str, list[str]] = {}
    for path in paths:
        real = Path(path).resolve()
        first = next((a for a in reversed(real.parents) if not a.stat().st_mode & 0o001), None)
        if first is not None and uid != 0:
            closed.setdefault(str(first), []).append(str(real))
    for ancestor, inside in closed.items():
        outermost = [p for p in inside if not any(p != q and p.startswith(q + "/") for q in inside)]
        with _unless_refused():
            held = {path: os.open(path, os.O_PATH) for path in dict.fromkeys(outermost)}
            libc.mount("tmpfs", ancestor, "tmpfs", libc.MS_NOSUID | libc.MS_NODEV, "size=1m,mode=755")
            for path, descriptor in held.items():
                if os.path.isdir(f"/proc/self/fd/{descriptor}"):
                    os.makedirs(path, 0o755)
                else:
                    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
                    os.close(os.open(path, os.O_CREAT, 0o644))
                libc.mount(f"/proc/self/fd/{descriptor}", path, None, libc.MS_BIND | libc.MS_REC)
                os.close(descriptor)


def _private_folder(settings: Settings) -> bool:
    with _unless_refused():
        owner = settings.uid if os.geteuid() == 0 else os.getuid()
        libc.mount(
            "tmpfs", settings.folder, "tmpfs", libc.MS_NOSUID | libc.MS_NODEV,
            f"size={settings.disk},nr_inodes=4096,mode=700,uid={owner}",
        )  # fmt: skip
        with (
            _unless_refused()
        ):  # its own /proc shows only its own processes; Landlock makes it unreadable anyway
            libc.mount("proc", "/proc", "proc", libc.MS_NOSUID | libc.MS_NODEV | libc.MS_NOEXEC)
        return True
    return False


def _limit(settings: Settings, counted_alone: bool) -> bool:
    """Set the resource limits. `counted_alone`: whether the worker has a user or a user namespace of its own."""
    with _unless_refused():  # if the machine runs out of memory, the kernel kills this first
        _write_text("/proc/self/oom_score_adj", "1000")
    limits = {
        # RLIMIT_AS cannot be used: torch maps far more than it touches.
        resource.RLIMIT_DATA: settings.memory,
        resource.RLIMIT_CPU: settings.cpu_seconds,
        resource.RLIMIT_NPROC: settings.processes + (0 if counted_alone else _other_processes()),
        resource.RLIMIT_FSIZE: settings.file_size,
        resource.RLIMIT_NOFILE: settings.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        # The hard limit is one second more, so that SIGXCPU comes first; it shows that CPU time was the reason (SIGKILL does not).
        most = value + 1 if which == resource.RLIMIT_CPU else value
        if hard != resource.RLIM_INFINITY:
            value, most = min(value, hard), min(most, hard)
        try:
            resource.setrlimit(which, (value, most))
        except (OSError, ValueError):
            if which == resource.RLIMIT_DATA and sys.platform == "darwin":
                continue  # macOS has no such limit
            return False
    return True


def _other_processes() -> int:
    """The number of this user's processes, plus a reserve: Linux counts all processes of a user together."""
    count = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError, ValueError):
            fields = dict(
                line.split(":", 1)
                for line in status.read_text("ascii", "replace").splitlines()
                if ":" in line
            )
            if int(fields["Uid"].split()[0]) == os.getuid():
                count += int(fields["Threads"])
    return count + OTHER_PROCESSES


def _drop_privileges(settings: Settings) -> bool:
    root = os.geteuid() == 0
    with _unless_refused():
        if root:
            libc.drop_bounds()
            os.setgroups([])
            os.setresgid(settings.uid, settings.uid, settings.uid)
            os.setresuid(settings.uid, settings.uid, settings.uid)
        elif sys.platform == "linux":
            libc.drop_capabilities()
    if sys.platform == "linux":
        with _unless_refused():
            if root:  # otherwise the warden could no longer see how much memory forks share
                libc.prctl(libc.PR_SET_DUMPABLE, 0)
            libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
            libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)  # without the warden, nobody would end it
    return os.geteuid() != 0


def library_paths() -> tuple[str, ...]:
    """Where the interpreter and the libraries are; what a worker may read besides its own folder."""
    paths = sysconfig.get_paths()
    found = [sys.base_prefix, paths["stdlib"], paths["purelib"], paths["platlib"], paths["data"] + "/lib"]
    # Packages of another environment that this one refers to.
    found += [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    system = [
        "/usr/lib",
        "/usr/lib64",
        "/usr/share",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/etc/fonts",
        "/etc/localtime",
    ]
    devices = ["/dev/null", "/dev/urandom", "/dev/random"]
    return tuple(dict.fromkeys(path for path in [*found, *system, *devices] if os.path.exists(path)))
