"""Hooks into `nbgrader generate_assignment`: which notebook it reads, which files next to it are copied, and where the release is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets import Dict, Unicode

from gatelab.build.course import ignored
from gatelab.build.graded_cells import changed_cells
from gatelab.folders import put_in_place, temporary_folder
from gatelab.lab.spec import Lab, LabError


class SourceExporter(NotebookExporter):
    """Created before the first file is copied. It leaves out the files that this lab does not list, and refuses the step if the lab is
    faulty or has other cells than its submissions in the grade book. If a release cannot be made, the existing one is kept."""

    kit = Unicode(help="Folder of the kit, with assignment/ and tests/.").tag(config=True)
    faulty = Dict(help="Name of a lab → a sentence that says what is wrong with it.").tag(config=True)
    parent: Any  # nbgrader's GenerateAssignment

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # nbconvert's
        converter = self.parent
        folders = CourseDirectory(
            **{
                name: getattr(converter.coursedir, name)
                for name in converter.coursedir.trait_names(config=True)
            }
        )
        try:
            if why := self.faulty.get(folders.assignment_id):
                raise LabError(why)
            lab = Lab.in_repository(Path(self.kit), folders.assignment_id)
            folders.ignore = ignored(lab)
            if not converter.no_database and (why := changed_cells(lab, folders.db_url)):
                raise LabError(why)
        except LabError as error:
            converter.log.error("%s", error)
            raise NbGraderException(str(error)) from error
        converter.coursedir = folders
        if folders.notebook_id == "*":  # otherwise nbgrader replaces single notebooks of the release
            self._convert: Callable[[], None] = converter.convert_notebooks
            converter.convert_notebooks = self._convert_and_swap

    def _convert_and_swap(self) -> None:
        """Run nbgrader's conversion in a separate folder, because it first removes the release and, if it fails, also its own output."""
        folders = self.parent.coursedir
        place = Path(folders.format_path(folders.release_directory, ".", folders.assignment_id))
        with temporary_folder(".gatelab-build-", Path(self.kit)) as workspace:
            folders.release_directory = str(workspace / "release")
            self._convert()
            put_in_place(
                Path(folders.format_path(folders.release_directory, ".", folders.assignment_id)),
                place,
                workspace,
            )
