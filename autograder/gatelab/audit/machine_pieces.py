"""The confinement of a worker on this machine, piece by piece, and what each piece means."""

from __future__ import annotations

import ctypes.util
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from gatelab.audit.machine import Finding
from gatelab.jsonline import decode
from gatelab.limits import TRIAL_SECONDS
from gatelab.sandbox.confine import CONSEQUENCES, FLAG, PIECES, REQUIRED

SECCOMP = "apt-get install libseccomp2 (Debian, Ubuntu), dnf install libseccomp (Fedora), or conda install libseccomp"


def trial() -> dict[str, Any]:
    """What a real worker reports (sandbox/trial_worker.py); {"problem": …} if none can be started."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "gatelab.sandbox.trial_worker"],
            capture_output=True, text=True, timeout=TRIAL_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"problem": f"it did not start within {TRIAL_SECONDS:g} s"}
    except OSError as error:
        return {"problem": f"no process can be started ({error.strerror})"}
    try:
        return decode(done.stdout.strip().splitlines()[-1].encode())
    except (IndexError, ValueError):
        lines = done.stderr.strip().splitlines()
        return {"problem": lines[-1] if lines else f"it ended with status {done.returncode}"}


def library() -> Finding:
    """Whether libseccomp is installed, which two pieces depend on."""
    found = ctypes.util.find_library("seccomp")
    if sys.platform != "linux":
        return Finding("libseccomp", "exists only on Linux; nothing to install here")
    try:
        import pyseccomp  # noqa: F401  (only this finds conda's)
    except (ImportError, OSError, RuntimeError, AttributeError):
        return Finding("libseccomp", "not found", SECCOMP)
    return Finding("libseccomp", found or "found")


def confinement(found: Mapping[str, Any]) -> Iterator[Finding]:
    """One finding per piece, and what the machine lacks. `found` is what `trial` returned."""
    if problem := found.get("problem"):
        yield Finding(
            "confinement", f"no worker could be started: {problem}",
            "fix what is named above; until then gatelab grade reports the same and grades nothing",
        )  # fmt: skip
        return
    on, lacks = found["protection"], found["lacks"]
    why = f" (the machine lacks: {'; '.join(lacks)})" if lacks else ""
    for piece in PIECES:
        cannot, could = CONSEQUENCES[piece]
        if on.get(piece):
            yield Finding(piece, f"on: a submission cannot {cannot}")
        elif piece in REQUIRED:
            yield Finding(
                piece, f"OFF: a submission could {could}{why}",
                f"nothing is graded here without it: see SECURITY.md for what provides it, or add {FLAG} {piece} if "
                "you trust every submission",
            )  # fmt: skip
        else:
            do = SECCOMP if piece == "calls" else ""
            yield Finding(piece, f"off, and not required: a submission could {could}{why}", do)
