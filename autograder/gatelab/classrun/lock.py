"""One command at a time in an output folder: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from gatelab.classrun.store import StoreError
from gatelab.folders import not_writable, remove
from gatelab.limits import LOCK_AGAIN_SECONDS
from gatelab.text import visible

LOCK = ".lock"
HELD = (errno.EWOULDBLOCK, errno.EACCES)
# Names that folders.py (drafted), earlier.py and regrade.py give to unfinished files; the number is their process ID.
UNFINISHED = re.compile(r"\.writing-(\d+)(?:-[0-9a-f]+)?|\.run-.*-(\d+)")


@contextlib.contextmanager
def locked(out: Path) -> Iterator[None]:
    """Lock the folder `out`, which is created if it is missing. Raises StoreError if another command holds it, or if it cannot be
    created.

    The folder itself is locked (flock), so that nothing is left behind; where a network file system cannot lock folders, a file in it
    is. No child process inherits the lock.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StoreError(not_writable(out, error)) from error
    with contextlib.ExitStack() as held:
        held.callback(os.close, folder)
        if not _lock(folder, out):
            with contextlib.suppress(OSError):  # otherwise a file system without locks
                file = os.open(out / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
                held.callback(os.close, file)
                _lock(file, out)
        _sweep(out)
        yield


def at_work(out: Path) -> list[str]:
    """A sentence for who reads this folder, if another command is at work there; none otherwise. The caller holds no lock itself."""
    # A pipe of either name is not waited for.
    for path, kind in ((out, os.O_DIRECTORY), (out / LOCK, os.O_NONBLOCK)):
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            descriptor = os.open(path, os.O_RDONLY | kind)
            held.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in HELD:
                    return [
                        f"{visible(str(out))}: another gatelab command is at work in this folder; the results here are those from before it."
                    ]
    return []


def _sweep(out: Path) -> None:
    """Remove the unfinished files of commands that were killed."""
    for folder in (out, out / "reports", out / "feedback", out / "earlier"):
        with contextlib.suppress(OSError):
            for path in folder.iterdir():
                found = UNFINISHED.fullmatch(path.name)
                if found and not _is_running(int(found[1] or found[2])):
                    remove(path) if path.is_dir() else path.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    """Whether there is such a process: `gatelab export` writes here too, and takes no lock."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


def _lock(descriptor: int, out: Path) -> bool:
    """Whether it is locked now; False if it cannot be. Raises StoreError if somebody else holds it."""
    for is_last in (False, True):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError as error:
            if error.errno not in HELD:
                return False
            if is_last:
                raise StoreError(
                    f"{out}: another gatelab command is at work in this folder; wait until it has ended, or choose another -o."
                ) from error
            time.sleep(LOCK_AGAIN_SECONDS)
    return False
