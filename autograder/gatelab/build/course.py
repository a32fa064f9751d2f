"""nbgrader's settings for making releases, used by nbgrader_config.py and by the build alike. (integrations/nbgrader/course.py has those
for grading.)"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from traitlets.config import Config

from gatelab.build import markers, master
from gatelab.build.accepted import AcceptedOnly
from gatelab.build.errors import BuildError
from gatelab.build.settings import Settings
from gatelab.build.stubs import TEXT_STUB, StubSolutions
from gatelab.folders import replacing
from gatelab.lab.spec import Lab, LabError, lab_names
from gatelab.lab.toml import shown

EMPTY = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def configure_releases(c: Config, root: Path) -> None:
    """Set nbgrader up to make the releases of the course in `root`, and bring the notebooks it will read up to date.

    An invalid lab stops only the steps for that lab; if all labs are invalid, the command stops here.
    """
    release_settings(c)
    names = lab_names(root)
    faulty = {name: why for name in names if (why := _update_source(root, name))}
    c.GenerateAssignment.exporter_class = "gatelab.build.source.SourceExporter"
    c.AcceptedOnly.kit = c.SourceExporter.kit = str(root)
    c.SourceExporter.faulty = c.SubmissionExporter.faulty = faulty
    if faulty and len(faulty) == len(names) and not _in_a_server():
        raise SystemExit(f"nbgrader_config.py: {faulty[names[0]]}")
    # A step that finds no notebook would report only that, not what is wrong with the lab.
    for name in faulty:
        folder = root / "assignment" / name
        if not list(folder.glob("*.ipynb")):
            (folder / "lab.ipynb").write_text(json.dumps(EMPTY), encoding="utf-8")


def _update_source(root: Path, name: str) -> str:
    """Write the lab's notebook for nbgrader; returns a sentence that says what is wrong with the lab, or ""."""
    try:
        write_source(Lab.in_repository(root, name), root)
    except LabError as error:
        return str(error)
    except Exception as error:
        # A full disk, say: only this lab is affected, and the server goes on for the others.
        return f"{root / 'assignment' / name}: its notebook cannot be made ({type(error).__name__}: {error})."
    return ""


def _in_a_server() -> bool:
    """Whether this is JupyterLab's server, which reads the settings at every click and would be ended by SystemExit."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


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
        raise BuildError(
            f"{path}: the master is missing; put it back, or fix notebook in lab.toml: it is {shown(lab.notebook)}."
        )
    return master.dumps(master.convert(path, lab, Settings.of(lab)))
