"""Lists archives (.zip, .tar, .tar.gz, .tgz, .tar.bz2 and .7z) and extracts selected files.

No name in an archive ever becomes a path, links and devices are not followed, an archive inside another is an ordinary
file, and nothing is read beyond the limits: the sizes that an archive states are checked first, and the extracted bytes
are counted while they are read.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from gatelab.faults import GraderFault
from gatelab.limits import (
    ARCHIVE_DEPTH,
    ARCHIVE_SECONDS,
    CLASS_ARCHIVE_DEPTH,
    COPIED_AT_ONCE,
    LIBRARY_WORDS,
    STUDENTS,
    Archive,
)
from gatelab.submission.archive_child import LETTERS
from gatelab.text import brief, inner_path, visible

KINDS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".7z")
CHILD = Path(__file__).with_name("archive_child.py")


class ArchiveError(Exception):
    """The archive cannot be opened, or not completely; the message continues "it is an archive ": "with a password"."""


@dataclass(frozen=True)
class Member:
    """A file, link or other member of an archive. `place` is only a label: it has no `..` and is not absolute."""

    place: PurePosixPath
    kind: str  # "file", "link" or "odd"
    size: int
    saved: float  # seconds since 1970
    copy: Path | None = None  # its content, if it was wanted and is not too large


def is_archive(name: str) -> bool:
    """Whether a file is an archive that can be opened, by its name."""
    return name.lower().endswith(KINDS)


def members(archive: Path, into: Path, wanted: re.Pattern[str], limits: Archive = STUDENTS) -> list[Member]:
    """What is in an archive, in the archive's order; files whose names match are copied into the folder `into`, numbered.

    Raises ArchiveError, GraderFault (if the machine is at fault), OSError.
    """
    size = archive.stat().st_size
    if size > limits.packed:
        raise ArchiveError(f"of more than {limits.packed >> 20} MiB")
    if archive.name.lower().endswith(".zip"):
        return list(_of_zip(archive, into, wanted, limits))
    return _of_child(archive, into, wanted, limits)


# --- zip -------------------------------------------------------------------------------------------------------------


def _of_zip(archive: Path, into: Path, wanted: re.Pattern[str], limits: Archive) -> Iterator[Member]:
    with _damage_named():
        if entries_of_zip(archive) > limits.entries:  # before zipfile makes an object for each
            raise ArchiveError(_too_many(limits))
        opened = zipfile.ZipFile(archive)
    left, taken = limits.total, 0
    with opened:
        infos = opened.infolist()
        if len(infos) > limits.entries:
            raise ArchiveError(_too_many(limits))
        if sum(info.file_size for info in infos) > limits.total:
            raise ArchiveError(_too_large(limits))
        for info in infos:
            kind = _kind_of_zip(info)
            if kind == "folder":
                continue
            place, copy, size = _place(info.filename, limits), None, info.file_size
            if kind == "file" and wanted.search(place.name) and size <= limits.file:
                if info.flag_bits & 1:
                    raise ArchiveError("with a password")
                copy, taken = into / str(taken), taken + 1
                size = _copy(opened, info, copy, min(left, limits.file), limits.whole)
                left -= size
                if left < 0:
                    raise ArchiveError(_too_large(limits))
                copy = copy if size <= limits.file else None
            yield Member(place, kind, size, saved_at(info), copy)


def entries_of_zip(archive: Path | io.BytesIO) -> int:
    """The number of members that a zip states, read without making an object for each; a larger number if its list is longer
    than that many names can need. Raises ArchiveError if it is not a zip."""
    with open(archive, "rb") if isinstance(archive, Path) else nullcontext(archive) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - (1 << 16) - 22 - 20))
        tail = file.read()
        at = tail.rfind(b"PK\5\6")
        if at < 0 or len(tail) < at + 22:
            raise ArchiveError("that is damaged (it is not a zip file)")
        count: int
        length: int
        count, length = struct.unpack_from("<HI", tail, at + 10)
        if (count == 0xFFFF or length == 0xFFFFFFFF) and tail[at - 20 : at - 16] == b"PK\6\7":
            (where,) = struct.unpack_from("<Q", tail, at - 12)
            file.seek(min(where, size))
            record = file.read(56)
            if len(record) == 56:
                count, length = struct.unpack_from("<QQ", record, 32)
    # A list that is much longer than the stated number of names needs holds more of them.
    return max(count, length // LETTERS)


def _kind_of_zip(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 28 if info.create_system == 3 else 0  # on Unix: the kind of file
    if info.filename.endswith("/") or mode == 0o04:
        return "folder"
    return "link" if mode == 0o12 else "file" if mode in (0, 0o10) else "odd"


def _copy(opened: zipfile.ZipFile, info: zipfile.ZipInfo, to: Path, most: int, whole: bool) -> int:
    """Copy a member out, up to the limit; returns the number of bytes read. A damaged one is left empty, or is an error."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError("in a compression that only some programs know")
    seen = 0
    with open(to, "wb") as file:
        try:
            with opened.open(info) as stream:
                while seen <= most and (piece := stream.read(min(COPIED_AT_ONCE, most + 1 - seen))):
                    seen += len(piece)
                    file.write(piece)
        except (MemoryError, ArchiveError):
            raise
        except Exception as error:  # zipfile raises a dozen kinds for malformed bytes
            if _is_machines(error):
                raise
            if whole:
                raise ArchiveError(f"that is damaged (at {brief(info.filename)})") from error
            file.seek(0)
            file.truncate()  # complete files are preferred to an empty one; if it is the only one, grading it says so
            return 0
    return seen


