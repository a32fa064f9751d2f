"""A table of what people gave (`marks.csv`, `corrections.csv`) on disk: read whole or not at all, every version of it kept."""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from gatelab.classrun.durable import write
from gatelab.classrun.earlier import Earlier
from gatelab.handed_out.lists import listed
from gatelab.limits import EDITS_SHOWN, TABLE_LIMIT
from gatelab.report.by_hand.marks import MarksError
from gatelab.text import to_bytes


class LedgerTable(Protocol):
    """What such a table holds."""

    def __len__(self) -> int: ...

    def text(self) -> str: ...


K = TypeVar("K", bound=LedgerTable)


class Unreadable(MarksError):
    """A table on disk cannot be read; `path` says which."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class Ledger(Generic[K]):
    """`parse` makes the table of bytes and raises MarksError; `put_back(table, older)` enters what only the older one has, and
    names it."""

    def __init__(
        self,
        path: Path,
        earlier: Earlier,
        empty: Callable[[], K],
        parse: Callable[[bytes], K],
        put_back: Callable[[K, K], list[str]],
    ) -> None:
        self.path, self.kind, self.earlier = path, path.stem, earlier
        self.empty, self.parse, self._join = empty, parse, put_back
        self.found = False  # whether there was a table at the last `load`, or a copy of one

    def load(self, notes: list[str]) -> K:
        """The table or, if it was removed, its newest complete copy. Raises Unreadable, OSError."""
        copies = self.earlier.all(self.kind)
        raw = file_bytes(self.path)
        self.found = raw is not None or bool(copies)
        if raw is not None:
            try:
                table = self.parse(raw)
            except MarksError as error:
                back = f"copy {copies[0]} over it" if copies else "fix it or remove it"
                raise Unreadable(self.path, f"{error}; {back} and run the command again.") from error
            self._put_back(table, copies, notes)
            return table
        for copy in copies:
            with suppress(MarksError):
                table = self.parse(copy.read_bytes())
                notes.append(f"{self.path}: was removed; it is written again from {copy}.")
                return table
        return self.empty()

    def keep(self, table: K) -> None:
        """Put the table on disk. Raises OSError."""
        text = table.text()
        was = file_bytes(self.path)
        if (was is not None or len(table)) and was != to_bytes(text):
            if was is not None:
                self.earlier.keep(self.kind, was)  # somebody may have changed it by hand
            self.earlier.keep(self.kind, to_bytes(text))
            write(self.path, text, lasting=True)

    def _put_back(self, table: K, copies: list[Path], notes: list[str]) -> None:
        """A row missing from the table withdraws nothing: it may have been cut off, or lost in a merge."""
        for copy in copies[:1]:
            with suppress(MarksError):
                gone = self._join(table, self.parse(copy.read_bytes()))
                if gone:
                    notes.append(
                        f"{self.path}: lacked the {self.kind} {listed(gone, EDITS_SHOWN)}; they are put back from {copy}. "
                        "Write - into a cell of grades.csv to withdraw one."
                    )


def file_bytes(path: Path) -> bytes | None:
    """The file's content, None without a file. Raises MarksError when it cannot be read."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable(path, "is a folder and not a table; remove it and run the command again.")
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(path, "is not an ordinary file; remove it and run the command again.")
        if status.st_size > TABLE_LIMIT:
            raise Unreadable(
                path, f"is larger than {TABLE_LIMIT >> 20} MiB; remove it and run the command again."
            )
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        why = f"cannot be read ({error.strerror}), and the marks in it would be lost; fix its permissions."
        raise Unreadable(path, why) from error
