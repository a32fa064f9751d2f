"""Checks that a release contains only what it may: the listed files, plain text, pictures, and a notebook with nothing but
its cells.

A search finds only what it searches for, so everything that is not known to be harmless is refused here: outputs,
attachments, metadata, editors' copies, archives, a second notebook, links.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from gatelab.build import links, markers, master, pictures, placeholders
from gatelab.build.errors import BuildError
from gatelab.build.questions import METADATA, NBGRADER
from gatelab.handed_out.marks import question_of
from gatelab.lab.spec import Lab
from gatelab.text import brief

TEXT_FILES = {".py", ".md", ".txt", ".json", ".toml", ".csv", ".html", ".svg"}
ADDED = {"deletable", "editable"}  # nbgrader's, so that a question is not deleted by accident
_EMBEDDED = re.compile(r";base64,|\bdata:[\w.+-]+/[\w.+-]+[;,]", re.IGNORECASE)
ARCHIVES = ("UEsDB", "H4sI", "TVqQ")  # zip, gzip and programs, written in base64


def check(release: Path, lab: Lab, listed: Iterable[str], staff: Iterable[Path] = ()) -> None:
    """Raise BuildError if a release holds a file or a part of a notebook that it may not.

    listed: the names besides the notebook. staff: files and folders that are not for students.
    """
    secret = {_digest(path): path for path in _files_of(staff)}
    allowed = {lab.notebook, *listed}
    for path in sorted(release.rglob("*")):
        name = path.relative_to(release).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BuildError(f"{name} of the release is a link or not a regular file; put a copy there.")
        parts = name.split("/")
        if parts[0] not in allowed:
            raise BuildError(
                f"{name} of the release is not listed under release in lab.toml; list it or take it out."
            )
        if any(
            part.startswith(".") or part == "__pycache__" or "checkpoint" in part.casefold() for part in parts
        ):
            raise BuildError(f"{name} of the release is what a tool or an editor left there; delete it.")
        if path.is_dir():
            continue
        if _digest(path) in secret and path.stat().st_size > 0:
            raise BuildError(
                f"{name} of the release is a copy of {secret[_digest(path)].name}, which is for staff only; take it out."
            )
        if name == lab.notebook:
            check_notebook(path, lab)
        elif kind := pictures.picture_kind(path):
            _check_picture(path, name, kind)
        else:
            _check_text(path, name)
        if path.suffix == ".md":
            _check_links(path, name, release, lab)


def _check_picture(path: Path, name: str, kind: str) -> None:
    try:
        pictures.check(path.read_bytes(), kind)
    except pictures.NotOnlyAPicture as odd:
        raise BuildError(
            f"{name} of the release {odd}; save the picture alone, as docs/start-a-lab.md shows."
        ) from odd
    if kind == ".svg":
        _check_text(path, name)


def _check_links(path: Path, name: str, release: Path, lab: Lab) -> None:
    files = [each.relative_to(release).as_posix() for each in release.rglob("*") if each.is_file()]
    for line, why in links.broken(path.read_text(encoding="utf-8"), name, files, lab.assignment):
        raise BuildError(f"{name} of the release, line {line}: {why}.")


def _check_text(path: Path, name: str) -> None:
    if path.suffix not in TEXT_FILES and pictures.picture_kind(path) != ".svg":
        kinds = " ".join(sorted({*TEXT_FILES, *pictures.KINDS}))
        raise BuildError(
            f"{name} of the release is of a kind that nobody can look into ({path.suffix or 'no ending'}); release {kinds} files only."
        )
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BuildError(
            f"{name} of the release is not UTF-8 text; save it as such or take it out."
        ) from error
    if "\0" in text or any(start in text for start in ARCHIVES):
        raise BuildError(f"{name} of the release holds an archive or binary data; take it out.")
    if path.suffix.lower() in (".html", ".svg") and _EMBEDDED.search(text):
        raise BuildError(f"{name} of the release embeds a file in an address (data:…); take it out.")
    if path.suffix == ".json":
        _check_json(text, name)
        return
    find = placeholders.in_markdown if path.suffix == ".md" else placeholders.in_code
    for line, written in find(text):
        raise BuildError(
            f"{name} of the release, line {line}: {written} looks like a placeholder, and only masters have theirs filled in; write what students are to "
            "read, or put other double braces into code."
        )
    for remark in markers.remarks("code" if path.suffix == ".py" else "markdown", text):
        prose = remark.kind == "string" or path.suffix != ".py"
        if markers.looks_like_marker(remark.text, prose):
            raise BuildError(
                f"{name} of the release, line {remark.line}: `{brief(remark.text.strip())}` looks like a marker of a solution or of tests; only masters hold markers, so word it differently, or take the file out of release if it is one of staff."
            )


def _check_json(text: str, name: str) -> None:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BuildError(
            f"{name} of the release is not valid JSON ({error}); fix it next to the master."
        ) from error
    if isinstance(data, dict) and "cells" in data and "nbformat" in data:
        raise BuildError(f"{name} of the release is a notebook under another name; take it out.")


def check_notebook(path: Path, lab: Lab) -> None:
    """Raise BuildError if a notebook contains anything besides its cells' text and the metadata that a lab needs."""

    def refuse(what: str, cell: int | None = None) -> None:
        place = path.name if cell is None else f"cell {cell + 1} of {path.name}"
        raise BuildError(f"{place} in the release {what}; it must not reach students.")

    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        nbformat.validate(nbformat.from_dict(notebook))
    except (ValueError, nbformat.ValidationError) as error:
        raise BuildError(
            f"{path.name} of the release is not a valid notebook ({str(error).splitlines()[0]}); fix its master."
        ) from error
    extra = set(notebook) - {"cells", "metadata", "nbformat", "nbformat_minor"}
    if extra:
        refuse(f"has the entry {min(extra)!r}")
    if notebook["metadata"] != {"kernelspec": master.KERNEL, "language_info": master.LANGUAGE}:
        known = {"kernelspec", "language_info"}
        odd = sorted(set(notebook["metadata"]) - known) or sorted(known)
        refuse(f"has metadata that is not its kernel and language: {', '.join(odd)}")
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] not in ("code", "markdown"):
            refuse(f"is a {cell['cell_type']} cell", index)
        if _EMBEDDED.search("".join(cell["source"])):
            refuse("embeds a file in an address (data:…)", index)
        if cell.get("outputs"):
            refuse("has outputs", index)
        if cell.get("execution_count") is not None:
            refuse("has an execution count", index)
        extra = set(cell) - {"cell_type", "id", "metadata", "source", "outputs", "execution_count"}
        if extra:
            refuse(f"has {min(extra)}", index)
        extra = set(cell["metadata"]) - METADATA - ADDED
        extra |= set(cell["metadata"].get("nbgrader", {})) - NBGRADER
        if extra:
            refuse(f"has the metadata {min(extra)!r}", index)
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id is not None and question_of(grade_id) not in lab.questions:
            refuse(f"has the grade_id {grade_id!r}, which belongs to no question", index)


def _files_of(places: Iterable[Path]) -> Iterable[Path]:
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
