"""Finds the notebook of one entry of a class, or why there is none, in words for staff.

An archive is opened if there is no unpacked notebook next to it; an archive inside an archive is not.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from gatelab.faults import GraderFault
from gatelab.handed_out.lists import listed
from gatelab.lab.spec import Lab
from gatelab.limits import ARCHIVES_LOOKED_INTO, FILE_LIMIT, HAND_IN_DEPTH, HAND_IN_ENTRIES, NAMES_SHOWN
from gatelab.submission.archives import ArchiveError, Member, is_archive, members, scratch
from gatelab.submission.attempts import Picked, Problem
from gatelab.submission.choose import (
    EXTENSION,
    REPLACED,
    Candidate,
    HandIn,
    choose,
    found,
    in_folder,
    is_litter,
    is_notebook,
    is_one,
)
from gatelab.submission.gradescope_export import METADATA
from gatelab.submission.names import digest
from gatelab.submission.notebook import Ungradable, read_bytes
from gatelab.submission.platforms import arrivals
from gatelab.text import brief

ASK = "ask for the notebook itself (.ipynb)"
ASK_FOR_THIS = "ask for the notebook of this lab"
UNPACK = "unpack it and put the notebook here"

# What people hand in instead of the notebook.
OTHERS = {
    **dict.fromkeys(
        (".zip", ".gz", ".tar", ".rar", ".7z", ".xz", ".bz2", ".zst"), Problem("it is an archive", UNPACK)
    ),
    **dict.fromkeys((".html", ".pdf"), Problem("it is an exported page, not the notebook", ASK)),
    ".py": Problem("it is a script, not the notebook", ASK),
}


def of_file(path: Path, lab: Lab | None = None, unpack_folder: Path | None = None) -> Picked:
    """A file among the submissions: the notebook itself, an archive that holds it, or why it is neither."""
    try:
        if lab and unpack_folder and is_archive(path.name) and stat.S_ISREG(path.lstat().st_mode):
            return _archive(path, path.name, lab, unpack_folder)
        problem = _no_notebook(path)
    except OSError as error:
        problem = unreadable(error)
    except GraderFault as error:
        problem = Problem(str(error).rstrip("."), "run the command again", machine_fault=True)
    return Picked(None, problem) if problem else Picked(path)


def _no_notebook(path: Path) -> Problem | None:
    """Why a file cannot be a notebook, judging by its name; only a file whose extension was replaced is opened."""
    status = path.lstat()
    if problem := _irregular(status):
        return problem
    file = Candidate(PurePosixPath(path.name), 0.0, partial(read_bytes, path))
    if not is_notebook(path.name) and not is_one(file):
        other = Problem("it is not a notebook (its name does not end in .ipynb)", ASK)
        return OTHERS.get(_suffix(path.name), other)
    return _too_large(status)


def _too_large(status: os.stat_result) -> Problem | None:
    if status.st_size > FILE_LIMIT:
        return Problem(
            f"it is larger than {FILE_LIMIT >> 20} MiB (clear all outputs and save it)", "ask for it again"
        )
    return None


def _irregular(status: os.stat_result) -> Problem | None:
    """Why something is not a file that may be opened."""
    if stat.S_ISLNK(status.st_mode):
        return Problem("it is a link, and links are not followed", "put the notebook itself here")
    if not stat.S_ISREG(status.st_mode):
        return Problem("it is not an ordinary file", "put the notebook here")
    return None


def of_folder(path: Path, lab: Lab, unpack_folder: Path | None) -> Picked:
    """A student's folder: the one notebook of this lab in it, or why there is none."""
    inner = path / lab.name
    try:
        if inner.is_symlink():
            return Picked(
                None,
                Problem(
                    f"its folder {lab.name} is a link, and links are not followed",
                    "put the folder itself there",
                ),
            )
        where = inner if inner.is_dir() else path
        if where is path and (labs := _of_other_labs(path, lab)):
            there = " and ".join(labs)
            what = f"nothing was handed in for this lab; the folder holds only {there}"
            return Picked(None, Problem(what, ASK_FOR_THIS, missing=True))
        inside = in_folder(where, read_bytes)
        archives = [name for name in inside.files if is_archive(name.name)] if unpack_folder else []
        if not inside.notebooks and archives and unpack_folder:
            return _archives(where, archives, path.name, lab, unpack_folder)
        if not inside.notebooks:
            return Picked(None, _nothing(inside.others, inside.too_many))
        notebook, others = choose(inside.notebooks, lab)
        status = (where / notebook.place).lstat()
    except OSError as error:
        return Picked(None, unreadable(error))
    except GraderFault as error:
        return Picked(None, Problem(str(error).rstrip("."), "run the command again", machine_fault=True))
    problem = _irregular(status) or _too_large(status)
    if problem:
        problem = problem._replace(what=f"{notebook.shown}: {problem.what}")
    unopened = [f"{brief(str(place))} (not opened)" for place in archives]
    beside = (*(other.shown for other in others), *unopened)
    return Picked(None if problem else where / notebook.place, problem, beside)


def _of_other_labs(folder: Path, lab: Lab) -> list[str]:
    """The kit's other labs whose work is in this folder (as in nbgrader's `submitted/`); empty if anything else there may hold this lab's."""
    with os.scandir(folder) as scanned:
        there = [entry for entry in scanned if not is_litter(entry.name)]
    found = [
        entry.name for entry in there if entry.name in lab.others and entry.is_dir(follow_symlinks=False)
    ]
    holding = [
        entry for entry in there if entry.is_dir() or is_notebook(entry.name) or is_archive(entry.name)
    ]
    return sorted(found) if len(found) == len(holding) else []


