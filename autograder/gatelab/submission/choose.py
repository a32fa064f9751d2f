"""Which of several notebooks is the lab's: one rule for every interface (class folder, nbgrader, otter, Gradescope, pytest).

What operating systems and Jupyter leave behind (`._lab.ipynb`, `.ipynb_checkpoints/`, `.virtual_documents/`, `__MACOSX/`) is
ignored. For the rest, in this order: a notebook of this lab comes before others; one with answers before an unchanged
one; the lab's file name, in the highest folder, before copies (`lab-Copy1.ipynb`, `lab_maria.ipynb`) and
other names; more of the lab's questions before fewer; the newest first. Ties are decided by the path, so that every run
chooses the same one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from gatelab.faults import GraderFault
from gatelab.lab.spec import Lab
from gatelab.limits import (
    BYTES_LOOKED_INTO,
    HAND_IN_DEPTH,
    HAND_IN_ENTRIES,
    HAND_IN_ENTRIES_OF_A_FOLDER,
    LOOKED_INTO,
)
from gatelab.submission.notebook import Ungradable, cells_of, parse, question_ids
from gatelab.submission.untouched import as_handed_out
from gatelab.text import brief

# A browser that takes a notebook for text or JSON appends that extension, and some append a number to a second
# download: `lab.ipynb.txt`, `lab.ipynb (1)`, `lab.ipynb-1.txt`.
EXTENSION = re.compile(r"\.ipynb(?:[ ._-]?\(\d{1,3}\)|[ ._-]\d{1,3})?(?:\.txt|\.json)?$", re.IGNORECASE)
# The extensions with which a browser replaces `.ipynb`. Such a file is a notebook if its content is one.
REPLACED = re.compile(r"\.(?:txt|json)$", re.IGNORECASE)

# Litter that operating systems leave in any folder. Everything whose name begins with a dot counts as litter too.
LITTER = {"Thumbs.db", "desktop.ini", "__MACOSX", "__pycache__"}


@dataclass(frozen=True)
class Candidate:
    """A notebook that was handed in. `place` is its path inside; `saved` any number that grows with time."""

    place: PurePosixPath
    saved: float
    read: Callable[[], bytes]  # raises Ungradable, GraderFault

    @property
    def shown(self) -> str:
        return brief(str(self.place))


@dataclass(frozen=True)
class HandIn:
    """The files of one hand-in: its notebooks, the first names of its other files, whether there were more files than the limit."""

    notebooks: list[Candidate]
    others: list[str]
    too_many: bool = False
    files: tuple[PurePosixPath, ...] = ()  # the places of the other files


def is_notebook(name: str) -> bool:
    """Whether a file is a notebook, by its name."""
    return EXTENSION.search(name) is not None


def is_litter(name: str) -> bool:
    """Whether a file or folder with this name was left by an operating system or an editor and not handed in."""
    return name in LITTER or name.startswith(".")


def in_folder(folder: Path, read: Callable[[Path], bytes]) -> HandIn:
    """What is in a folder and its subfolders. Links and pipes are listed as such; no link is followed.

    Raises OSError if the folder itself cannot be read; an unreadable subfolder is skipped.
    """
    notebooks: list[Candidate] = []
    others: list[Candidate] = []
    seen, level = 0, [folder]
    for _ in range(HAND_IN_DEPTH + 1):
        below: list[Path] = []
        for parent in level:
            for entry in _entries(parent, needed=parent == folder):
                seen += 1
                path = Path(entry.path)
                place = PurePosixPath(path.relative_to(folder))
                if entry.is_dir(follow_symlinks=False):
                    below.append(path)
                else:
                    file = Candidate(place, _saved(entry), partial(read, path))
                    (notebooks if is_notebook(entry.name) else others).append(file)
            if seen > HAND_IN_ENTRIES:
                return found(notebooks, others, True)
        level = below
    return found(notebooks, others)


def found(notebooks: list[Candidate], others: list[Candidate], too_many: bool = False) -> HandIn:
    """What was found. If no file has a notebook's name, the first files whose extension may have been replaced are read."""
    if not notebooks:
        maybe = [file for file in others if REPLACED.search(file.place.name)]
        notebooks = [file for file in maybe[:LOOKED_INTO] if is_one(file)]
        others = [file for file in others if file not in notebooks]
    return HandIn(notebooks, [file.shown for file in others], too_many, tuple(file.place for file in others))


