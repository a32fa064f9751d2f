"""Shows what changes for students from one release to another: cell by cell, file by file, points by question."""

from __future__ import annotations

import difflib
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gatelab.build.errors import BuildError
from gatelab.handed_out.lists import first_lines
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import DIFFERENCE_LINES, GIT_SECONDS, LINE_SHOWN
from gatelab.text import brief, cell_start

CONTEXT = 1  # lines around a change


class RevisionError(LabError):
    """There is no release to compare with; the message says why."""


def differences(old: Path, new: Path, lab: Lab) -> Iterator[str]:
    """The differences as lines of text; none if nothing changes for students. `old` and `new` are finished release folders; `old` may be missing."""
    before, now = _files(old), _files(new)
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) == now.get(name):
            continue
        if name not in before:
            yield f"new file: {name}"
        elif name not in now:
            yield f"file is gone: {name}"
        elif name == lab.notebook:
            yield from _notebook(name, before[name], now[name])
        else:
            yield f"file: {name}"
            yield from _file_difference(before[name], now[name])


def of_revision(root: Path, revision: str, lab: Lab, folder: Path) -> Path:
    """Extract the release of a git revision into `folder`. Raises RevisionError."""
    inside = f"release/{lab.assignment.name}"
    if revision.startswith("-"):
        raise RevisionError(f"{revision}: is not a git revision; name one as in HEAD, v1.0 or 22ca339.")
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "archive", "--format=tar", f"{revision}:{inside}"],
            capture_output=True, timeout=GIT_SECONDS,
        )  # fmt: skip
    except OSError as error:
        raise RevisionError(
            "git is not installed here; install it, or compare without a revision."
        ) from error
    if done.returncode:
        raise RevisionError(_why(root, revision, inside))
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _why(root: Path, revision: str, inside: str) -> str:
    """Why git has no release of a revision."""
    for words, why in (
        (["rev-parse", "--git-dir"], f"{root}: is not a git repository; compare without a revision."),
        (["rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}"],
         f"{revision}: the repository has no such revision; `git log --oneline -- release` lists those with a release."),
    ):  # fmt: skip
        if subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, timeout=GIT_SECONDS
        ).returncode:
            return why
    return f"{revision}: holds no {inside}; `git log --oneline -- {inside}` lists the revisions that do."


def _files(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _file_difference(before: bytes, now: bytes) -> Iterator[str]:
    try:
        old, new = (data.decode("utf-8").splitlines() for data in (before, now))
    except UnicodeDecodeError:  # a picture
        yield f"    other bytes ({len(before)} before, {len(now)} now): look at it"
        return
    yield from _lines(old, new)


def _notebook(name: str, before: bytes, now: bytes) -> Iterator[str]:
    """Points, then the cells that were added, removed or changed, in the order of the new notebook."""
    old, new = _cells(name, before), _cells(name, now)
    yield from _points(old, new)
    keys = [_key(cell) for cell in old], [_key(cell) for cell in new]
    count = 0
    for op, a, b, c, d in difflib.SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if op == "equal":
            for was, (number, cell) in zip(old[a:b], enumerate(new[c:d], c + 1), strict=True):
                if _source(was) != _source(cell):
                    count += 1
                    yield f"cell {number} ({_name(cell)}) changed:"
                    yield from _lines(_source(was), _source(cell))
            continue
        pairs = _match_cells(old[a:b], new[c:d])
        for number, cell in enumerate(new[c:d], c + 1):
            count += 1
            old_cell = pairs.get(number - c - 1)
            yield f"cell {number} ({_name(cell)}) {'changed' if old_cell else 'is new'}:"
            yield from _lines(_source(old_cell) if old_cell else [], _source(cell))
        taken = [id(cell) for cell in pairs.values()]
        for number, cell in enumerate(old[a:b], a + 1):
            if id(cell) not in taken:
                count += 1
                yield f"cell {number} of the old notebook ({_name(cell)}) is gone:"
                yield from _lines(_source(cell), [])
    if not count:
        yield f"{name}: only what nbgrader or Jupyter keep of its cells (metadata) changed"


def _points(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[str]:
    before, now = _points_of(old), _points_of(new)
    for id in [*now, *(id for id in before if id not in now)]:
        if id not in before:
            yield f"new question: {id}, {now[id]:g} points"
        elif id not in now:
            yield f"question is gone: {id}, {before[id]:g} points"
        elif before[id] != now[id]:
            yield f"points of {id}: {before[id]:g} → {now[id]:g}"
    if sum(before.values()) != sum(now.values()):
        yield f"points of the lab: {sum(before.values()):g} → {sum(now.values()):g}"


def _points_of(cells: list[dict[str, Any]]) -> dict[str, float]:
    marks = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    return {str(mark["grade_id"]): float(mark.get("points", 0)) for mark in marks if mark.get("grade")}


def _cells(name: str, data: bytes) -> list[dict[str, Any]]:
    try:
        cells: list[dict[str, Any]] = json.loads(data)["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{name} of one of the two releases is not a notebook; build it again.") from error
    return cells


def _key(cell: dict[str, Any]) -> str:
    """The key by which a cell is found in both notebooks: the ID of a question's cell, the text of other cells."""
    grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
    return f"id {grade_id}" if grade_id else "\n".join([cell["cell_type"], *_source(cell)])


def _match_cells(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Index of a new cell → the old cell that it was made from, judged by similarity; each old cell is used once, in order."""
    found: dict[int, dict[str, Any]] = {}
    left = list(old)
    for k, cell in enumerate(new):
        text = "\n".join(_source(cell))
        for at, was in enumerate(left):
            same_id = _key(was) == _key(cell)
            ratio = difflib.SequenceMatcher(None, "\n".join(_source(was)), text, autojunk=False).ratio()
            if was["cell_type"] == cell["cell_type"] and (same_id or ratio > 0.5):
                found[k] = was
                left = left[at + 1 :]
                break
    return found


def _name(cell: dict[str, Any]) -> str:
    grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
    return str(grade_id) if grade_id else cell_start("\n".join(_source(cell))) or "empty"


def _source(cell: dict[str, Any]) -> list[str]:
    source = cell.get("source", "")
    return ("".join(source) if isinstance(source, list) else str(source)).splitlines()


def _lines(before: list[str], now: list[str]) -> Iterator[str]:
    """The lines that differ, with one line of context, indented."""
    lines = list(difflib.unified_diff(before, now, lineterm="", n=CONTEXT))[2:]
    yield from (f"    {brief(line, LINE_SHOWN)}" for line in first_lines(lines, DIFFERENCE_LINES, "lines"))
