"""The snapshot of what students will see, accepted by a person: `assignment/<lab>/released.snapshot`.

The leak check finds only solutions that it knows. Whether anything else reaches students only a person can tell, so the
snapshot contains the text of every cell and the digest of every file of the release. A build that would make anything else is
refused, with the difference, until `gatelab build --accept` rewrites the snapshot.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from gatelab.build.errors import BuildError
from gatelab.folders import write_whole
from gatelab.handed_out.lists import first_lines, listed
from gatelab.lab.spec import Lab
from gatelab.limits import LINE_SHOWN, NAMES_SHOWN, SNAPSHOT_LINES
from gatelab.submission import earlier_releases
from gatelab.submission.earlier_releases import EarlierCell, Release
from gatelab.text import brief

NAME = "released.snapshot"
HEAD = (
    "What students get, accepted by a person. `gatelab build` refuses to make anything else;",
    "`gatelab build --accept` writes this file. Merge conflict in it? Build with --accept and read the difference.",
)
ACCEPT = "read the difference, then accept it with `gatelab build --accept{}`"
ACCEPT_FIRST = "read what they would get, then accept it with `gatelab build --accept{}`"


class NotAccepted(BuildError):
    """The release is not the accepted one; `difference` holds the lines to read."""

    def __init__(self, message: str, difference: list[str]) -> None:
        super().__init__(message)
        self.difference = difference


def path_of(lab: Lab) -> Path:
    """Where a lab's snapshot is."""
    return lab.assignment / NAME


def text_of(release: Path, lab: Lab) -> str:
    """The snapshot of a finished release."""
    notebook = nbformat.read(release / lab.notebook, as_version=4)
    lines = [*HEAD, "", *_digests(release), "", *cell_lines(notebook)]
    return "\n".join(lines) + "\n"


def accept(release: Path, lab: Lab) -> Path:
    """Write the snapshot of this release and return its path. The cells of the previous one are recorded, since students may have them."""
    path, text = path_of(lab), text_of(release, lab)
    _record_earlier(lab, _release_in(_accepted(lab)), _release_in(text))
    write_whole(path, text)
    return path


def _record_earlier(lab: Lab, before: Release, now: Release) -> None:
    """If this release has other cells than the accepted one, add that to the file of earlier releases. Raises BuildError if the file
    cannot be read."""
    if not before or before == now:
        return
    try:
        known = earlier_releases.earlier_releases(lab.assignment)
    except earlier_releases.Unreadable as error:
        raise BuildError(f"{error}; put it back as it was committed.") from error
    releases = [*(release for release in known if release not in (before, now)), before]
    write_whole(lab.assignment / earlier_releases.NAME, earlier_releases.text_of(releases))


def check(release: Path, lab: Lab, old: Path) -> None:
    """Raise NotAccepted if the release is not the accepted one.

    old: the release in the repository; if it is the accepted one, changed files are shown line by line.
    """
    accepted = _accepted(lab)
    new = text_of(release, lab)
    if new == accepted:
        return
    difference = _difference(_cells(accepted), _cells(new), lab.notebook)
    before, now = _files(accepted), _files(new)
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    for name in names:
        difference += _file_difference(
            name, before.get(name), release / name, old / name, name == lab.notebook
        )
    if not accepted:
        raise NotAccepted(_nothing_accepted(lab, ACCEPT_FIRST.format(lab.option)), difference)
    what = f"{len(names)} of its files {'differs' if len(names) == 1 else 'differ'} ({listed(names, NAMES_SHOWN)})"
    raise NotAccepted(
        f"{path_of(lab)}: students would get something else than what was accepted: {what}; {ACCEPT.format(lab.option)}.",
        difference,
    )


def _nothing_accepted(lab: Lab, do: str) -> str:
    return f"{path_of(lab)}: what students get from this lab was never accepted; {do}."


