"""How much memory processes hold, read from Linux's /proc; 0 on other systems and for a process that is gone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

# Anonymous and shared memory, swap and page tables: all memory that is not backed by a file.
HELD = ("RssAnon", "RssShmem", "VmSwap", "VmPTE")
SHARE = ("Pss_Anon", "Pss_Shmem", "SwapPss")


def held(pid: int) -> int:
    """Bytes of memory that a process holds, shared ones included."""
    return _kib(None, f"/proc/{pid}/status", HELD) << 10


class Tree:
    """The processes below this one. Create it before the namespaces, because the worker mounts a /proc that does not show us."""

    def __init__(self) -> None:
        self.root = os.getpid()
        self.proc: int | None = None
        with contextlib.suppress(OSError):
            self.proc = os.open("/proc", os.O_RDONLY)

    def exceeds(self, limit: int) -> bool:
        """Whether the processes together hold more than `limit` bytes."""
        if self.proc is None:
            return False
        rough = {pid: self._kib(pid, "status", HELD) for pid in self.below()}
        if sum(rough.values()) << 10 <= limit:
            return False
        # Pages shared by forks should count once, which requires looking at every page. If a process prevents that
        # (PR_SET_DUMPABLE), they are counted each time.
        exact = (min(most, self._kib(pid, "smaps_rollup", SHARE) or most) for pid, most in rough.items())
        return sum(exact) << 10 > limit

    def below(self) -> Iterator[int]:
        """The processes below the one that made this."""
        return self._below(self.root)

    def _below(self, pid: int) -> Iterator[int]:
        with contextlib.suppress(OSError):
            tasks = os.open(f"{pid}/task", os.O_RDONLY, dir_fd=self.proc)
            try:
                names = os.listdir(tasks)
            finally:
                os.close(tasks)
            for task in names:
                for child in _text(self.proc, f"{pid}/task/{task}/children").split():
                    yield int(child)
                    yield from self._below(int(child))

    def _kib(self, pid: int, file: str, names: tuple[str, ...]) -> int:
        return _kib(self.proc, f"{pid}/{file}", names)


def killed_by_machine() -> int:
    """How many processes Linux has killed for lack of memory since it booted, including those in containers."""
    lines = (line.split() for line in _text(None, "/proc/vmstat").splitlines())
    return sum(int(words[1]) for words in lines if words[0] == "oom_kill")


def _kib(folder: int | None, path: str, names: tuple[str, ...]) -> int:
    lines = (line.split() for line in _text(folder, path).splitlines())
    return sum(int(words[1]) for words in lines if len(words) == 3 and words[0].rstrip(":") in names)


def _text(folder: int | None, path: str) -> str:
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_RDONLY, dir_fd=folder)
        with open(file, encoding="ascii", errors="replace") as opened:
            return opened.read()
    return ""
