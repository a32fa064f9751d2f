"""nbgrader's settings for this repository, used by nbgrader_config.py and by the build alike."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import shutil
import sys
from pathlib import Path

from traitlets.config import Config

from gatelab.build import markers, master
from gatelab.build.accepted import AcceptedOnly
from gatelab.build.errors import BuildError
from gatelab.build.settings import Settings
from gatelab.build.stubs import TEXT_STUB, StubSolutions
from gatelab.folders import replacing
from gatelab.lab.spec import Lab, LabError, lab_names

FORMGRADER = "nbgrader.server_extensions.formgrader.apihandlers"  # loaded in JupyterLab's server only
EMPTY = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def labs(root: Path) -> list[Lab]:
    """The labs of a repository: the folders of assignment/ that hold a lab.toml."""
    return [Lab.in_repository(root, name) for name in lab_names(root)]


def configure(c: Config, root: Path) -> None:
    """Set nbgrader up for the course in `root` and bring the notebooks it will read up to date."""
    find_programs()
    if FORMGRADER in sys.modules:
        importlib.import_module("gatelab.integrations.nbgrader.server").put_in_place()
    release_settings(c, root)
    grading_settings(c, root)
    c.AcceptedOnly.kit = str(root)
    for lab in labs(root):
        write_source(lab, root)


def refuse(c: Config, error: LabError, root: Path) -> None:
    """The lab is faulty: end nbgrader's command with the sentence, and in a server let every step answer with it.

    nbgrader goes on without settings after any exception but SystemExit, and would run students' code itself. JupyterLab's
    server, which reads the settings at every click, would be ended by that one.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise SystemExit(f"nbgrader_config.py: {error}") from error
    c.CourseDirectory.source_directory = "assignment"
    c.RefusingExporter.why = str(error)
    for step in (c.GenerateAssignment, c.Autograde):
        step.exporter_class = "gatelab.build.refusing.RefusingExporter"
    for name in lab_names(root):  # a step that finds no notebook at all would say only that
        folder = root / "assignment" / name
        if not list(folder.glob("*.ipynb")):
            (folder / "lab.ipynb").write_text(json.dumps(EMPTY), encoding="utf-8")


def find_programs() -> None:
    """Put this environment's programs on the path.

    nbgrader starts `alembic` by its name to make a grade book. Called as .venv/bin/nbgrader, without an activated
    environment, it would not find it, and leave half a grade book.
    """
    here = str(Path(sys.executable).parent)
    if shutil.which("alembic") is None:
        os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")


def release_settings(c: Config, root: Path) -> None:
    """What `nbgrader generate_assignment` needs."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import ClearSolutions

    c.CourseDirectory.source_directory = "assignment"
    c.CourseDirectory.release_directory = "release"
    c.CourseDirectory.ignore = ignored(root)
    c.ClearSolutions.begin_solution_delimeter = markers.BEGIN
    c.ClearSolutions.end_solution_delimeter = markers.END
    c.ClearSolutions.text_stub = TEXT_STUB
    steps = GenerateAssignment.class_traits()["preprocessors"].default()
    place = steps.index(ClearSolutions)
    c.GenerateAssignment.preprocessors = [*steps[:place], StubSolutions, AcceptedOnly, *steps[place + 1 :]]
    c.GenerateAssignment.exporter_class = "nbconvert.exporters.NotebookExporter"  # also after `refuse`
    # Without it nbgrader skips an existing release with exit code 0, and the stale copy stays.
    c.GenerateAssignment.force = True


def grading_settings(c: Config, root: Path) -> None:
    """What `nbgrader autograde`, `generate_feedback` and `release_feedback` need. Names only: nothing is imported here."""
    adapter = "gatelab.integrations.nbgrader"
    c.Autograde.exporter_class = f"{adapter}.preprocessor.SubmissionExporter"
    c.SubmissionExporter.kit = str(root)
    c.Autograde.sanitize_preprocessors = [
        f"{adapter}.cells.RestoreCells",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{adapter}.preprocessor.GradeByEngine",
        "nbgrader.preprocessors.LimitOutput",
        f"{adapter}.preprocessor.SaveGrades",
        f"{adapter}.late.LatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.GenerateFeedback.preprocessors = [
        f"{adapter}.rubric.WithoutStaffCells",
        "nbgrader.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.ExchangeFactory.release_feedback = f"{adapter}.exchange.ReleaseFeedback"


def ignored(root: Path) -> list[str]:
    """Names that nbgrader must not copy: everything in a lab's folder that is not listed for release.

    nbgrader knows only names to leave out. Made from the list of what students get, a new staff file beside the
    master stays with the staff until somebody lists it.
    """
    staff: dict[str, Lab] = {}
    shipped: dict[str, Lab] = {}
    for lab in labs(root):
        listed = Settings.of(lab).release
        for path in lab.assignment.iterdir():
            if path.suffix != ".ipynb":
                (shipped if path.name in listed else staff)[path.name] = lab
    for name in sorted(staff.keys() & shipped):
        raise BuildError(
            f"{name}: students of {shipped[name].title} get it and those of {staff[name].title} do not, and nbgrader knows "
            "only names to leave out; rename one of the two."
        )
    return [".*", "*.pyc", "__pycache__", "feedback", *sorted(staff)]


def write_source(lab: Lab, root: Path) -> Path:
    """Write the master's notebook next to it, where nbgrader looks for it, unless it is there already.

    The text is compared, not the time: a checkout or a copy can make a stale file look new. The file is
    read-only, so that nobody edits it in Jupyter and loses the edit to the next conversion.
    """
    target = lab.assignment / lab.notebook
    try:
        text = source_text(lab, root)
    except Exception:
        target.unlink(missing_ok=True)  # better no notebook than one that differs from the master
        raise
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        with replacing(target) as draft:
            draft.write_text(text, encoding="utf-8")
            draft.chmod(0o444)
    return target


def source_text(lab: Lab, root: Path) -> str:
    """The text of the notebook that nbgrader reads."""
    path = (lab.assignment / lab.notebook).with_suffix(".py")
    if not path.is_file():
        raise BuildError(f"{path}: the master is missing; put it back, or remove the lab's folder.")
    place = f"release/{lab.name}/{lab.notebook}"
    return master.dumps(master.convert(path, lab, Settings.of(lab), place))
