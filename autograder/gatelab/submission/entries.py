"""The entries of a class: every file and folder handed in, its notebook, and whose it is, judging by its place and name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gatelab.lab.spec import Lab
from gatelab.limits import EXCHANGE_LINE
from gatelab.submission.archives import KINDS, is_archive
from gatelab.submission.attempts import Entry, Picked, Problem
from gatelab.submission.choose import EXTENSION, REPLACED, is_litter, is_notebook
from gatelab.submission.class_archive import unpacked
from gatelab.submission.gradescope_export import (
    METADATA,
    ExportedFolder,
    MetadataError,
    arrivals_of,
    read_metadata,
)
from gatelab.submission.pick import of_file, of_folder
from gatelab.submission.platforms import Arrival, arrivals
from gatelab.submission.times import moment

# Files that operating systems leave in a class's folder. Any other file that begins with a dot is somebody's notebook;
# a folder that does is ignored.
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep"}


RESULTS = Problem("it is what gatelab grade wrote, and no submission", "move it out of this folder")


class CollectError(Exception):
    """The folder as a whole cannot be graded; the message says why and what to do."""


def found_in(folder: Path, lab: Lab, leave_out: list[Path], unpack_folder: Path | None) -> list[Entry]:
    """All entries of a class, which is a folder, an archive or one notebook. Raises CollectError, ArchiveError, OSError."""
    if unpack_folder is not None and folder.is_file() and is_archive(folder.name):
        folder = _inner(unpacked(folder, unpack_folder), lab)
    return list(_found(folder, lab, leave_out, unpack_folder))


def _found(folder: Path, lab: Lab, leave_out: list[Path], unpack_folder: Path | None) -> Iterator[Entry]:
    """Each entry under its original name, with its notebook and whose it is."""
    if folder.is_file():
        yield _plain(folder.name, of_file(folder))
        return
    folder = _students_folder(folder, lab.name)
    left_out = {path.resolve() for path in leave_out}
    entries: list[tuple[Path, bool]] = []
    with os.scandir(folder) as scanned:
        for entry in scanned:
            path = Path(entry.path)
            is_folder = entry.is_dir(follow_symlinks=False)
            # `._ada.ipynb` is what macOS writes next to ada.ipynb.
            if entry.name in LITTER or entry.name.startswith("._") or (is_folder and is_litter(entry.name)):
                continue
            if left_out and not entry.is_symlink() and path.resolve() in left_out:
                continue
            entries.append((path, is_folder))
    entries = _below_a_wrapper(entries, lab)
    where = entries[0][0].parent if entries else folder
    export = _export(where)
    if export is not None:
        known_of = arrivals_of(export)
        entries = [(path, is_folder) for path, is_folder in entries if path.name != METADATA]
    else:
        known_of = arrivals([path.name for path, _ in entries], lab.name)
    for path, is_folder in entries:
        if is_folder and _is_of_a_grading(path):
            picked = Picked(None, RESULTS)
        else:
            picked = of_folder(path, lab, unpack_folder) if is_folder else of_file(path, lab, unpack_folder)
        plain = _plain(path.name, picked, is_folder)
        arrival = known_of.get(path.name, plain.arrival)
        # In a platform's download such a file is the student's own and may say anything.
        if is_folder and not arrival.platform and (written := _timestamp(path / lab.name)):
            time = moment(written)
            arrival = replace(arrival, handed_in=time, unread="" if time else written)
        yield Entry(path.name, picked, arrival)
    for name in (export or {}).keys() - {path.name for path, _ in entries}:
        missing = Problem(
            "the export names this submission and holds no folder of it", "download the export again"
        )
        yield Entry(name, Picked(None, missing), known_of[name])


def _is_of_a_grading(folder: Path) -> bool:
    """Whether this folder is the output of an earlier grading; never if there is a notebook in it."""
    with suppress(OSError):
        there = set(os.listdir(folder))
        return {"class.json", "reports"} <= there and not any(is_notebook(name) for name in there)
    return False


def _plain(raw: str, picked: Picked, is_folder: bool = False) -> Entry:
    """An entry that no platform named: it counts as a person of its own."""
    return Entry(raw, picked, Arrival("", raw, raw if is_folder else _student(raw, picked)))


def _export(folder: Path) -> dict[str, ExportedFolder] | None:
    try:
        return read_metadata(folder)
    except MetadataError as error:
        raise CollectError(f"{folder / METADATA}: {error}.") from error


def _below_a_wrapper(entries: list[tuple[Path, bool]], lab: Lab) -> list[tuple[Path, bool]]:
    """The content of the only folder, if that is a platform's download and not a student's folder."""
    if len(entries) != 1 or not entries[0][1]:
        return entries
    own = arrivals([entries[0][0].name], lab.name).values()
    if any(arrival.platform in ("Moodle", "nbgrader") for arrival in own):
        return entries  # a class of one: its content is what the student uploaded, whatever the name
    try:
        with os.scandir(entries[0][0]) as scanned:
            inside = [
                (Path(entry.path), entry.is_dir(follow_symlinks=False))
                for entry in scanned
                if entry.name not in LITTER and not is_litter(entry.name)
            ]
    except PermissionError:
        return entries  # a student's, and its row says so
    names = [path.name for path, _ in inside]
    is_download = METADATA in names or len(arrivals(names, lab.name)) == len(names) > 0
    return inside if is_download or _is_a_class(inside, lab) else entries


def _is_a_class(inside: list[tuple[Path, bool]], lab: Lab) -> bool:
    """Whether a folder holds students' folders, each with a folder for this lab, as in nbgrader's layout."""
    return any(is_folder and (path / lab.name).is_dir() for path, is_folder in inside)


def _inner(folder: Path, lab: Lab) -> Path:
    """The class in an unpacked archive: its only folder, unless that is a student's."""
    inside = [path for path in folder.iterdir() if not is_litter(path.name)]
    if len(inside) != 1 or inside[0].is_symlink() or not inside[0].is_dir():
        return folder
    below = [path for path in inside[0].iterdir() if not is_litter(path.name)]
    of_a_student = len(below) < 2 and not (below and below[0].is_dir())
    return (
        folder if of_a_student or any(path.name in (lab.notebook, lab.name) for path in below) else inside[0]
    )


def _timestamp(folder: Path) -> str:
    """The time that nbgrader's exchange recorded with a submission. It always has a zone; if it has none, it is UTC, as nbgrader reads it."""
    path = folder / "timestamp.txt"
    with suppress(OSError, ValueError):
        if (
            stat.S_ISREG(path.lstat().st_mode)
            and path.stat().st_size <= EXCHANGE_LINE
            and not folder.is_symlink()
        ):
            return path.read_text(encoding="utf-8").strip()
    return ""


def _students_folder(folder: Path, lab: str) -> Path:
    """`submitted/` if the folder is an nbgrader course, else the folder itself."""
    submitted = folder / "submitted"
    if submitted.is_dir() and not submitted.is_symlink() and any(submitted.glob(f"*/{lab}")):
        return submitted
    return folder


def _student(raw: str, picked: Picked) -> str:
    """`ada` for `ada.ipynb` and for an `ada.zip` with a notebook; every other entry keeps its name."""
    if picked.path is None:
        return raw
    if picked.path.name == raw:
        return (EXTENSION if is_notebook(raw) else REPLACED).sub("", raw) or raw
    ending = next((kind for kind in KINDS if raw.lower().endswith(kind)), "")
    return raw[: len(raw) - len(ending)] or raw
