"""What came in: every file and folder of a class becomes exactly one submission, gradable or not.

Two shapes of class are read, and mixtures of them:

    flat                          nbgrader's
    class/ada.ipynb               submitted/ada/lstm-gru/lab.ipynb
    class/grace.ipynb             submitted/grace/lstm-gru/lab.ipynb

A notebook is opened as a notebook only to choose among several (choose.py).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from gatelab.faults import TOLD, GraderFault
from gatelab.lab.spec import Lab
from gatelab.submission.choose import ENTRIES, EXTENSION, choose, in_folder, is_litter, is_notebook, listed
from gatelab.submission.names import distinct, file_names, visible
from gatelab.submission.notebook import read_bytes
from gatelab.submission.notebook_file import FILE_LIMIT
from gatelab.submission.times import nbgrader_time

# Files that systems leave in a class's folder. Another file that begins with a dot is somebody's notebook; a folder that
# does is nobody's.
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep"}

ASK = "ask for the notebook itself (.ipynb)"
UNPACK = "unpack it and put the notebook here"


class Problem(NamedTuple):
    """Why there is nothing to grade, and what staff can do about it. What a student can do is always the same, and
    nothing where it is the machine's fault (`ours`)."""

    what: str
    way_out: str
    ours: bool = False


# What people hand in instead of the notebook.
OTHERS = {
    **dict.fromkeys((".zip", ".gz", ".tar", ".rar", ".7z"), Problem("it is an archive", UNPACK)),
    **dict.fromkeys((".html", ".pdf"), Problem("it is an exported page, not the notebook", ASK)),
    ".py": Problem("it is a script, not the notebook", ASK),
}


class CollectError(Exception):
    """The folder as a whole cannot be graded; the message says why and what to do."""


@dataclass(frozen=True)
class Submission:
    """One row of the grade book."""

    name: str  # the student, or what the file is called; fit to be shown, once in a class
    file: str  # stem of this submission's output files
    path: Path | None  # the notebook; None when there is none to grade
    problem: str = ""  # why there is none: one sentence with the way out, for staff
    told: str = ""  # the same for the student
    sha256: str = ""
    others: tuple[str, ...] = ()  # notebooks that came in with it and are not graded
    ours: bool = False  # whether the problem is the machine's and not the submission's
    # When it came in, by the platform's own record and never by a file's date; aware of its zone. None: nobody says.
    handed_in: datetime | None = None

    @property
    def gradable(self) -> bool:
        return self.path is not None


def collect(folder: Path, lab: Lab, leave_out: Path | None = None) -> list[Submission]:
    """All submissions of a class, sorted by name.

    `leave_out` (the output folder) is no submission even when it lies among them. A single notebook is a class of one.
    """
    folder = Path(folder)
    try:
        found = list(_found(folder, lab, leave_out))
    except FileNotFoundError as error:
        raise CollectError(
            f"{folder}: there is no such folder; name the one with the submissions."
        ) from error
    except OSError as error:
        raise CollectError(f"{folder}: cannot be read ({error.strerror}); fix its permissions.") from error
    if not found:
        raise CollectError(
            f"{folder}: nothing was handed in here; name the folder that holds the notebooks "
            f"or nbgrader's submitted/<student>/{lab.name}/ folders."
        )
    found.sort(key=lambda item: os.fsencode(item[0]))
    raws = [raw for raw, _ in found]
    names = distinct([_student(raw, picked.path) for raw, picked in found], raws)
    # Files are named by the student's name as well; where two share it, by the entry.
    stems = file_names(_stems(found))
    return [
        _submission(name, stem, raw, picked, lab)
        for (raw, picked), name, stem in zip(found, names, stems, strict=True)
    ]


def one(folder: Path, lab: Lab) -> Submission:
    """What lies in one student's folder, as `collect` has it."""
    return _submission(folder.name, "", folder.name, _at_its_time(folder, lab), lab)


def _submission(name: str, stem: str, raw: str, picked: Picked, lab: Lab) -> Submission:
    path, problem, sha256 = picked.path, picked.problem, ""
    if path is not None:
        try:
            sha256 = sha256_of(path)
        except OSError as error:
            path, problem = None, _unreadable(error)
    staff = told = ""
    if problem:
        staff = f"{visible(raw)}: {problem.what}; {problem.way_out}."
        told = TOLD if problem.ours else f"{visible(raw)}: {problem.what}. Hand in {lab.notebook} itself."
    ours = problem is not None and problem.ours
    return Submission(name, stem, path, staff, told, sha256, picked.others, ours, picked.handed_in)


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, by which a submission is known from run to run."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Picked:
    """The notebook of an entry, or why there is none."""

    path: Path | None
    problem: Problem | None = None
    others: tuple[str, ...] = ()
    handed_in: datetime | None = None


