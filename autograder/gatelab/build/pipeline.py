"""The build: make everything in a workspace, pass it through the gate, swap it in."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gatelab.build import class_notebooks, gate, master, solved
from gatelab.build.errors import BuildError
from gatelab.build.release import make_release
from gatelab.build.settings import Settings
from gatelab.lab import Lab
from gatelab.report.model import Report


class Grader(Protocol):
    """What the build asks of gatelab.engine.Engine."""

    def grade(self, path: Path, name: str = ...) -> Report: ...


@dataclass
class Built:
    """What a build made."""

    release: Path
    solutions: Path | None  # None when nothing was executed
    pending: list[str] = field(
        default_factory=list
    )  # questions of the table that the notebook does not ask yet


def build(
    root: Path,
    engine: Grader | None = None,
    execute: bool = True,
    name: str = "lstm-gru",
    say: Callable[[str], None] = lambda step: None,
) -> Built:
    """Build release/<name> and solutions/<name> from assignment/<name>.

    Nothing is written unless all of it passed the gate; BuildError says what did not.

    engine: grades the solution and the release; None: one is started for it.
    execute: also run the solved notebooks and write solutions/ (a notebook that was run from the same text and
        files before is kept).
    say: told what is being done, a line a step.
    """
    root = Path(root).resolve()
    lab = Lab.in_repository(root, name)
    with _workspace(root) as workspace:
        say("converting the master with nbgrader")
        release = make_release(lab, root, workspace)
        notebooks = solved.solve(lab, root)
        finished = workspace / "solutions" / name
        finished.mkdir(parents=True)
        for file, notebook in notebooks.items():
            (finished / file).write_text(master.dumps(notebook), encoding="utf-8")
        class_notebooks.write(lab, notebooks, release, finished / "class")

        say("looking for solutions and hidden tests in the release")
        gate.check_leaks(release, lab, masters(lab, root), Settings.of(root).shared_lines)
        say("grading the solution and the untouched release")
        with _grading(lab, engine) as grade:
            pending = gate.check_points(release, finished / lab.notebook, lab, grade)

        if execute:
            old = root / "solutions" / name
            for file, notebook in notebooks.items():
                say(f"running {file}, solved")
                notebook = solved.executed(file, notebook, release, old / file)
                (finished / file).write_text(master.dumps(notebook), encoding="utf-8")
            _swap(finished, old, workspace)
        _swap(release, root / "release" / name, workspace)
    return Built(root / "release" / name, root / "solutions" / name if execute else None, pending)


def masters(lab: Lab, root: Path) -> dict:
    """File name → notebook of each master, with its solution regions."""
    settings = Settings.of(root)
    paths = [lab.assignment / file for file in solved.MASTERS]
    return {path.name: master.convert(path, lab, settings, path.name) for path in paths if path.is_file()}


@contextmanager
def _grading(lab: Lab, engine: Grader | None) -> Iterator[gate.Grade]:
    if engine is not None:
        yield lambda path: engine.grade(path, name=path.parent.parent.name)
        return
    from gatelab.engine import Engine

    # Only the kit's own code runs here, so that a platform without confinement can build.
    with Engine(lab, seed=0, jobs=1, accept_missing_protection=True) as own:
        yield lambda path: own.grade(path, name=path.parent.parent.name)


@contextmanager
def _workspace(root: Path) -> Iterator[Path]:
    """A folder on the repository's own file system, so that its results can be renamed into place."""
    path = Path(tempfile.mkdtemp(prefix=".gatelab-build-", dir=root))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _swap(new: Path, place: Path, workspace: Path) -> None:
    """Put a finished folder in its place by renaming, so that there is never half a folder in it."""
    for path in [new, *new.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=workspace)) / "old"
    if place.exists():
        os.rename(place, aside)
    try:
        os.rename(new, place)
    except OSError as error:
        if aside.exists():
            os.rename(aside, place)
        raise BuildError(f"{place}: {error}") from error