def check_source(notebook: NotebookNode, lab: Lab, names: Iterable[str]) -> None:
    """Raise NotAccepted if nbgrader is about to release another notebook or other files than the accepted ones.

    notebook: with its stubs, but without nbgrader's checksums. names: the files that lab.toml lists for release.
    """
    accepted = _accepted(lab)
    difference = _difference(_cells(accepted), cell_lines(notebook), lab.notebook)
    if not accepted:
        do = f"run `gatelab build{lab.option}`, {ACCEPT_FIRST.format(lab.option)}"
        raise NotAccepted(_nothing_accepted(lab, do), difference)
    before = _files(accepted)
    for name, path in _listed(lab.assignment, names):
        if before.get(name) != _digest(path):
            difference.append(f"  {name} is not the accepted file")
    if difference:
        raise NotAccepted(
            f"{path_of(lab)}: students would get something else than what was accepted; run `gatelab build{lab.option}`, {ACCEPT.format(lab.option)}.",
            difference,
        )


def cell_lines(notebook: NotebookNode) -> list[str]:
    """The notebook's cells as a person reads them, without nbgrader's additions."""
    lines: list[str] = []
    for cell in notebook.cells:
        metadata = {
            key: value
            for key, value in cell.metadata.items()
            if key not in ("nbgrader", "deletable", "editable")
        }
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        head = [
            cell.cell_type,
            *([grade_id] if grade_id else []),
            *([json.dumps(metadata, sort_keys=True)] if metadata else []),
        ]
        lines += [f"--- {' '.join(head)}", *(f"    {line}".rstrip() for line in cell.source.split("\n"))]
    return lines


def _accepted(lab: Lab) -> str:
    try:
        return path_of(lab).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(
            f"{path_of(lab)}: cannot be read ({error}); put it back or write it with `gatelab build --accept{lab.option}`."
        ) from error


def _digests(release: Path) -> list[str]:
    files = sorted(path for path in release.rglob("*") if path.is_file())
    return [f"{_digest(path)}  {path.relative_to(release).as_posix()}" for path in files]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(snapshot: str) -> dict[str, str]:
    """Name → digest."""
    head = snapshot.split("\n---", 1)[0].split("\n")
    return {line[66:]: line[:64] for line in head if line[64:66] == "  "}


def _cells(snapshot: str) -> list[str]:
    _, found, cells = snapshot.partition("\n---")
    return (found + cells).strip("\n").split("\n") if found else []


def _release_in(snapshot: str) -> Release:
    """The cells of a snapshot, read back from the lines that `cell_lines` wrote."""
    found: list[tuple[str, list[str]]] = []
    for line in _cells(snapshot):
        if line.startswith("--- "):
            found.append((line, []))
        elif found:
            found[-1][1].append(line.removeprefix("    "))
    return tuple(_cell_of(head, "\n".join(lines)) for head, lines in found)


def _cell_of(head: str, text: str) -> EarlierCell:
    names, _, metadata = head.removeprefix("--- ").partition(" {")
    kind, _, grade_id = names.partition(" ")
    tags = json.loads("{" + metadata).get("tags", []) if metadata else []
    return EarlierCell(kind, text, grade_id, tuple(tags))


def _listed(folder: Path, names: Iterable[str]) -> list[tuple[str, Path]]:
    paths = [folder / name for name in names]
    paths += [path for each in list(paths) if each.is_dir() for path in sorted(each.rglob("*"))]
    found = [(path.relative_to(folder), path) for path in paths if path.is_file()]
    return [
        (name.as_posix(), path)
        for name, path in found
        if path.suffix != ".pyc"
        and not any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    ]


def _file_difference(name: str, accepted: str | None, new: Path, old: Path, is_notebook: bool) -> list[str]:
    """The difference of one file. The notebook's cells have already been compared."""
    if accepted is None:
        return [f"+++ {name} is new"]
    if not new.is_file():
        return [f"--- {name} is gone"]
    if is_notebook:
        return [f"*** {name} has other bytes than the accepted one"]
    if old.is_file() and _digest(old) == accepted:
        try:
            before, now = (path.read_text(encoding="utf-8").split("\n") for path in (old, new))
            return _difference(before, now, name)
        except UnicodeDecodeError:
            pass
    return [f"*** {name} has other bytes than the accepted one"]


def _difference(before: list[str], now: list[str], name: str) -> list[str]:
    lines = list(difflib.unified_diff(before, now, f"accepted {name}", f"new {name}", lineterm="", n=1))
    return [brief(line, LINE_SHOWN) for line in first_lines(lines, SNAPSHOT_LINES, "lines")]
