"""What came in: every file and folder of a class becomes exactly one submission, gradable or not.

Two shapes of class are read, and mixtures of them:

    flat                          nbgrader's
    class/ada.ipynb               submitted/ada/lstm-gru/lab.ipynb
    class/grace.ipynb             submitted/grace/lstm-gru/lab.ipynb

Nothing here opens a notebook as a notebook; that it can be read is all that is asked.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gatelab.klass.names import distinct, file_names, visible
from gatelab.notebook import SIZE_LIMIT

SUFFIX = ".ipynb"

# What operating systems and Jupyter leave behind in any folder. Nobody handed it in.
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX", ".ipynb_checkpoints", ".gitkeep", ".git"}

# What one student handed in is searched so deep and so wide; more than that is no homework.
DEPTH = 4
ENTRIES = 2_000

ASK = "ask for the notebook itself (.ipynb)"
UNPACK = "unpack it and put the notebook here"


class Problem(NamedTuple):
    """Why there is nothing to grade, and what staff can do about it. What a student can do is always the same."""

    what: str
    way_out: str


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

    @property
    def gradable(self) -> bool:
        return self.path is not None


def collect(
    folder: Path, lab: str, leave_out: Path | None = None, notebook: str = "lab.ipynb"
) -> list[Submission]:
    """All submissions of a class, sorted by name.

    `lab` is the assignment's folder name in nbgrader's tree, `notebook` what students are told to hand in;
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
        raise CollectError(f"{folder}: cannot be read ({error.strerror}); mend its permissions.") from error
    if not found:
        raise CollectError(
            f"{folder}: nothing was handed in here; name the folder that holds the notebooks "
            f"or nbgrader's submitted/<student>/{lab}/ folders."
        )
    found.sort(key=lambda item: os.fsencode(item[0]))
    raws = [raw for raw, _, _ in found]
    names = distinct([_student(raw, path) for raw, path, _ in found], raws)
    # Files are named by the student's name as well; where two share it, by the entry.
    stems = file_names(_stems(found))
    submissions = []
    for (raw, path, problem), name, stem in zip(found, names, stems, strict=True):
        sha256 = ""
        if path is not None:
            try:
                sha256 = sha256_of(path)
            except OSError as error:
                path, problem = None, _unreadable(error)
        staff = told = ""
        if problem:
            staff = f"{visible(raw)}: {problem.what}; {problem.way_out}."
            told = f"{visible(raw)}: {problem.what}. Hand in {notebook} itself."
        submissions.append(Submission(name, stem, path, staff, told, sha256))
    return submissions


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, by which a submission is known from run to run."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


Found = tuple[str, Path | None, Problem | None]  # entry as it came in, the notebook or why there is none


def _found(folder: Path, lab: str, leave_out: Path | None) -> Iterator[Found]:
    if folder.is_file():
        yield folder.name, *_file(folder)
        return
    folder = _students_folder(folder, lab)
    left_out = leave_out.resolve() if leave_out else None
    with os.scandir(folder) as entries:
        for entry in entries:
            path = Path(entry.path)
            if entry.name in LITTER or (left_out and not entry.is_symlink() and path.resolve() == left_out):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield entry.name, *_folder(path, lab)
            else:
                yield entry.name, *_file(path)


def _students_folder(folder: Path, lab: str) -> Path:
    """`submitted/` when the folder is the nbgrader course around it, else the folder itself."""
    submitted = folder / "submitted"
    if submitted.is_dir() and not submitted.is_symlink() and any(submitted.glob(f"*/{lab}")):
        return submitted
    return folder


def _file(path: Path) -> tuple[Path | None, Problem | None]:
    """A file among the submissions: the notebook itself, or why it is none."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return None, Problem("it is a link, and links are not followed", "put the notebook itself here")
    if not stat.S_ISREG(mode):
        return None, Problem("it is not an ordinary file", "put the notebook here")
    suffix = _suffix(path.name)
    if suffix != SUFFIX:
        return None, OTHERS.get(
            suffix, Problem(f"it is not a notebook (its name does not end in {SUFFIX})", ASK)
        )
    if path.lstat().st_size > SIZE_LIMIT:
        return None, Problem(
            f"it is larger than {SIZE_LIMIT >> 20} MiB (clear all outputs and save it)", "ask for it again"
        )
    return path, None


def _folder(path: Path, lab: str) -> tuple[Path | None, Problem | None]:
    """A student's folder: the one notebook in it, or why there is not exactly one."""
    inner = path / lab
    try:
        if inner.is_symlink():
            return None, Problem(
                f"its folder {lab} is a link, and links are not followed", "put the folder itself there"
            )
        where = inner if inner.is_dir() else path
        files = list(_files(where))
    except OSError as error:
        return None, _unreadable(error)
    notebooks = [file for file in files if _suffix(file.name) == SUFFIX]
    if len(notebooks) == 1:
        notebook, problem = _file(notebooks[0])
        if problem:
            problem = problem._replace(what=f"{visible(notebooks[0].name)}: {problem.what}")
        return notebook, problem
    if not files:
        return None, Problem("the folder is empty", "ask for the notebook")
    if not notebooks:
        names = _listed(files, where)
        return None, Problem(f"no notebook (.ipynb) in the folder, only {names}", "ask for the notebook")
    names = _listed(notebooks, where)
    return None, Problem(f"{len(notebooks)} notebooks in the folder ({names})", "leave the one to grade")


def _unreadable(error: OSError) -> Problem:
    return Problem(f"it cannot be read ({error.strerror})", "mend its permissions or ask for it again")


def _files(folder: Path) -> Iterator[Path]:
    """The files below a student's folder, links among them not followed, in a fixed order."""
    seen = 0
    level = [folder]
    for _ in range(DEPTH):
        below: list[Path] = []
        for parent in level:
            for path in sorted(parent.iterdir(), key=lambda path: os.fsencode(path.name)):
                seen += 1
                if seen > ENTRIES:
                    raise OSError(0, f"it holds more than {ENTRIES:,} files")
                if path.name in LITTER:
                    continue
                if path.is_dir() and not path.is_symlink():
                    below.append(path)
                else:
                    yield path
        level = below


def _listed(files: list[Path], folder: Path) -> str:
    names = [visible(str(file.relative_to(folder))) for file in files[:3]]
    names = [name if len(name) <= 60 else name[:57] + "…" for name in names]
    more = len(files) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _suffix(name: str) -> str:
    """The extension in small letters; `.ipynb` alone is an extension too."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot >= 0 else ""


def _student(raw: str, path: Path | None) -> str:
    """`ada` for `ada.ipynb`; every other entry is called as it came in."""
    is_flat = path is not None and path.name == raw
    return raw[: -len(SUFFIX)] or raw if is_flat else raw


def _stems(found: list[Found]) -> list[str]:
    """What the output files are named after: the student's name, or the entry where two share it."""
    names = [_student(raw, path) for raw, path, _ in found]
    count = Counter(names)
    return [raw if count[name] > 1 else name for name, (raw, _, _) in zip(names, found, strict=True)]
