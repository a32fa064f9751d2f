"""Unpacks a class that was downloaded as one archive (from Canvas, Moodle or Gradescope), once, next to the output.

Files to grade are extracted; of every other file only the name is kept, so that it still gets its row or message: a
link becomes a broken link, a device becomes a pipe, and a file that is too large becomes an empty one of the same size.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from gatelab.limits import CLASS, FILE_ENDING, FILE_NAME_KEPT, FILE_NAME_LIMIT, STUDENTS
from gatelab.submission.archives import Member, is_archive, members, scratch
from gatelab.submission.choose import EXTENSION, LITTER, REPLACED, is_notebook
from gatelab.submission.gradescope_export import METADATA
from gatelab.submission.names import digest

WANTED = re.compile(
    rf"{EXTENSION.pattern}|{REPLACED.pattern}|\.(?:zip|gz|tgz|tar|bz2|7z)$|{re.escape(METADATA)}$",
    re.IGNORECASE,
)


def unpacked(archive: Path, unpack_folder: Path) -> Path:
    """The folder below `unpack_folder` with the archive's content; an earlier run's, if the archive is the same.

    Raises ArchiveError, OSError.
    """
    with open(archive, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    folder, stamp = unpack_folder / "class", unpack_folder / "class.sha256"
    with suppress(OSError):
        if stamp.read_text(encoding="ascii") == sha256 and folder.is_dir():
            return folder
    with scratch(unpack_folder) as place:
        copies, tree = place / "copies", place / "tree"
        copies.mkdir()
        tree.mkdir()
        for number, member in enumerate(members(archive, copies, WANTED, CLASS)):
            if member.place.parts and not any(map(_is_litter, member.place.parts)):
                _put(member, tree, number)
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(tree, folder)
    stamp.write_text(sha256, encoding="ascii")
    return folder


def _put(member: Member, tree: Path, number: int) -> None:
    """Create one member at its place or, if its name is taken or impossible, under another name in the same folder."""
    parts = [_short(part) for part in member.place.parts]
    name = parts[-1]
    other = f"{name.rpartition('.')[0] or name} ({number}){name[name.rfind('.') :] if '.' in name else ''}"
    for path in (
        tree.joinpath(*parts),
        tree.joinpath(*parts[:-1], other),
        tree / other,
        tree / f"{number}.ipynb",
    ):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(path):
                continue
            _make(member, path)
        except (ValueError, FileExistsError, NotADirectoryError):  # a NUL; a file where a folder should be
            continue
        return


def _make(member: Member, path: Path) -> None:
    if member.kind == "link":
        path.symlink_to("what a link in the archive pointed to")
    elif member.kind == "odd":
        os.mkfifo(path)
    elif member.copy is not None:
        os.replace(member.copy, path)
    else:
        with open(path, "xb") as file:
            if is_notebook(path.name) or is_archive(path.name):
                file.truncate(min(member.size, STUDENTS.packed + 1))  # takes no room on the disk
    if member.kind == "file" and member.saved > 0:
        with suppress(OSError, OverflowError):
            os.utime(path, (member.saved, member.saved))


def _is_litter(part: str) -> bool:
    return part in LITTER or part == ".DS_Store" or part.startswith("._")


def _short(part: str) -> str:
    raw = part.encode("utf-8", "surrogateescape")
    if len(raw) <= FILE_NAME_LIMIT:
        return part
    ending = part[-FILE_ENDING:]
    ending = ending[ending.find(".") :] if "." in ending else ""
    return raw[:FILE_NAME_KEPT].decode("utf-8", "ignore") + f"-{digest(part)}{ending}"
