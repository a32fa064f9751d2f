# Written by gatelab build from autograder/gatelab/handed_out/handin/notebook.py; change it there.
"""Finds the notebook's file and reads it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import progress
from ..limits import AGAIN_SECONDS, LARGEST_FILE, SAVING_SECONDS
from ..marks import mark_of, question_of
from ..near import nearest

COMMAND = os.environ.get(  # start.py says that it was called itself
    f"{progress.PACKAGE.upper()}_COMMAND", f"python -m {progress.PACKAGE}"
)


class Refused(Exception):
    """One sentence: what is wrong with the folder or the file, and what to do."""


@dataclass
class Notebook:
    """A notebook as it is on the disk, read once."""

    path: Path
    data: bytes
    cells: list[dict[str, Any]]
    saved: float  # seconds since 1970

    @property
    def sha256(self) -> str:
        """The hash of the file's bytes; the grader's reports have the same."""
        return hashlib.sha256(self.data).hexdigest()

    def texts(self) -> list[tuple[str, str]]:
        """Kind and text of each cell, without outputs."""
        return [(str(cell.get("cell_type")), source(cell)) for cell in self.cells]

    def code(self) -> list[tuple[int, str]]:
        """Number (from 1, all cells counted) and text of each code cell."""
        return [(k, source(c)) for k, c in enumerate(self.cells, 1) if c.get("cell_type") == "code"]


def find(named: str | None, folder: Path, command: str) -> Path:
    """The notebook that is meant. Raises Refused if there is none, or if there are several of this lab.

    named: as typed; None: the one notebook of this lab in the folder. command: what was typed before it.
    """
    if named is not None and not named.strip():
        raise Refused("the name of the notebook is empty; name the notebook that you write in.")
    if named is not None:
        path = Path(named)
        if path.suffix.lower() == ".ipynb" and path.is_file():
            return path
        if any(named == question["id"] for question in progress.table()["questions"]):
            raise Refused(
                f"{named}: that is a question, and a notebook was expected; all questions are looked at here. In the notebook, "
                f'grader.check("{named}") checks this one.'
            )
        if path.is_dir():
            raise Refused(_of_folder(path))
        what = "there is no such file" if not path.exists() else "it is not a notebook (.ipynb)"
        near = nearest(path.stem, sorted(one.stem for one in _notebooks(path.parent)))
        meant = f"is it {path.with_name(near[0])}.ipynb?" if near else "name the notebook that you write in."
        raise Refused(f"{named}: {what}; {meant}")
    found = _notebooks(folder)
    if not found:
        if in_its_place := sorted(path for path in folder.glob("*.ipynb") if path.is_dir()):
            raise Refused(_of_folder(in_its_place[0]))
        raise Refused(
            f"{folder.resolve()}: there is no notebook here; go to the folder that you write in "
            "(in Colab: download the notebook, it is not a file there)."
        )
    of_this_lab = [path for path in found if _is_ours(path)]
    if len(found) == 1 or len(of_this_lab) == 1:
        return (of_this_lab or found)[0]
    if not of_this_lab:
        raise Refused(
            f"{folder.resolve()}: none of the notebooks here is this lab's; name yours in the command."
        )
    newest = max(of_this_lab, key=lambda path: path.stat().st_mtime)
    copies = ", ".join(f"{path.name} (saved {when(path.stat().st_mtime)})" for path in of_this_lab)
    raise Refused(
        f"there are several copies of the notebook here: {copies}; name the one that you write in, "
        f'as in `{COMMAND} {command} "{newest.name}"`.'
    )


def _notebooks(folder: Path) -> list[Path]:
    """The files in a folder that have a notebook's name. (A folder may have one, too: some programs unpack a file into a folder of its name.)"""
    return sorted(p for p in folder.glob("*.ipynb") if not p.name.startswith(".") and not p.is_dir())


def _of_folder(path: Path) -> str:
    """The sentence on a folder that is where a notebook should be."""
    inside = _notebooks(path)
    if inside and path.suffix.lower() == ".ipynb":
        return f"{path}: this is a folder, and the notebook is in it: move {inside[0]} out of it, next to the folder {progress.PACKAGE}."
    if inside:
        return f"{path}: this is a folder; is it {inside[0]}?"
    return f"{path}: this is a folder and not a notebook, and none is in it; name the notebook that you write in."


def read(path: Path) -> Notebook:
    """Read a notebook. Raises Refused if it cannot be read or is not a notebook."""
    try:
        data, saved = _settled(path), path.stat().st_mtime
    except OSError as error:
        raise Refused(
            f"{path}: it cannot be read ({error.strerror}); close it elsewhere and try again."
        ) from None
    if not data.strip():
        raise Refused(f"{path}: the file is empty; save the notebook and try again.")
    if len(data) > LARGEST_FILE:
        raise Refused(
            f"{path}: it is larger than {LARGEST_FILE >> 20} MB, more than the grader takes; clear all outputs, save, try again."
        )
    cells = _cells(data)
    if cells is None:
        raise Refused(f"{path}: this notebook cannot be read; save it again in Jupyter and try again.")
    return Notebook(path, data, cells, saved)


def _settled(path: Path) -> bytes:
    """The file's contents once it is complete: while Jupyter saves it, the file is empty or incomplete for a moment."""
    end = path.stat().st_mtime + SAVING_SECONDS
    while True:
        data = path.read_bytes()
        left = end - time.time()
        if len(data) > LARGEST_FILE or _cells(data) is not None or not 0 < left <= SAVING_SECONDS:
            return data
        time.sleep(AGAIN_SECONDS)


def copies(notebook: Notebook, folder: Path) -> list[str]:
    """A sentence for each other notebook of this lab next to it, which says whether that was saved later; and one if the file does not have
    the lab's name."""
    wanted, found = progress.table()["notebook"], []
    for path in _notebooks(folder):
        if path.resolve() == notebook.path.resolve() or not _is_ours(path):
            continue
        later = path.stat().st_mtime > notebook.saved
        found.append(
            f"{path.name} is here too, saved {when(path.stat().st_mtime)}"
            + (f", later than {notebook.path.name}: is it the one you write in?" if later else ".")
        )
    if notebook.path.name != wanted and not (folder / wanted).exists():
        found.append(f"the file is called {notebook.path.name} and not {wanted}: that is fine.")
    return found


def when(seconds: float) -> str:
    """`today 14:05`, or with the date."""
    then, now = time.localtime(seconds), time.localtime()
    return time.strftime("today %H:%M" if then[:3] == now[:3] else "%Y-%m-%d %H:%M", then)


def source(cell: dict[str, Any]) -> str:
    """A cell's text, however it is stored."""
    text = cell.get("source", "")
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def _cells(data: bytes) -> list[dict[str, Any]] | None:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    cells = found.get("cells") if isinstance(found, dict) else None
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else None


def _is_ours(path: Path) -> bool:
    """Whether a notebook belongs to this lab, judged by its cells' metadata or by the names that it defines."""
    try:
        cells = _cells(_settled(path)) if path.stat().st_size <= LARGEST_FILE else None
    except OSError:
        return False
    ids = {question["id"] for question in progress.table()["questions"]}
    names = [name for question in progress.table()["questions"] for name in question["names"]]
    heads = tuple(f"{word} {name}(" for name in names for word in ("def", "class"))
    for cell in cells or []:
        if question_of(mark_of(cell).get("grade_id")) in ids:
            return True
        if cell.get("cell_type") == "code" and any(
            line.startswith(heads) for line in source(cell).split("\n")
        ):
            return True
    return False