def _found(folder: Path, lab: Lab, leave_out: Path | None) -> Iterator[tuple[str, Picked]]:
    """Each entry as it came in, and its notebook."""
    if folder.is_file():
        yield folder.name, _file(folder)
        return
    folder = _students_folder(folder, lab.name)
    left_out = leave_out.resolve() if leave_out else None
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            is_folder = entry.is_dir(follow_symlinks=False)
            # `._ada.ipynb` is what macOS writes beside ada.ipynb.
            if entry.name in LITTER or entry.name.startswith("._") or (is_folder and is_litter(entry.name)):
                continue
            if left_out and not entry.is_symlink() and path.resolve() == left_out:
                continue
            yield entry.name, _at_its_time(path, lab) if is_folder else _file(path)


def _students_folder(folder: Path, lab: str) -> Path:
    """`submitted/` when the folder is the nbgrader course around it, else the folder itself."""
    submitted = folder / "submitted"
    if submitted.is_dir() and not submitted.is_symlink() and any(submitted.glob(f"*/{lab}")):
        return submitted
    return folder


def _file(path: Path) -> Picked:
    """A file among the submissions: the notebook itself, or why it is none."""
    try:
        problem = _no_notebook(path)
    except OSError as error:
        problem = _unreadable(error)
    return Picked(None, problem) if problem else Picked(path)


def _no_notebook(path: Path) -> Problem | None:
    """Why a file cannot be a notebook, as far as can be seen without opening it."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return Problem("it is a link, and links are not followed", "put the notebook itself here")
    if not stat.S_ISREG(status.st_mode):
        return Problem("it is not an ordinary file", "put the notebook here")
    if not is_notebook(path.name):
        other = Problem("it is not a notebook (its name does not end in .ipynb)", ASK)
        return OTHERS.get(_suffix(path.name), other)
    if status.st_size > FILE_LIMIT:
        return Problem(
            f"it is larger than {FILE_LIMIT >> 20} MiB (clear all outputs and save it)", "ask for it again"
        )
    return None


def _at_its_time(path: Path, lab: Lab) -> Picked:
    """The notebook of a student's folder, with the time that nbgrader's exchange wrote beside it (submitted/ada/lstm-gru/)."""
    picked, inner = _folder(path, lab), path / lab.name
    return picked if inner.is_symlink() else replace(picked, handed_in=nbgrader_time(inner))


def _folder(path: Path, lab: Lab) -> Picked:
    """A student's folder: the one notebook in it that is the lab, or why there is none."""
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
        found = in_folder(where, read_bytes)
        if not found.notebooks:
            return Picked(None, _nothing(found.others, found.too_many))
        notebook, others = choose(found.notebooks, lab)
    except OSError as error:
        return Picked(None, _unreadable(error))
    except GraderFault as error:
        return Picked(None, Problem(str(error).rstrip("."), "run the command again", ours=True))
    picked = _file(where / notebook.place)
    if picked.problem:
        problem = picked.problem._replace(what=f"{notebook.shown}: {picked.problem.what}")
        picked = Picked(None, problem)
    return replace(picked, others=tuple(other.shown for other in others))


def _nothing(others: list[str], too_many: bool) -> Problem:
    if too_many:
        return Problem(f"it holds more than {ENTRIES:,} files and no notebook", "ask for the notebook")
    if not others:
        return Problem("the folder is empty", "ask for the notebook")
    return Problem(f"no notebook (.ipynb) in the folder, only {listed(others)}", "ask for the notebook")


def _unreadable(error: OSError) -> Problem:
    """The machine does not let it be read. That is nothing a student could fix."""
    way_out = "fix its permissions" if isinstance(error, PermissionError) else "fix that"
    return Problem(f"it cannot be read ({error.strerror})", f"{way_out} and run the command again", ours=True)


def _suffix(name: str) -> str:
    """The extension in small letters."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot >= 0 else ""


def _student(raw: str, path: Path | None) -> str:
    """`ada` for `ada.ipynb`; every other entry is called as it came in."""
    is_flat = path is not None and path.name == raw
    return EXTENSION.sub("", raw) or raw if is_flat else raw


def _stems(found: list[tuple[str, Picked]]) -> list[str]:
    """What the output files are named after: the student's name, or the entry where two share it."""
    names = [_student(raw, picked.path) for raw, picked in found]
    count = Counter(names)
    return [raw if count[name] > 1 else name for name, (raw, _) in zip(names, found, strict=True)]
