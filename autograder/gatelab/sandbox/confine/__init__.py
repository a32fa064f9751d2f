"""Confinement of a worker: what it must not be able to do, by whatever mechanism that is prevented.

A piece of protection can be provided by several mechanisms (`provided_pieces` in apply.py says which); the report
lists it as on or off. It counts as on if a mechanism provides it and no attempt from inside got through (probe.py).

    files      reading or changing anything outside the libraries and its own folder
    network    reaching another machine, or a service of the grader's user on this one
    processes  outliving the grading: every process that it started can be found and killed
    signals    signalling, tracing, slowing or limiting processes outside
    calls      system calls no homework needs: exec, ptrace, mount, io_uring, new sockets, modes and times of
               files, watching folders, shared memory without a file, namespaces, …
    limits     CPU time, memory (of each process; the warden watches all together), number of processes, file
               size, open files
    user       root's privileges: it is an ordinary user, without capabilities
    disk       filling the disk: its folder is a small in-memory file system of its own
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

PIECES = ("files", "network", "processes", "signals", "calls", "limits", "user", "disk")
# Without one of these a submission could read the tests, leave results behind or outlive its grading.
REQUIRED = ("files", "network", "processes", "signals", "limits", "user")
FLAG = "--accept-missing"
# An environment in which PyTorch finds no GPU. Everything is graded on the CPU; and if PyTorch has searched for a GPU
# before a fork, autograd and CUDA fail after it.
NO_GPU = dict.fromkeys(("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"), "")
# What a submission cannot do if a piece is on, and what it could do if it is off (SECURITY.md has the details).
CONSEQUENCES = {
    "files": ("read or change files outside its folder", "read the hidden suites and other submissions, and change files"),
    "network": ("reach another machine, or a service here", "send its inputs away and ask for answers"),
    "processes": ("outlive its grading", "leave a process behind that goes on after its grading"),
    "signals": ("signal, trace or limit a process outside", "stop or end the grader, so that work is reported as not graded"),
    "calls": ("make system calls no homework needs", "hold memory that is not counted, and reach more of the kernel"),
    "limits": ("use more than its limits", "use up the machine's memory or processes"),
    "user": ("have the rights of root", "do what root of this machine or container may"),
    "disk": ("fill the disk", "fill the disk of the temporary folder until its grading ends"),
}  # fmt: skip


class ProtectionMissing(Exception):
    """This machine cannot confine student code well enough; the message is one line with the way out.

    `missing`: the pieces that would have to be accepted as missing.
    """

    def __init__(self, message: str, missing: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


def pieces(names: Iterable[str]) -> tuple[str, ...]:
    """The pieces that somebody accepts as missing, without duplicates. Raises ValueError with one sentence."""
    if isinstance(names, str | bytes | bool) or not isinstance(names, Iterable):
        raise ValueError(
            f"{names!r}: name the pieces that may be missing, one by one: {', '.join(REQUIRED)}."
        )
    chosen = tuple(dict.fromkeys(names))
    for name in chosen:
        if name not in REQUIRED:
            raise ValueError(
                f"{name!r} is not a piece that may be accepted as missing; there are {', '.join(REQUIRED)}."
            )
    return chosen


def check(protection: Mapping[str, bool], accepted: Iterable[str] = (), lacks: Iterable[str] = ()) -> None:
    """Raise ProtectionMissing unless every required piece is on or was accepted as missing.

    `lacks`: the mechanisms that the machine does not have, in words.
    """
    missing = [piece for piece in REQUIRED if not protection.get(piece) and piece not in tuple(accepted)]
    if missing:
        why = "; ".join(lacks)
        flags = " ".join(f"{FLAG} {piece}" for piece in missing)
        raise ProtectionMissing(
            f"This machine cannot confine student code (missing: {', '.join(missing)}). "
            + (f"{why[:1].upper()}{why[1:]}. " if why else "")
            + f"SECURITY.md says what provides each piece; add {flags} if you trust every submission.",
            missing,
        )
