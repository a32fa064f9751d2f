"""Confinement of a worker: each piece is tried, and the report names it as on or off.

Pieces and what they keep a submission from:

    files      reading or writing outside the libraries and its own folder (Landlock)
    network    reaching anything (network namespace, Landlock TCP, seccomp)
    processes  seeing, signalling or outliving other processes (PID and IPC namespace; killed as one)
    signals    signals and ptrace to processes outside (Landlock scope, seccomp)
    calls      system calls no homework needs: exec, ptrace, mount, io_uring, new sockets, modes and times of
               files, watching folders, shared memory without a file, namespaces, … (seccomp)
    limits     CPU time, memory (of each process, and the warden looks at all together), number of processes, file
               size, open files (resource limits)
    user       running as root (an unprivileged user per worker)
    disk       filling the disk (its folder is a small memory file system of its own)
"""

from __future__ import annotations

PIECES = ("files", "network", "processes", "signals", "calls", "limits", "user", "disk")
# Without one of these a submission could read the tests, leave results behind or outlive its grading.
REQUIRED = ("files", "network", "signals", "limits", "user")
FLAG = "--accept-missing-protection"


class ProtectionMissing(Exception):
    """This machine cannot confine student code well enough; the message is one line with the way out."""


def check(protection: dict[str, bool]) -> None:
    """Raise ProtectionMissing unless all that must be on is on."""
    missing = [piece for piece in REQUIRED if not protection.get(piece)]
    if not protection.get("processes") and not protection.get("calls"):
        missing.append("processes")
    if missing:
        raise ProtectionMissing(
            f"This machine cannot confine student code (missing: {', '.join(missing)}); grade on Linux 6.12 or "
            f"newer with Landlock, or say {FLAG} if you trust every submission."
        )
