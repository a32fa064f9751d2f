"""The process in which a .7z or .tar is opened: `python -I archive_child.py ARCHIVE INTO LIMITS` (archives.py starts it).

The libraries for these formats trust the sizes that a file states, and much of them is written in C. So they run where
memory, time and files are limited, and where a crash ends nothing else. No name in the archive becomes a path: the wanted
files go to INTO, numbered, and the names are printed as JSON.
"""

from __future__ import annotations

import errno
import json
import re
import resource
import shutil
import sys
import tarfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from py7zr import WriterFactory

LONGEST = 4000  # characters to show of a name: its beginning and its end
Z_MEM_ERROR = -4  # zlib.h
LETTERS = 400  # characters of all names together, times the allowed number of members; the same for a zip

Member = tuple[str, str, int, float, int | None]  # name, kind, size, seconds since 1970, number in INTO


class Refused(Exception):
    """The archive exceeds a limit or is locked; `args` name the limit."""


class Book:
    """What was found so far. `limits`: entries, total, file (bytes), wanted (a pattern of names)."""

    def __init__(self, into: Path, limits: dict[str, Any]) -> None:
        self.into, self.limits = into, limits
        self.members: list[Member] = []
        self.total = self.taken = self.letters = 0

    def enter(self, name: str, kind: str, size: int, saved: float) -> int | None:
        """Add a member; returns the number under which its bytes are wanted. Raises Refused."""
        self.total += max(size, 0)
        if len(self.members) >= self.limits["entries"]:
            raise Refused("entries")
        if self.total > self.limits["total"]:
            raise Refused("total")
        number = None
        if (
            kind == "file"
            and size <= self.limits["file"]
            and re.search(self.limits["wanted"], name, re.IGNORECASE)
        ):
            number, self.taken = self.taken, self.taken + 1
        if len(name) > LONGEST:
            name = name[: LONGEST // 2] + name[-LONGEST // 2 :]
        self.letters += len(name)
        if self.letters > self.limits["entries"] * LETTERS:
            raise Refused("names")
        self.members.append((name.encode("utf-8", "replace").decode(), kind, size, saved, number))
        return number


def of_tar(archive: str, book: Book) -> None:
    with tarfile.open(archive, "r|*") as opened:
        for info in opened:
            kind = _kind(folder=info.isdir(), link=info.issym() or info.islnk(), file=info.isreg())
            number = book.enter(info.name, kind, info.size, float(info.mtime))
            if number is not None and (stream := opened.extractfile(info)):
                with open(book.into / str(number), "wb") as file:
                    shutil.copyfileobj(stream, file)
            opened.members = []  # type: ignore[attr-defined]  # else a stream keeps them all


def of_7z(archive: str, book: Book) -> None:
    import py7zr

    # An open file is read by one thread, in the archive's own order.
    with open(archive, "rb") as file, py7zr.SevenZipFile(file) as opened:
        if opened.needs_password():
            raise Refused("encrypted")
        found = []
        for info in opened.list():
            kind = _kind(folder=info.is_directory, link=info.is_symlink, file=info.is_file)
            saved = info.creationtime.timestamp() if info.creationtime else 0.0
            number = book.enter(info.filename, kind, int(info.uncompressed or 0), saved)
            found.append((info.filename, number))
        wanted = {name for name, number in found if number is not None}
        if wanted:
            files = _files(book, _numbers(found, wanted))
            opened.extract(book.into, targets=list(wanted), factory=files)


def _kind(*, folder: bool, link: bool, file: bool) -> str:
    return "folder" if folder else "link" if link else "file" if file else "odd"


def _files(book: Book, numbers: dict[str, int]) -> WriterFactory:
    """Where py7zr writes what it unpacks. `numbers`: the path that it gives a wanted member → its number in INTO."""
    from py7zr import Py7zIO, WriterFactory

    class MemberFile(Py7zIO):
        """One unpacked file, with no more bytes than the archive stated."""

        def __init__(self, path: Path) -> None:
            self.file: BinaryIO = open(path, "w+b")  # noqa: SIM115 (this process ends soon)
            self.written = 0

        def write(self, data: bytes | bytearray) -> int:
            self.written += len(data)
            if self.written > book.limits["file"]:
                raise Refused("total")
            return self.file.write(data)

        def read(self, size: int | None = None) -> bytes:
            return self.file.read(-1 if size is None else size)

        def seek(self, offset: int, whence: int = 0) -> int:
            return self.file.seek(offset, whence)

        def flush(self) -> None:
            self.file.flush()

        def close(self) -> None:
            self.file.close()

        def size(self) -> int:
            return self.written

    class MemberFiles(WriterFactory):
        """py7zr asks for each file by the path that it would have, and never twice for the same one."""

        def create(self, filename: str) -> Py7zIO:
            place = PurePosixPath(Path(filename).as_posix()).relative_to(PurePosixPath(book.into.as_posix()))
            number = numbers.pop(str(place), None)
            return MemberFile(book.into / ("rest" if number is None else str(number)))

    return MemberFiles()


def _numbers(found: list[tuple[str, int | None]], wanted: set[str]) -> dict[str, int]:
    """The path that py7zr gives each wanted member, and its number. Of several members with the same name, links and folders
    included, it calls the second `lab.ipynb_0`, the third `lab.ipynb_1`."""
    count: Counter[str] = Counter()
    numbers: dict[str, int] = {}
    for name, number in found:
        if name in wanted:
            place = f"{name}_{count[name] - 1}" if count[name] else name
            count[name] += 1
            if number is not None:
                numbers.setdefault(str(PurePosixPath(place)), number)
    return numbers


def main(archive: str, into: str, limits: dict[str, Any]) -> dict[str, Any]:
    for what, most in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
    ):
        resource.setrlimit(what, (most, most))
    book = Book(Path(into), limits)
    try:
        of_7z(archive, book) if archive.lower().endswith(".7z") else of_tar(archive, book)
    except Refused as error:
        return {"refused": error.args[0]}
    except Exception as error:  # whatever the libraries raise for malformed bytes
        if _is_out_of_memory(error):
            return {"refused": "memory"}
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            return {"refused": "total"}
        # An OSError without a number is a decompressor's; EINVAL is an impossible position in the file.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            return {"refused": "machine", "errno": error.errno}
        locked = type(error).__name__ == "PasswordRequired"
        return {"refused": "encrypted" if locked else "damaged", "why": str(error)[:100]}
    return {"members": book.members}


def _is_out_of_memory(error: BaseException | None) -> bool:
    """Whether the error or one that it came from is a lack of memory: the libraries call any error of zlib damage."""
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        if isinstance(error, zlib.error) and str(error).startswith(f"Error {Z_MEM_ERROR} "):
            return True  # `Error -4 while decompressing data`: the number is nowhere else
        error = error.__cause__ or error.__context__
    return False


if __name__ == "__main__":
    json.dump(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])), sys.stdout)
