"""`out/earlier/`: every marks table and grade table that was written, and every grade table that somebody edited.

    0001-grades-2026-11-22T10-15-03.csv    grades.csv as gatelab wrote it
    0002-edited-2026-11-22T11-40-51.xlsx   grades.csv as found, edited by somebody
    0003-marks-2026-11-22T11-40-51.csv     marks.csv as gatelab wrote it; the same for corrections.csv

The number gives the order. Nothing here is ever removed or overwritten.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from gatelab.classrun.durable import sync, to_disk

NAME = re.compile(r"(\d+)-(marks|corrections|grades|edited)-.*\.(?:csv|xlsx)")
RUN = "run-"  # and the time: a whole run, as it was before a regrading


class Earlier:
    """The folder with the earlier versions."""

    def __init__(self, out: Path) -> None:
        self.folder = Path(out) / "earlier"

    def all(self, kind: str) -> list[Path]:
        """The versions of a kind, newest first."""
        return [path for _, found, path in reversed(self._numbered()) if found == kind]

    def seen(self) -> bytes | None:
        """The table that somebody edited last, unless the kit has written one since. Raises OSError."""
        last = next((item for item in reversed(self._numbered()) if item[1] in ("grades", "edited")), None)
        return last[2].read_bytes() if last and last[1] == "edited" else None

    def keep(self, kind: str, data: bytes) -> Path:
        """The path under which these bytes are kept; a new file unless the newest of its kind has the same bytes. Raises OSError."""
        found = self.all(kind)
        if found and found[0].read_bytes() == data:
            return found[0]
        self.folder.mkdir(parents=True, exist_ok=True)
        ending = "xlsx" if data.startswith(b"PK\x03\x04") else "csv"
        number = max((number for number, _, _ in self._numbered()), default=0)
        stamp = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime())
        temporary = self.folder / f".writing-{os.getpid()}"
        try:
            to_disk(temporary, data)
            while True:
                number += 1
                path = self.folder / f"{number:04d}-{kind}-{stamp}.{ending}"
                try:
                    os.link(temporary, path)  # never over another file
                except FileExistsError:
                    continue
                except OSError:  # a file system without hard links
                    os.replace(temporary, path)
                sync(self.folder)
                return path
        finally:
            temporary.unlink(missing_ok=True)

    def _numbered(self) -> list[tuple[int, str, Path]]:
        try:
            paths = list(self.folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = [(match, path) for path in paths if (match := NAME.fullmatch(path.name)) and path.is_file()]
        return sorted((int(match[1]), match[2], path) for match, path in found)


def earlier_runs(out: Path) -> list[Path]:
    """The whole runs that a regrading replaced, oldest first."""
    try:
        return sorted(
            path for path in (out / "earlier").iterdir() if path.name.startswith(RUN) and path.is_dir()
        )
    except OSError:
        return []
