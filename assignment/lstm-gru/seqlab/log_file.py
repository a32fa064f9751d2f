# Written by gatelab build from autograder/gatelab/handed_out/log_file.py; change it there.
"""otter keeps a log beside the notebook. A log that cannot be written costs one sentence: the set-up goes on, and the checks run all the same."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any


def install() -> None:
    """From now on otter goes on without its log. Does nothing if otter is not loaded or has changed."""
    entry: Any = getattr(sys.modules.get("otter.check.logs"), "LogEntry", None)
    write = getattr(entry, "flush_to_file", None)
    if write is None or hasattr(write, "instead_of"):
        return
    told: list[str] = []

    def written(self: Any, filename: str) -> None:
        try:
            write(self, filename)
        except Exception as error:
            reason = error.__context__
            if not isinstance(reason, OSError):  # otter takes any of them for a read-only disk
                raise
            if not told:
                told.append(_sentence(_whole(filename), reason))
                print(told[0])

    vars(written)["instead_of"] = write
    entry.flush_to_file = written


def _whole(filename: str) -> str:
    try:
        return os.path.abspath(filename)
    except OSError:  # the folder was deleted
        return filename


def _sentence(log: str, reason: OSError) -> str:
    folder = os.path.dirname(log) or os.curdir
    if obstacle := _obstacle(folder):
        return (
            f"Note: nothing can be written in {folder} ({_why(obstacle)}), so your work may not be saved there. "
            "Copy the folder to a place of your own, with room, and open the notebook in it."
        )
    return f"Note: otter cannot write its log {log} ({_why(reason)}). The checks run without it."


def _obstacle(folder: str) -> OSError | None:
    """What prevents a new file in a folder; None if nothing does. (A full disk may still take an empty one.)"""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
    except OSError as error:
        return error
    return None


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