def is_one(file: Candidate) -> bool:
    """Whether a file is a notebook, by its content. Raises GraderFault if the machine cannot read it."""
    return REPLACED.search(file.place.name) is not None and _parsed(file)[0] is not None


def _entries(folder: Path, needed: bool) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            handed_in = (entry for entry in entries if not is_litter(entry.name))
            return sorted(
                islice(handed_in, HAND_IN_ENTRIES_OF_A_FOLDER), key=lambda entry: os.fsencode(entry.name)
            )
    except PermissionError:
        if needed:
            raise
        return []


def _saved(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except OSError:
        return 0.0


def choose(notebooks: Sequence[Candidate], lab: Lab | None) -> tuple[Candidate, list[Candidate]]:
    """The notebook to grade, and the others; `notebooks` must not be empty. Without a lab (it is invalid) only names and times count.

    Raises GraderFault if the machine cannot read them.
    """
    if len(notebooks) == 1:
        return notebooks[0], []
    wanted = lab.notebook if lab else "lab.ipynb"
    by_name = sorted(notebooks, key=lambda notebook: _by_name(notebook, wanted))
    known = _known(by_name[:LOOKED_INTO], lab) if lab else {}

    def order(notebook: Candidate) -> tuple[bool, bool, int, int, int, float, bytes]:
        is_lab, written, questions = known.get(id(notebook), (False, False, 0))
        far, depth, path = _by_name(notebook, wanted)
        return not is_lab, not written, far, depth, -questions, -notebook.saved, path

    first, *others = sorted(notebooks, key=order)
    return first, others


def _by_name(notebook: Candidate, wanted: str) -> tuple[int, int, bytes]:
    """How far its name is from the lab's (0 to 3), how deep it is, and its path."""
    name = notebook.place.name
    stem, wanted_stem = (EXTENSION.sub("", each).casefold() for each in (name, wanted))
    if name == wanted:
        far = 0
    elif stem == wanted_stem:
        far = 1
    elif stem.startswith(wanted_stem) and not stem[len(wanted_stem)].isalpha():
        far = 2
    else:
        far = 3
    return far, len(notebook.place.parts), str(notebook.place).encode("utf-8", "surrogatepass")


Inside = tuple[bool, bool, int]  # is of this lab, has answers, how many of its questions it has


def _known(notebooks: Sequence[Candidate], lab: Lab) -> dict[int, Inside]:
    """What is in each notebook, by the candidate's `id`, for those that are read."""
    known: dict[int, Inside] = {}
    left = BYTES_LOOKED_INTO
    for notebook in notebooks:
        if left <= 0:
            break
        known[id(notebook)], size = _inside(notebook, lab)
        left -= size
    return known


def _inside(notebook: Candidate, lab: Lab) -> tuple[Inside, int]:
    """What is in a notebook, and its size in bytes."""
    read, size = _parsed(notebook)
    with suppress(Ungradable):
        if read is not None:
            cells = cells_of(read, notebook.place.name, lab)
            return (True, not as_handed_out(read, lab), len(question_ids(cells, lab))), size
    return (False, False, 0), size


def _parsed(notebook: Candidate) -> tuple[dict[str, Any] | None, int]:
    """The notebook's JSON, or None if the file is not a notebook, and its size in bytes."""
    size = 0
    try:
        data = notebook.read()
        size = len(data)
        return parse(data, notebook.place.name), size
    except (Ungradable, PermissionError):
        return None, size
    except GraderFault as error:
        # An unreadable file must not keep the others from being read.
        if isinstance(error.__cause__, PermissionError):
            return None, size
        raise
