"""Zips, packed and unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    """An archive with these members."""
    with zipfile.ZipFile(path, "w") as zip:
        for name, data in members.items():
            zip.writestr(name, data)
    return path


def unpacked(autograder: Path, folder: Path) -> Path:
    """The autograder zip, unpacked in a trusted folder."""
    with zipfile.ZipFile(autograder) as zip:
        zip.extractall(folder)
    return folder


def zipped_folder(folder: Path, path: Path, names_from: Path | None = None) -> Path:
    """The folder's files as an archive, with their times. Their names are relative to `names_from`, by default the folder."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zip:
        for file in sorted(folder.rglob("*")):
            zip.write(file, file.relative_to(names_from or folder))
    return path
