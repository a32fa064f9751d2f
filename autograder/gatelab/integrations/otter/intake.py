"""Copies the notebook of a submission to a place where no other file of the submission is.

otter picks the notebook itself, and fails with a traceback or without a result if there is none, if there are two,
or if a file has a name that otter uses itself. So the notebook is chosen here, before otter runs.
"""

from __future__ import annotations

import errno
import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from gatelab.faults import GraderFault
from gatelab.handed_out.lists import listed
from gatelab.lab.spec import Lab
from gatelab.limits import FILE_LIMIT, HAND_IN_DEPTH, HAND_IN_ENTRIES, LIBRARY_WORDS, NAMES_SHOWN, STUDENTS
from gatelab.submission.archives import ArchiveError, entries_of_zip, saved_at
from gatelab.submission.choose import (
    Candidate,
    HandIn,
    choose,
    found,
    in_folder,
    is_litter,
    is_notebook,
    is_one,
)
from gatelab.submission.notebook_file import Ungradable
from gatelab.text import brief, inner_path


@dataclass(frozen=True)
class Intake:
    """What was handed in: a copy of its notebook, or the reason why there is none to grade."""

    name: str
    notebook: Path | None
    reason: str = ""
    others: tuple[str, ...] = ()  # notebooks that were handed in with it and are not graded
    machine_fault: bool = False  # whether the machine is at fault and not the submission


class Unusable(Ungradable):
    """Nothing in this submission can be graded; the message is for the student."""


def take_in(handed_in: Path, private: Path, lab: Lab | None) -> Intake:
    """Copy the notebook of a folder, of an archive or the notebook itself into `private`.

    `lab`: None if the kit itself is broken. Archives are never unpacked as a whole.
    """
    name = brief(handed_in.name)
    wanted = lab.notebook if lab else "lab.ipynb"
    try:
        if stat.S_ISDIR(handed_in.lstat().st_mode):
            inside = in_folder(handed_in, lambda path: _read(path, brief(path.name)))
            return _chosen(inside, lab, wanted, private)
        if handed_in.suffix.lower() == ".zip":
            return _from_zip(handed_in, name, lab, wanted, private)
        file = Candidate(PurePosixPath(handed_in.name), 0.0, partial(_read, handed_in, name))
        if not is_notebook(handed_in.name) and not is_one(file):
            raise Unusable(f"{name} is not a notebook: hand in {wanted}.")
        return Intake(name, _keep(file.read(), private, handed_in.name, wanted))
    except Unusable as error:
        return Intake(name, None, str(error))
    except (OSError, MemoryError, GraderFault) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Intake(name, None, f"{name} cannot be read ({why.rstrip('.')}).", machine_fault=True)


def _chosen(inside: HandIn, lab: Lab | None, wanted: str, private: Path) -> Intake:
    """Choose the lab's notebook among the files, and keep a copy."""
    if not inside.notebooks:
        if inside.too_many:
            raise Unusable(
                f"More than {HAND_IN_ENTRIES:,} files were handed in and no notebook was seen: hand in {wanted} alone."
            )
        names = [other.rpartition("/")[2] for other in inside.others]
        only = f", only {listed(names, NAMES_SHOWN)}" if names else ""
        raise Unusable(f"No notebook was handed in{only}: hand in {wanted}.")
    notebook, others = choose(inside.notebooks, lab)
    name = notebook.place.name
    kept = _keep(notebook.read(), private, name, wanted)
    return Intake(brief(name), kept, others=tuple(other.shown for other in others))


def _read(path: Path, name: str) -> bytes:
    """The bytes of an ordinary file that is no link and not too large."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise Unusable(f"{name} is a link to another file: hand in the notebook itself.") from error
        raise
    with open(file, "rb") as stream:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise Unusable(f"{name} is not an ordinary file: hand in the notebook itself.")
        return _limited(stream.read(FILE_LIMIT + 1), name)


def _from_zip(archive: Path, name: str, lab: Lab | None, wanted: str, private: Path) -> Intake:
    """The notebook in an archive. Only notebooks are read, and only up to the size limit."""
    if archive.is_symlink():
        raise Unusable(f"{name} is a link to another file: hand in the archive or the notebook itself.")
    count = 0
    with suppress(ArchiveError):  # a file that is not a zip is reported below
        count = entries_of_zip(archive)  # before zipfile makes an object for each
    if count > STUDENTS.entries:
        raise Unusable(f"{name} holds more than {STUDENTS.entries:,} files: hand in {wanted} alone.")
    with _damage_named(name), zipfile.ZipFile(archive) as zip:
        return _chosen(_in_zip(zip, name), lab, wanted, private)


@contextmanager
def _damage_named(archive: str) -> Iterator[None]:
    """Turn the exceptions for a damaged or truncated archive, an unknown compression or a password into Unusable:
    zipfile and its decompressors raise a dozen types for malformed bytes."""
    try:
        yield
    except (Ungradable, MemoryError, GraderFault):
        raise
    except Exception as error:
        # bz2's OSError has no number; an impossible offset gives EINVAL.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise Unusable(
            f"{archive} cannot be unpacked ({brief(str(error), LIBRARY_WORDS)}): hand in the notebook itself."
        ) from error


def _in_zip(zip: zipfile.ZipFile, archive: str) -> HandIn:
    """What is in an archive, in the form of `in_folder`."""
    notebooks: list[Candidate] = []
    others: list[Candidate] = []
    # Not `is_dir()`, which fails for a member without a name.
    members = [member for member in zip.infolist() if not member.filename.endswith("/")]
    for member in members:
        # A name is only a label here: `../lab.ipynb` is the file lab.ipynb at the top, as otter would have it.
        place = inner_path(member.filename)
        if not place.parts or any(map(is_litter, place.parts)) or len(place.parts) > HAND_IN_DEPTH + 1:
            continue
        file = Candidate(place, saved_at(member), partial(_member, zip, member, archive))
        if is_notebook(place.name):
            notebooks.append(file)
        elif len(others) < HAND_IN_ENTRIES:
            others.append(file)
    return found(notebooks, others, len(members) > HAND_IN_ENTRIES)


def _member(zip: zipfile.ZipFile, member: zipfile.ZipInfo, archive: str) -> bytes:
    """The bytes of a notebook in an archive."""
    with _damage_named(archive), zip.open(member) as stream:
        return _limited(stream.read(FILE_LIMIT + 1), brief(inner_path(member.filename).name))


def _limited(data: bytes, name: str) -> bytes:
    if len(data) > FILE_LIMIT:
        raise Unusable(f"{name} is larger than {FILE_LIMIT >> 20} MiB: clear its outputs and save it again.")
    return data


def _keep(data: bytes, private: Path, raw: str, wanted: str) -> Path:
    """The copy to grade, under its original name (for messages) if a file here can have it."""
    for name in (raw, wanted):
        try:
            (private / name).write_bytes(data)
            return private / name
        except (OSError, ValueError) as error:
            failure = error
    raise failure
