"""One fork server for all engines of a test process, for test files that open one engine after another.

Starting it imports torch, about 3 s of CPU time, six times what the rest of a small class takes. It never contains anything of a lab
except its students' package, so engines of the same package may share it; suites, references and bank are read by an examiner, which
every engine still has for itself. How a fork server starts, is lost and ends is tested with separate fork servers
(engine/grading/test_engine.py, test_tidying.py, engine/classrun/test_faults_of_the_grader.py, test_killed_command.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from gatelab.sandbox.forkserver import ForkServer

_kept: dict[tuple[str, tuple[str, ...]], ForkServer] = {}


class Lent:
    """A fork server that keeps running when the engine that uses it ends."""

    def __init__(self, server: ForkServer) -> None:
        self.process, self.client = server.process, server.client
        self.folder, self.library = server.folder, server.library

    def close(self) -> None:
        """Does nothing, because other engines may still use it."""


def lend(package: Path | None, preload: Sequence[str] = ()) -> Lent:
    """The fork server with this package, as `ForkServer` would start it; a lost one is replaced."""
    key = _digest(package), tuple(preload)
    server = _kept.pop(key, None)
    if server is not None and (server.client.lost or server.process.poll() is not None):
        server.close()
        server = None
    _kept[key] = server or ForkServer(package, preload)  # the most recently used comes last
    return Lent(_kept[key])


def end(but: int = 0) -> None:
    """End all except the most recently used one, because each holds a torch in memory. No open engine may be using one of them."""
    while len(_kept) > but:
        _kept.pop(next(iter(_kept))).close()


def _digest(package: Path | None) -> str:
    if package is None or not package.is_dir():
        return ""
    found = hashlib.sha256(package.name.encode())
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(f"{path.relative_to(package)}\0".encode() + path.read_bytes())
    return found.hexdigest()
