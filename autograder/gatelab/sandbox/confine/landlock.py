"""Landlock: which files a process may open, and whom it may connect to or signal. How much of this works depends on the kernel.

Level 1 (Linux 5.13) covers files, 3 (6.2) also their truncation, 4 (6.7) TCP, 6 (6.12) signals and abstract sockets,
9 Unix sockets with a path.
"""

from __future__ import annotations

import os
import types
from collections.abc import Iterable

FILES, SIGNALS, SOCKETS = 1, 6, 9  # the lowest level that controls each


def restrict(folder: str, readable: Iterable[str], most: int) -> tuple[int, str]:
    """Confine this process to reading `readable` and to its own `folder`, with rules of at most level `most`.

    Returns the level of the rules now in force and, if it is 0, the reason.
    """
    if most < FILES:
        return 0, "Landlock is not used"
    try:
        import landlockpy
    except (ImportError, OSError):
        return 0, "landlockpy is not installed"
    level = min(landlockpy.abi_version(), most)
    if level < FILES:
        return 0, "the kernel has no Landlock (Linux 5.13 or newer, with landlock among its security modules)"
    try:
        _restrict(landlockpy, level, folder, readable)
    except (OSError, AttributeError) as error:
        return 0, f"Landlock is refused ({error})"
    return level, ""


def _restrict(landlockpy: types.ModuleType, level: int, folder: str, readable: Iterable[str]) -> None:
    fs = landlockpy.AccessFS
    read = fs.READ_FILE | fs.READ_DIR
    own = (
        read | fs.WRITE_FILE | fs.TRUNCATE | fs.MAKE_REG | fs.MAKE_DIR | fs.REMOVE_FILE | fs.REMOVE_DIR | fs.MAKE_SYM
        | fs.REFER
    )  # fmt: skip
    with landlockpy.Ruleset(
        handled_fs=landlockpy.fs_for_abi(level),
        handled_net=landlockpy.net_for_abi(level),
        scoped=landlockpy.scope_for_abi(level),
    ) as rules:
        for path in readable:
            rights = read if os.path.isdir(path) else fs.READ_FILE
            if path == "/dev/null":
                rights |= fs.WRITE_FILE
            rules.allow_path(path, rights)
        rules.allow_path(folder, own)
        rules.restrict()
