"""Makes the release with nbgrader's own conversion, in a separate folder."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import cast

import traitlets.log
from nbgrader.converters import GenerateAssignment, NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gatelab.build import course
from gatelab.build.errors import BuildError
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab


def make_release(lab: Lab, root: Path, workspace: Path) -> Path:
    """Convert the lab with nbgrader and return the folder `workspace/release/<lab>`.

    The grade book is not touched, and a conversion that fails leaves only a workspace to be deleted. Run in place, nbgrader
    would delete the release before it finds out that it cannot make a new one.
    """
    source = workspace / "assignment" / lab.name
    source.mkdir(parents=True)
    for name in Settings.of(lab).release:
        _copy(lab.assignment / name, source / name)
    (source / lab.notebook).write_text(course.source_text(lab, root), encoding="utf-8")

    settings = Config()
    course.release_settings(settings)
    settings.CourseDirectory.ignore = course.ignored(lab)
    settings.SaveCells.enabled = False  # together with no_database, the same as nbgrader's --no-db
    settings.GenerateAssignment.no_database = True
    settings.CourseDirectory.root = str(workspace)
    settings.CourseDirectory.assignment_id = lab.name
    _convert(settings, lab)
    release = workspace / "release" / lab.name
    _compare(source, release, lab)
    return release


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))
    elif source.is_file():
        shutil.copyfile(source, target)
    else:
        raise BuildError(f"{source}: lab.toml lists it for release, but it does not exist.")


def _convert(settings: Config, lab: Lab) -> None:
    log = cast(logging.Logger, traitlets.log.get_logger())  # no adapter has been set
    errors = _Errors()
    log.addHandler(errors)
    propagate, log.propagate = log.propagate, False
    try:
        folder = CourseDirectory(config=settings)
        GenerateAssignment(coursedir=folder, config=settings).start()
    except NbGraderException as error:
        # nbgrader's exception says "see the log". The cause is the first error there; the last line of its traceback names it.
        first = next(iter(errors.texts), str(error)).strip().split("\n")[-1]
        raise BuildError(
            f"{lab.notebook}: nbgrader could not convert it ({first}); fix that in {lab.master}."
        ) from error
    finally:
        log.propagate = propagate
        log.removeHandler(errors)


class _Errors(logging.Handler):
    """Collects what nbgrader logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def _compare(source: Path, release: Path, lab: Lab) -> None:
    """Raise BuildError if files were lost: nbgrader's ignore list matches names in every folder."""
    wanted, got = _names(source), _names(release)
    if wanted != got:
        lost, extra = sorted(wanted - got), sorted(got - wanted)
        changes = [f"left out {', '.join(lost)}"] if lost else []
        changes += [f"added {', '.join(extra)}"] if extra else []
        raise BuildError(
            f"release/{lab.name}: nbgrader {' and '.join(changes)}; rename what is named, because nbgrader's ignore list matches names in "
            "every folder."
        )


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
