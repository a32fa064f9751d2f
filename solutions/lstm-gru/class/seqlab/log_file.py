# Written by gatelab build from autograder/gatelab/handed_out/log_file.py; change it there.
"""otter keeps a log beside the notebook. Where it cannot be written, that is one sentence and not the end of the set-up, and checks run all the same."""

from __future__ import annotations

import os
import sys
from typing import Any


def install() -> None:
    """From now on otter goes on without its log. Does nothing where otter is not loaded, or has changed."""
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
                told.append(_sentence(os.path.dirname(os.path.abspath(filename)), reason))
                print(told[0])

    vars(written)["instead_of"] = write
    entry.flush_to_file = written


def _sentence(folder: str, reason: OSError) -> str:
    return (
        f"Note: nothing can be written in {folder} ({reason.strerror}), so your work may not be saved there. "
        "Copy the folder to a place of your own, with room, and open the notebook in it."
    )
