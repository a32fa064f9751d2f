"""Writes files in the output folder: whole or not at all, and flushed to disk where they must survive a power failure."""

from __future__ import annotations

import os
from pathlib import Path

from gatelab.folders import drafted, replacing
from gatelab.text import to_bytes


def write(path: Path, text: str, lasting: bool = False) -> None:
    """Write a file whole or not at all; a `lasting` one is on disk, whatever happens next, when this returns.

    Where somebody made the file a link, the link stays and what it leads to is replaced.
    """
    # A draft beside the file that a link leads to is outside the output folder, where no later command would remove it after a kill.
    with replacing(path) if path.is_symlink() else drafted(path) as draft:
        to_disk(draft, to_bytes(text)) if lasting else draft.write_bytes(to_bytes(text))
    if lasting:
        sync(Path(os.path.realpath(path)).parent)


def to_disk(path: Path, data: bytes) -> None:
    """Write a file and flush it: when this returns it is on disk."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Flush a folder's entries to disk, if the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
