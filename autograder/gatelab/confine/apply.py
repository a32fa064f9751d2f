"""Put a process under confinement, piece by piece. Called in a fresh fork, before any student code.

`separate` is called by the warden and makes the namespaces; `confine` is called by the worker itself.
Each piece that the machine refuses is reported as off; the engine decides whether that will do.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import calls, libc

MIB = 1 << 20
USERS = range(61_000, 65_000)  # of these every worker has one to itself when the grader is root


@dataclass(frozen=True)
class Settings:
    """What a worker may use. Sizes in bytes, times in seconds."""

    folder: str  # its own, empty
    readable: tuple[str, ...] = ()  # beside the interpreter and the libraries
    uid: int = 65534  # used when the grader is root
    memory: int = 3 << 30  # of each process (then it is an error), and of all together (then they end)
    cpu_seconds: int = 700  # of each process; a question may allow less (questions.toml)
    processes: int = 32  # threads count too
    file_size: int = 16 * MIB
    disk: int = 64 * MIB
    open_files: int = 256


def separate() -> dict[str, bool]:
    """Leave the namespaces of the grader; the next fork is process 1 of its own."""
    on = {"processes": False, "_mounts": False, "_net": False}
    if sys.platform != "linux":
        return on
    root = os.geteuid() == 0
    uid, gid = os.geteuid(), os.getegid()
    with _tried():
        flags = libc.CLONE_NEWNS | libc.CLONE_NEWPID | libc.CLONE_NEWNET | libc.CLONE_NEWIPC
        libc.unshare(flags if root else flags | libc.CLONE_NEWUSER)
        if not root:
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"{uid} {uid} 1")
            _write("/proc/self/gid_map", f"{gid} {gid} 1")
        on["processes"] = on["_net"] = True
        libc.mount("none", "/", None, libc.MS_REC | libc.MS_PRIVATE)
        on["_mounts"] = True
    return on


def confine(settings: Settings, separated: dict[str, bool]) -> dict[str, bool]:
    """Confine this process for good. Returns which pieces of `gatelab.confine.PIECES` are on."""
    on = {"processes": separated["processes"]}
    if separated["_mounts"] and os.geteuid() == 0:
        _open_the_way(settings.uid, [*library_paths(), *settings.readable])
    on["disk"] = separated["_mounts"] and _private_folder(settings)
    os.chdir(settings.folder)
    os.environ.clear()
    os.environ.update(
        HOME=settings.folder, TMPDIR=settings.folder, PATH="/usr/bin:/bin", MPLBACKEND="Agg", LANG="C.UTF-8",
        OMP_NUM_THREADS="1", MPLCONFIGDIR=settings.folder,
    )  # fmt: skip
    on["limits"] = _limit(settings)
    on["user"] = _unprivileged(settings)
    files, net, scoped = _landlock(settings)
    on["files"] = files
    on["calls"] = calls.forbid()
    on["network"] = separated["_net"] or net or on["calls"]
    on["signals"] = on["processes"] or scoped
    return on


@contextlib.contextmanager
def _tried() -> Iterator[None]:
    """A piece that the machine refuses is off, which the report says; it is no error."""
    with contextlib.suppress(OSError, ValueError, ImportError, AttributeError):
        yield


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _open_the_way(uid: int, paths: list[str]) -> None:
    """Make the libraries reachable for the worker's user where they lie under a closed folder (an interpreter in a
    home with mode 0700): in the worker's own mount namespace, an empty folder that holds nothing else takes the
    closed one's place."""
    closed: dict[str, list[str]] = {}
    for path in paths:
        real = Path(path).resolve()
        ancestor = next((a for a in reversed(real.parents) if not a.stat().st_mode & 0o001), None)
        if ancestor is not None and uid != 0:
            closed.setdefault(str(ancestor), []).append(str(real))
    for ancestor, inside in closed.items():
        outermost = [p for p in inside if not any(p != q and p.startswith(q + "/") for q in inside)]
        with _tried():
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
    with _tried():
        owner = settings.uid if os.geteuid() == 0 else os.getuid()
        libc.mount(
            "tmpfs", settings.folder, "tmpfs", libc.MS_NOSUID | libc.MS_NODEV,
            f"size={settings.disk},nr_inodes=4096,mode=700,uid={owner}",
        )  # fmt: skip
        with _tried():  # an own /proc shows own processes only; Landlock keeps it unread all the same
            libc.mount("proc", "/proc", "proc", libc.MS_NOSUID | libc.MS_NODEV | libc.MS_NOEXEC)
        return True
    return False


def _limit(settings: Settings) -> bool:
    with _tried():  # when the machine runs out of memory, this is what the kernel takes first
        _write("/proc/self/oom_score_adj", "1000")
    limits = {
        # RLIMIT_AS cannot be used: torch maps far more than it touches.
        resource.RLIMIT_DATA: settings.memory,
        resource.RLIMIT_CPU: settings.cpu_seconds,
        resource.RLIMIT_NPROC: settings.processes,
        resource.RLIMIT_FSIZE: settings.file_size,
        resource.RLIMIT_NOFILE: settings.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(which, (value, value))
        except (OSError, ValueError):
            if which == resource.RLIMIT_DATA and sys.platform == "darwin":
                continue  # macOS knows no such limit
            return False
    return True


def _unprivileged(settings: Settings) -> bool:
    root = os.geteuid() == 0
    with _tried():
        if root:
            os.setgroups([])
            os.setresgid(settings.uid, settings.uid, settings.uid)
            os.setresuid(settings.uid, settings.uid, settings.uid)
        elif sys.platform == "linux":
            libc.drop_capabilities()
    if sys.platform == "linux":
        with _tried():
            if root:  # where it is not, the warden could not see any more how much memory forks share
                libc.prctl(libc.PR_SET_DUMPABLE, 0)
            libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
    return os.geteuid() != 0


def library_paths() -> tuple[str, ...]:
    """Where the interpreter and the libraries lie; what a worker may read beside its own folder."""
    paths = sysconfig.get_paths()
    found = [sys.base_prefix, paths["stdlib"], paths["purelib"], paths["platlib"], paths["data"] + "/lib"]
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


def _landlock(settings: Settings) -> tuple[bool, bool, bool]:
    """Returns whether files, TCP and signals are confined."""
    with _tried():
        import landlockpy
        from landlockpy import AccessFS, AccessNet, Scope

        read = AccessFS.READ_FILE | AccessFS.READ_DIR
        own = (
            read | AccessFS.WRITE_FILE | AccessFS.TRUNCATE | AccessFS.MAKE_REG | AccessFS.MAKE_DIR
            | AccessFS.REMOVE_FILE | AccessFS.REMOVE_DIR | AccessFS.MAKE_SYM | AccessFS.REFER
        )  # fmt: skip
        with landlockpy.Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL) as rules:
            for path in (*library_paths(), *settings.readable):
                rights = read if os.path.isdir(path) else AccessFS.READ_FILE
                if path == "/dev/null":
                    rights |= AccessFS.WRITE_FILE
                rules.allow_path(path, rights)
            rules.allow_path(settings.folder, own)
            rules.restrict()
            return True, bool(rules.handled_net & AccessNet.CONNECT_TCP), bool(rules.scoped & Scope.SIGNAL)
    return False, False, False