def _archives(
    folder: Path, places: list[PurePosixPath], student: str, lab: Lab, unpack_folder: Path
) -> Picked:
    """The notebook of a folder in which only archives could hold one."""
    opened = []
    for place in sorted(places, key=lambda place: (len(place.parts), str(place)))[:ARCHIVES_LOOKED_INTO]:
        path = folder / place
        inside = _archive(path, f"{student}/{place}", lab, unpack_folder)
        opened.append((inside.path is None, -path.lstat().st_mtime, str(place), inside))
    *_, name, best = min(opened, key=lambda item: item[:3])
    if best.problem:
        return Picked(None, best.problem._replace(what=f"{brief(name)}: {best.problem.what}"))
    beside = [brief(other) for _, _, other, inside in opened if inside is not best]
    return replace(best, others=(*best.others, *beside))


def _archive(path: Path, label: str, lab: Lab, unpack_folder: Path) -> Picked:
    """The notebook in a student's archive, kept below `unpack_folder` under a name that is the same in every run."""
    try:
        if problem := _irregular(path.lstat()):
            return Picked(None, problem)
        with scratch(unpack_folder) as copies:
            inside = _in_archive(path, copies, lab, EXTENSION)
            if not inside.notebooks:
                inside = _in_archive(path, copies, lab, REPLACED)
            if not inside.notebooks:
                return Picked(None, _nothing(inside.others, inside.too_many, "archive"))
            notebook, others = choose(inside.notebooks, lab)
            kept = _keep(notebook, unpack_folder / digest(label), lab)
    except WholeClassError:
        return Picked(None, Problem("it is the download of a whole class", "grade it by itself or remove it"))
    except ArchiveError as error:
        return Picked(None, Problem(f"it is an archive {error}", ASK))
    except OSError as error:
        return Picked(None, unreadable(error))
    except GraderFault as error:
        return Picked(None, Problem(str(error).rstrip("."), "run the command again", machine_fault=True))
    return Picked(kept, None, tuple(other.shown for other in others))


class WholeClassError(ArchiveError):
    """The archive is a platform's download of a class, not one student's: only one of many people would be graded."""


def _in_archive(path: Path, copies: Path, lab: Lab, wanted: re.Pattern[str]) -> HandIn:
    """What is in an archive, in the form of `in_folder`; only files whose names match are read. Raises ArchiveError, OSError."""
    notebooks: list[Candidate] = []
    others: list[Candidate] = []
    inside = [member for member in members(path, copies, wanted) if member.place.parts]
    for depth in (0, 1):  # a download may be inside one folder
        names = sorted({member.place.parts[depth] for member in inside if len(member.place.parts) > depth})
        keys = {arrival.key for arrival in arrivals(names, lab.name).values()}
        if len(keys) > 1 or METADATA in names:
            raise WholeClassError
    too_large = ""
    for member in inside:
        place = member.place
        if any(map(is_litter, place.parts)):
            continue
        file = Candidate(place, member.saved, partial(_copy_of, member))
        if member.kind == "file" and member.copy is None and is_notebook(place.name):
            too_large = file.shown
        elif member.copy is not None and is_notebook(place.name) and len(place.parts) <= HAND_IN_DEPTH + 1:
            notebooks.append(file)
        elif len(others) < HAND_IN_ENTRIES:
            others.append(file)
    if too_large and not notebooks:
        raise ArchiveError(
            f"whose {too_large} is larger than {FILE_LIMIT >> 20} MiB (clear all outputs and save it)"
        )
    return found(notebooks, others)


def _copy_of(member: Member) -> bytes:
    """Raises Ungradable if it was not extracted or is too large."""
    if member.copy is None:
        raise Ungradable(f"{brief(str(member.place))}: it was not taken out of the archive.")
    return read_bytes(member.copy)


def _keep(notebook: Candidate, folder: Path, lab: Lab) -> Path:
    """Copy the notebook to its own folder, under its own name if that is possible."""
    data = notebook.read()
    folder.mkdir(parents=True, exist_ok=True)
    for name in (notebook.place.name, lab.notebook):
        temporary = folder / ".writing"
        try:
            temporary.write_bytes(data)
            os.replace(temporary, folder / name)
        except (OSError, ValueError) as error:
            failure = error
            continue
        for other in folder.iterdir():
            if other.name != name:
                other.unlink()
        return folder / name
    raise failure


def _nothing(others: list[str], too_many: bool, where: str = "folder") -> Problem:
    if too_many:
        return Problem(
            f"it holds more than {HAND_IN_ENTRIES:,} files and no notebook", "ask for the notebook"
        )
    if not others:
        return Problem(f"the {where} is empty", "ask for the notebook")
    return Problem(
        f"no notebook (.ipynb) in the {where}, only {listed(others, NAMES_SHOWN)}", "ask for the notebook"
    )


def unreadable(error: OSError) -> Problem:
    """The problem of a file that the machine cannot read, which is not the student's fault."""
    advice = "fix its permissions" if isinstance(error, PermissionError) else "fix that"
    return Problem(
        f"it cannot be read ({error.strerror})", f"{advice} and run the command again", machine_fault=True
    )


def _suffix(name: str) -> str:
    """The extension in lower case."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot >= 0 else ""
