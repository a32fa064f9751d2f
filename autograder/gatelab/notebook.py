"""Read a submitted notebook: its code cells, without a kernel and without trusting anything in it.

The JSON is checked by hand and not by nbformat, which upgrades and repairs (and, for a hostile file, raises
whatever it meets on the way): here a file is either plainly readable or named as what it is.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatelab.lab import Lab

SIZE_LIMIT = 20 << 20
SOURCE_LIMIT = 1 << 20  # of one cell
CELL_LIMIT = 2000
SKIP_TAG = "experiment"
HOW = "open it in Jupyter, save it as .ipynb and hand it in again"


class Ungradable(Exception):
    """The submission cannot be graded; the message is one sentence that says what is wrong and the way out."""


@dataclass
class CodeCell:
    """A code cell; `index` counts all cells of the notebook from 1, as an editor does."""

    index: int
    source: str
    grade_id: str = ""
    skip: bool = False
    definitions_only: bool = False


def read_bytes(path: Path) -> bytes:
    """The file's bytes. Raises Ungradable when it is no regular file of a sensible size."""
    irregular = Ungradable(f"{path.name}: this is not a regular file; hand in the notebook itself.")
    try:
        # Opened first and looked at then, since something else may take the name in between.
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise irregular
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        if path.is_symlink() or not path.is_file():
            raise irregular from error
        raise Ungradable(
            f"{path.name}: the file cannot be read ({error.strerror}); hand it in again."
        ) from error
    if len(data) > SIZE_LIMIT:
        raise Ungradable(
            f"{path.name}: the file is larger than {SIZE_LIMIT >> 20} MiB; clear all outputs, save and hand it in again."
        )
    return data


def _open(path: str, flags: int) -> int:
    """Follows no link, and does not wait for who would write into a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def read_cells(data: bytes, name: str, lab: Lab) -> list[CodeCell]:
    """The code cells of a notebook.

    Args:
        data: the file's bytes.
        name: the file's name, for messages.
        lab: the lab it should belong to.

    Raises:
        Ungradable: with one sentence, when the file is not a Python notebook of this lab.
    """
    notebook = _parse(data, name)
    cells: list[CodeCell] = []
    raw_cells = notebook["cells"]
    if len(raw_cells) > CELL_LIMIT:
        raise Ungradable(f"{name}: it has more than {CELL_LIMIT} cells; hand in the lab's notebook only.")
    for index, raw in enumerate(raw_cells, start=1):
        if not isinstance(raw, dict) or raw.get("cell_type") != "code":
            continue
        source = _source(raw.get("source"))
        if source is None or len(source) > SOURCE_LIMIT:
            raise Ungradable(f"{name}: cell {index} has no readable source; {HOW}.")
        metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
        nbgrader = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
        tags = metadata.get("tags") if isinstance(metadata.get("tags"), list) else []
        # Experiments take long, check cells ask the notebook what it thinks of itself: neither is run.
        check = nbgrader.get("grade") is True and nbgrader.get("solution") is False
        cells.append(
            CodeCell(index, source, str(nbgrader.get("grade_id", ""))[:80], skip=check or SKIP_TAG in tags)
        )
    if not _of_this_lab(cells, lab):
        raise Ungradable(
            f"{name}: none of the questions of “{lab.title}” is in this notebook; hand in {lab.notebook} of this lab."
        )
    return cells


def _parse(data: bytes, name: str) -> dict[str, Any]:
    if not data.strip():
        raise Ungradable(f"{name}: the file is empty; save the notebook and hand it in again.")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Ungradable(f"{name}: this is not a notebook (not UTF-8 text); {HOW}.") from error
    except (ValueError, RecursionError, MemoryError) as error:
        what = "it breaks off in the middle" if data.lstrip()[:1] == b"{" else "it is not JSON"
        raise Ungradable(f"{name}: this is not a readable notebook ({what}); {HOW}.") from error
    if not isinstance(notebook, dict) or ("cells" not in notebook and "worksheets" not in notebook):
        raise Ungradable(f"{name}: this is JSON but not a notebook; {HOW}.")
    version = notebook.get("nbformat")
    if version != 4:
        raise Ungradable(f"{name}: its notebook format is {_brief(version)}, not 4; {HOW}.")
    if not isinstance(notebook.get("cells"), list):
        raise Ungradable(f"{name}: this is JSON but not a notebook (it has no list of cells); {HOW}.")
    metadata = notebook.get("metadata") if isinstance(notebook.get("metadata"), dict) else {}
    kernel = metadata.get("kernelspec") if isinstance(metadata.get("kernelspec"), dict) else {}
    language = kernel.get("language", "python")
    info = metadata.get("language_info") if isinstance(metadata.get("language_info"), dict) else {}
    for given in (language, info.get("name", "python")):
        if not isinstance(given, str) or "python" not in given.lower():
            raise Ungradable(
                f"{name}: its kernel is for {_brief(given)}, not Python; choose a Python 3 kernel, save and hand it in again."
            )
    return notebook


def _source(source: Any) -> str | None:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return source if isinstance(source, str) else None


def _of_this_lab(cells: list[CodeCell], lab: Lab) -> bool:
    """By its question cells, or (copied into a fresh notebook) by the names it defines."""
    ids = set(lab.questions)
    names = [name for question in lab.questions.values() for name in question.names]
    return any(
        cell.grade_id.removesuffix("-solution") in ids
        or any(f"def {name}" in cell.source or f"class {name}" in cell.source for name in names)
        for cell in cells
    )


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
