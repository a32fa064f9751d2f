"""nbgrader's settings for this repository, used both by nbgrader_config.py and by the build."""

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


def configure(c: Config, root: Path) -> None:
    """Set nbgrader up for the course in `root` and bring the notebooks it will read up to date.

    An invalid lab stops only the steps for that lab; if all labs are invalid, the command stops here.
    """
    find_programs()
    if FORMGRADER in sys.modules:
        importlib.import_module("gatelab.integrations.nbgrader.server").put_in_place()
    release_settings(c)
    grading_settings(c, root)
    names = lab_names(root)
    faulty = {name: why for name in names if (why := _update_source(root, name))}
    c.GenerateAssignment.exporter_class = "gatelab.build.source.SourceExporter"
    c.AcceptedOnly.kit = c.SourceExporter.kit = str(root)
    c.SourceExporter.faulty = c.SubmissionExporter.faulty = faulty
    if faulty and len(faulty) == len(names) and not _in_a_server():
        raise SystemExit(f"nbgrader_config.py: {faulty[names[0]]}")
    for (
        name
    ) in faulty:  # a step that finds no notebook would report only that, not what is wrong with the lab
        folder = root / "assignment" / name
        if not list(folder.glob("*.ipynb")):
            (folder / "lab.ipynb").write_text(json.dumps(EMPTY), encoding="utf-8")


def _update_source(root: Path, name: str) -> str:
    """Write the lab's notebook for nbgrader; returns a sentence that says what is wrong with the lab, or ""."""
    try:
        write_source(Lab.in_repository(root, name), root)
    except LabError as error:
        return str(error)
    except (
        Exception
    ) as error:  # a full disk, say: only this lab is affected, and the server goes on for the others
        return f"{root / 'assignment' / name}: its notebook cannot be made ({type(error).__name__}: {error})."
    return ""


def _in_a_server() -> bool:
    """Whether this is JupyterLab's server, which reads the settings at every click and would be ended by SystemExit."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def find_programs() -> None:
    """Put this environment's programs on the path.

    To create a grade book, nbgrader runs `alembic` by its name. If it is called as .venv/bin/nbgrader, without an activated
    environment, it would not find that program, and would leave an incomplete grade book.
    """
    here = str(Path(sys.executable).parent)
    if shutil.which("alembic") is None:
        os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")


def release_settings(c: Config) -> None:
    """What `nbgrader generate_assignment` needs for any lab."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import ClearSolutions

    c.CourseDirectory.source_directory = "assignment"
    c.CourseDirectory.release_directory = "release"
    c.ClearSolutions.begin_solution_delimeter = markers.BEGIN
    c.ClearSolutions.end_solution_delimeter = markers.END
    c.ClearSolutions.text_stub = TEXT_STUB
    steps = GenerateAssignment.class_traits()["preprocessors"].default()
    place = steps.index(ClearSolutions)
    c.GenerateAssignment.preprocessors = [*steps[:place], StubSolutions, AcceptedOnly, *steps[place + 1 :]]
    # Otherwise nbgrader skips an existing release with exit code 0, and the stale copy stays.
    c.GenerateAssignment.force = True


def grading_settings(c: Config, root: Path) -> None:
    """What `nbgrader autograde`, `generate_feedback`, `export` and `release_feedback` need. Names only: nothing is imported here."""
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
        f"{adapter}.late.PenaltiesUpToDate",
        "nbgrader.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.ExportApp.plugin_class = f"{adapter}.late.CsvExport"
    c.PenaltiesUpToDate.kit = c.CsvExport.kit = str(root)
    # Otherwise nbgrader skips every page that exists, and marks that were given since then are missing.
    c.GenerateFeedback.force = True
    c.ExchangeFactory.release_feedback = f"{adapter}.exchange.ReleaseFeedback"


def ignored(lab: Lab) -> list[str]:
    """Names that nbgrader must not copy: everything in the lab's folder that is not listed for release.

    nbgrader only takes names to leave out. They are computed from the list of what students get, so that a new staff file
    next to the master is not released until somebody lists it.
    """
    listed = Settings.of(lab).release
    names = {path.name for path in lab.assignment.iterdir() if path.suffix != ".ipynb"}
    return [".*", "*.pyc", "__pycache__", "feedback", *sorted(names.difference(listed))]


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
    path = lab.master
    if not path.is_file():
        raise BuildError(f"{path}: the master is missing; put it back, or remove the lab's folder.")
    return master.dumps(master.convert(path, lab, Settings.of(lab)))
