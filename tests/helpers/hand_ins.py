"""Hand-ins with several notebooks, one of which is the lab; used for every interface."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

# The contents of a file: work (numbered), the release, another course's notebook, or no notebook.
WORK, OTHER_WORK, RELEASE, FOREIGN, BROKEN = "work", "other work", "release", "foreign", "broken"


@dataclass(frozen=True)
class HandIn:
    """`files`: path → contents (one of the words above, or the text itself), oldest first; `right`: the path of the lab; `others`: those listed as not
    graded."""

    files: dict[str, str]
    right: str
    others: tuple[str, ...] = field(default=())


def _one(name: str, *others: str) -> HandIn:
    """The first file has the student's work; the others, which are newer, have other work."""
    return HandIn({name: WORK} | dict.fromkeys(others, OTHER_WORK), name, others)


HAND_INS = {
    "the copy of macOS": HandIn({"lab.ipynb": WORK, "._lab.ipynb": BROKEN}, "lab.ipynb"),
    "an untitled one": _one("lab.ipynb", "Untitled.ipynb"),
    "a copy of Jupyter's": _one("lab.ipynb", "lab-Copy1.ipynb"),
    "a copy of Windows'": _one("lab.ipynb", "lab (1).ipynb"),
    "a language server's folder": HandIn(
        {"lab.ipynb": WORK, ".virtual_documents/lab.ipynb": OTHER_WORK}, "lab.ipynb"
    ),
    "a checkpoint": HandIn(
        {"lab.ipynb": WORK, ".ipynb_checkpoints/lab-checkpoint.ipynb": OTHER_WORK}, "lab.ipynb"
    ),
    "a folder of macOS": HandIn({"lab.ipynb": WORK, "__MACOSX/lab.ipynb": OTHER_WORK}, "lab.ipynb"),
    "a hidden folder alone beside it": HandIn(
        {".Trash-0/files/lab.ipynb": OTHER_WORK, "my work.ipynb": WORK}, "my work.ipynb"
    ),
    "one in a folder": HandIn({"week 5/lab.ipynb": WORK}, "week 5/lab.ipynb"),
    "an older version in a folder": _one("lab.ipynb", "old/lab.ipynb"),
    "capital letters": _one("LAB.ipynb", "lab_final.ipynb"),
    "capital letters in the extension": HandIn({"lab.IPYNB": WORK}, "lab.IPYNB"),
    "a name added": _one("lab_maria.ipynb", "Untitled1.ipynb"),
    "a browser's extension": HandIn({"lab.ipynb.txt": WORK}, "lab.ipynb.txt"),
    "a browser's extension beside the real one": _one("lab.ipynb", "lab.ipynb.txt"),
    "a browser's number after the extension": HandIn({"lab.ipynb (1)": WORK}, "lab.ipynb (1)"),
    "a number and an extension": HandIn({"lab.ipynb-2.txt": WORK}, "lab.ipynb-2.txt"),
    "a download beside a notebook of another course": HandIn(
        {"lab.ipynb(1)": WORK, "zz.ipynb": FOREIGN}, "lab.ipynb(1)", ("zz.ipynb",)
    ),
    "an extension in place of the notebook's": HandIn(
        {"notes.txt": BROKEN, "data.json": "{}", "lab.json": WORK}, "lab.json"
    ),
    "text in place of the notebook's extension": HandIn({"week 5/lab.TXT": WORK}, "week 5/lab.TXT"),
    "an extension in place of the notebook's, beside a notebook": HandIn(
        {"lab.ipynb": WORK, "lab.json": OTHER_WORK}, "lab.ipynb"
    ),
    "the newest of two folders": HandIn(
        {"a/lab.ipynb": OTHER_WORK, "b/lab.ipynb": WORK}, "b/lab.ipynb", ("a/lab.ipynb",)
    ),
    "the newest of two folders, which comes first": HandIn(
        {"b/lab.ipynb": OTHER_WORK, "a/lab.ipynb": WORK}, "a/lab.ipynb", ("b/lab.ipynb",)
    ),
    "another course's": HandIn(
        {"answers.ipynb": WORK, "zz.ipynb": FOREIGN}, "answers.ipynb", ("zz.ipynb",)
    ),
    "another course's under the lab's name": HandIn(
        {"answers.ipynb": WORK, "lab.ipynb": FOREIGN}, "answers.ipynb", ("lab.ipynb",)
    ),
    "a broken one under the lab's name": HandIn(
        {"lab-Copy1.ipynb": WORK, "lab.ipynb": BROKEN}, "lab-Copy1.ipynb", ("lab.ipynb",)
    ),
    "the release under the lab's name": HandIn(
        {"lab-Copy1.ipynb": WORK, "lab.ipynb": RELEASE}, "lab-Copy1.ipynb", ("lab.ipynb",)
    ),
    "a laboratory": HandIn(
        {"lab2.ipynb": WORK, "labour.ipynb": OTHER_WORK}, "lab2.ipynb", ("labour.ipynb",)
    ),
    "six more": HandIn(
        {"lab.ipynb": WORK} | {f"lab-Copy{k}.ipynb": OTHER_WORK for k in range(1, 7)},
        "lab.ipynb",
        tuple(f"lab-Copy{k}.ipynb" for k in range(6, 0, -1)),
    ),
}  # fmt: skip


def write(folder: Path, hand_in: HandIn, contents: dict[str, bytes]) -> Path:
    """Write the files below `folder`, each a minute newer than the one before. `contents`: word → bytes."""
    for number, (name, what) in enumerate(hand_in.files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents.get(what, what.encode()))
        os.utime(path, (1_700_000_000 + 60 * number,) * 2)
    return folder


def contents(solved: dict, release: dict) -> dict[str, bytes]:
    """Word → bytes, from the JSON of a solved notebook and of the release."""
    other = copy.deepcopy(solved)
    other["cells"].append({"cell_type": "markdown", "id": "x", "metadata": {}, "source": "another version"})
    foreign = {"cells": [{"cell_type": "code", "id": "y", "metadata": {}, "source": "x = 1", "outputs": [],
                          "execution_count": None}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}  # fmt: skip
    return {
        WORK: json.dumps(solved).encode(),
        OTHER_WORK: json.dumps(other).encode(),
        RELEASE: json.dumps(release).encode(),
        FOREIGN: json.dumps(foreign).encode(),
        BROKEN: b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X",
    }
