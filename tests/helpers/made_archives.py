"""Makes archives of every kind that can be read, from names and bytes, and a class with one of them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import py7zr

from gatelab.submission.collect import Submission, collect
from helpers.tiny_lab import TINY, tiny_lab_here

LAB, KIT = tiny_lab_here(), TINY
BOOK = json.dumps({"cells": [{"cell_type": "code", "source": "def softmax(): return 1", "metadata": {}, "outputs": []}],
                   "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()  # fmt: skip
OTHER = BOOK.replace(b"return 1", b"return 2")

Files = dict[str, bytes]


def as_zip(path: Path, files: Files) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zip:
        for name, data in files.items():
            zip.writestr(name, data)


def as_tar(path: Path, files: Files) -> None:
    mode = {".gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2"}.get(path.name[-3:], "w")
    with tarfile.open(path, mode) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def as_7z(path: Path, files: Files) -> None:
    with py7zr.SevenZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(data, name)


MAKERS: dict[str, Callable[[Path, Files], None]] = {
    ".zip": as_zip, ".tar": as_tar, ".tar.gz": as_tar, ".tgz": as_tar, ".tar.bz2": as_tar, ".7z": as_7z,
}  # fmt: skip


def class_of(tmp_path: Path, name: str, write: Callable[[Path], object]) -> tuple[Submission, Path]:
    """The row of an archive in a class that also has another student's notebook."""
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "zoe.ipynb").write_bytes(BOOK)
    write(folder / name)
    room = tmp_path / "room"
    before = {path for path in tmp_path.rglob("*") if room not in path.parents}
    found = collect(folder, LAB, unpack_folder=room)
    assert {path for path in tmp_path.rglob("*") if room not in path.parents} - before <= {room}
    assert len(found) == 2 and found[1].name == "zoe" and found[1].gradable
    assert not any(path.name.startswith(".opening") for path in room.glob(".*"))
    return found[0], room