def saved_at(info: zipfile.ZipInfo) -> float:
    """When a member of a zip was saved, in seconds since 1970; 0 where it says no date that there is."""
    try:
        return datetime(*info.date_time).timestamp()
    except (ValueError, OverflowError):  # month 0, as some archivers write it
        return 0.0


# --- tar and 7z ------------------------------------------------------------------------------------------------------


def _of_child(archive: Path, into: Path, wanted: re.Pattern[str], limits: Archive) -> list[Member]:
    request = {
        "entries": limits.entries, "total": limits.total, "file": limits.file, "wanted": wanted.pattern,
        "memory": limits.memory, "seconds": limits.seconds,
    }  # fmt: skip
    command = [
        sys.executable,
        "-I",
        str(CHILD),
        str(archive.absolute()),
        str(into.absolute()),
        json.dumps(request),
    ]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=max(ARCHIVE_SECONDS, limits.seconds),
            env={"PATH": "/usr/bin:/bin"}, cwd=into,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ArchiveError("that takes too long to unpack") from error
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {
            "refused": "died",
            "why": visible(done.stderr.decode("utf-8", "replace").strip()[-LIBRARY_WORDS:]),
        }
    if "members" in answer:
        found = [
            Member(_place(name, limits), kind, size, saved, None if number is None else into / str(number))
            for name, kind, size, saved, number in answer["members"]
            if kind != "folder"
        ]
        return [member for member in found if member.copy is None or member.copy.exists()]
    if answer["refused"] == "machine":
        raise OSError(answer["errno"], os.strerror(answer["errno"]))
    raise ArchiveError(
        {
            "entries": _too_many(limits),
            "total": _too_large(limits),
            "names": "whose files have names of many megabytes",
            "encrypted": "with a password",
            "memory": "that takes more memory than an archive may",
            "died": "that takes more time or memory than an archive may",
        }.get(answer["refused"], f"that is damaged ({visible(str(answer.get('why') or 'it breaks off'))})")
    )


def _place(name: str, limits: Archive) -> PurePosixPath:
    """Raises ArchiveError for folders nested too deeply, but not in a class: one student must not stop the others."""
    place = inner_path(name)
    if len(place.parts) > CLASS_ARCHIVE_DEPTH and limits.whole:
        return PurePosixPath(*place.parts[: CLASS_ARCHIVE_DEPTH - 1], place.name)
    if len(place.parts) > ARCHIVE_DEPTH:
        raise ArchiveError(f"with more than {ARCHIVE_DEPTH} folders within each other")
    return place


def _too_many(limits: Archive) -> str:
    return f"of more than {limits.entries:,} files"


def _too_large(limits: Archive) -> str:
    return f"that unpacks to more than {limits.total >> 20:,} MiB"


def _is_machines(error: Exception) -> bool:
    """Whether the machine is at fault. An OSError without a number is a decompressor's; EINVAL is an impossible position
    in the file."""
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


@contextmanager
def _damage_named() -> Iterator[None]:
    """Turn everything that zipfile and struct may raise for malformed bytes into ArchiveError."""
    try:
        yield
    except (ArchiveError, MemoryError, GraderFault):
        raise
    except Exception as error:
        if _is_machines(error):
            raise
        raise ArchiveError(f"that is damaged ({brief(str(error), LIBRARY_WORDS)})") from error


@contextmanager
def scratch(unpack_folder: Path) -> Iterator[Path]:
    """An empty folder below `unpack_folder`, removed afterwards."""
    unpack_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".opening-", dir=unpack_folder) as folder:
        yield Path(folder)
