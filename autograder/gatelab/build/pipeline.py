"""The build: make everything in a workspace, pass it through the gate, swap it in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nbformat import NotebookNode

from gatelab.build import (
    checks,
    class_notebooks,
    complete,
    contents,
    form,
    gate,
    master,
    misfits,
    questions_file,
    regions,
    snapshot,
    solved,
    untouched_release,
)
from gatelab.build.errors import BuildError
from gatelab.build.release import make_release
from gatelab.build.settings import Settings
from gatelab.build.student_zip import write_student_zip
from gatelab.folders import put_in_place, temporary_folder
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Report


class Grader(Protocol):
    """The part of gatelab.grading.engine.Engine that the build uses."""

    def grade(self, path: Path, name: str = ...) -> Report: ...


@dataclass
class Built:
    """The results of a build."""

    release: Path
    solutions: Path | None  # None when nothing was executed
    zip: Path  # the release as one file
    accepted: Path | None = None  # the snapshot, when this build wrote it


def build(
    root: Path,
    engine: Grader | None = None,
    execute: bool = True,
    name: str | None = None,
    say: Callable[[str], None] = lambda step: None,
    accept: bool = False,
    call: bool = True,
    lab: Lab | None = None,
) -> Built:
    """Build release/<name>, dist/<name>.zip and solutions/<name> from assignment/<name>.

    Nothing is written unless everything has passed the gate and is what a person accepted. BuildError says what did not
    pass, NotAccepted (a BuildError) what differs from the accepted snapshot.

    engine: grades the solution and the release; None: the build starts one.
    execute: also run the solved notebooks and write solutions/ (a notebook that was already run with the
        same text and files is kept).
    say: called with one line for each step.
    accept: write the snapshot of what students will see instead of comparing with it.
    call: also run the untouched release and call its stubs.
    lab: the lab of `root` if it has already been checked.
    """
    root = Path(root).resolve()
    lab = lab or Lab.in_repository(root, name)
    name = lab.assignment.name
    checks.keep_up(lab)
    place, old = root / "release" / name, root / "solutions" / name
    questions_file.keep_up(lab, Settings.of(lab))
    complete.check(lab, misfits.check(lab))
    with _workspace(root) as workspace:
        if accept:
            for change in master.bring_points_up_to_date(lab.master, lab):
                say(change)
        say("converting the master with nbgrader")
        release = make_release(lab, root, workspace)
        say("looking for what students must not see")
        inspect(release, lab, root)
        if not accept:
            snapshot.check(release, lab, place)
        if call:
            say("calling every stub of the untouched release")
            untouched_release.check(release, lab, stubbed(lab, root))
        finished = workspace / "solutions" / name
        notebooks = _solve(lab, root, release, finished)
        say("grading the solution and the untouched release")
        with _grading(lab, engine) as grade:
            gate.check_points(release, finished / lab.notebook, lab, grade)
        if execute:
            _execute(notebooks, lab, release, finished, old, say)
            _swap(finished, old, workspace)
        accepted = snapshot.accept(release, lab) if accept else None
        _swap(release, place, workspace)
        zip = write_student_zip(place, lab, root / "dist")
    return Built(place, old if execute else None, zip, accepted)


def inspect(release: Path, lab: Lab, root: Path) -> None:
    """Raise BuildError if a finished release contains something that students must not see, or that is not listed for them."""
    settings = Settings.of(lab)
    beside = [path for path in lab.assignment.iterdir() if path.name not in settings.release]
    bank = [lab.bank / "wheat", lab.bank / "chaff"] if lab.bank else []
    solved_files = class_notebooks.for_staff(root / "solutions")
    contents.check(release, lab, settings.release, [lab.hidden, *bank, *solved_files, *beside])
    notebooks = masters(lab, root)
    gate.check_form(release, lab, notebooks[lab.master.name])
    gate.check_leaks(release, lab, notebooks, settings.shared_lines)


@contextmanager
def built_release(lab: Lab, root: Path) -> Iterator[Path]:
    """The release that a build would make, in a temporary folder. Nothing is graded."""
    with _workspace(root) as workspace:
        yield make_release(lab, root, workspace)


def stubbed(lab: Lab, root: Path) -> dict[str, set[str]]:
    """grade_id of each solution cell in code → the names that have a stub of their own there."""
    notebook = masters(lab, root)[lab.master.name]
    return {
        cell.metadata["nbgrader"]["grade_id"]: form.of_master(cell.source, regions.find(cell)).stubbed
        for cell in notebook.cells
        if cell.cell_type == "code" and regions.is_solution(cell)
    }


def masters(lab: Lab, root: Path) -> dict[str, NotebookNode]:
    """File name → notebook of each master, with its solution regions."""
    settings = Settings.of(lab)
    return {path.name: master.convert(path, lab, settings) for path in master.masters_of(lab)}


def _solve(lab: Lab, root: Path, release: Path, finished: Path) -> dict[str, NotebookNode]:
    """Write the solved notebooks and those for class into a new folder, not executed. Returns file name → solved notebook."""
    notebooks = solved.solve(lab, root)
    finished.mkdir(parents=True)
    for file, notebook in notebooks.items():
        (finished / file).write_text(master.dumps(notebook), encoding="utf-8")
    class_notebooks.write(lab, notebooks, release, finished / class_notebooks.CLASS)
    return notebooks


def _execute(
    notebooks: Mapping[str, NotebookNode],
    lab: Lab,
    release: Path,
    finished: Path,
    old: Path,
    say: Callable[[str], None],
) -> None:
    """Replace the solved notebooks in `finished` by executed ones; those in `old` are kept if nothing has changed."""
    for file, notebook in notebooks.items():
        say(f"running {file}, solved")
        executed = solved.executed(file, notebook, release, old / file)
        solved.check_public(executed, lab)
        (finished / file).write_text(master.dumps(executed), encoding="utf-8")


@contextmanager
def _grading(lab: Lab, engine: Grader | None) -> Iterator[gate.Grade]:
    if engine is not None:
        yield lambda path: engine.grade(path, name=path.parent.parent.name)
        return
    from gatelab.grading.engine import Engine
    from gatelab.sandbox.confine import REQUIRED

    # Only the kit's own code runs here, so that a platform without confinement can build.
    with Engine(lab, seed=0, jobs=1, accept_missing=REQUIRED) as own:  # what staff wrote is trusted
        yield lambda path: own.grade(path, name=path.parent.parent.name)


@contextmanager
def _workspace(root: Path) -> Iterator[Path]:
    """A folder on the repository's own file system, so that its results can be renamed into place."""
    with temporary_folder(".gatelab-build-", root) as path:
        yield path


def _swap(new: Path, place: Path, workspace: Path) -> None:
    for path in [new, *new.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    try:
        put_in_place(new, place, workspace)
    except OSError as error:
        raise BuildError(f"{place}: {error}") from error
