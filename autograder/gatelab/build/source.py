"""The notebook that `nbgrader generate_assignment` reads, which of the files beside it are copied, and where the release is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets import Dict, Unicode

from gatelab.build.course import ignored
from gatelab.build.graded_cells import other_cells
from gatelab.folders import put_in_place, temporary_folder
from gatelab.lab.spec import Lab, LabError


class SourceExporter(NotebookExporter):
    """Made before the first file is copied: leaves out what this lab does not list, and refuses the step if the lab is faulty, or has other
    cells than its submissions in the grade book. A release that cannot be made leaves the existing one as it is."""

    kit = Unicode(help="Folder of the kit, with assignment/ and tests/.").tag(config=True)
    faulty = Dict(help="What is wrong with a lab, in a sentence, by the lab's name.").tag(config=True)
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
            if not converter.no_database and (why := other_cells(lab, folders.db_url)):
                raise LabError(why)
        except LabError as error:
            converter.log.error("%s", error)
            raise NbGraderException(str(error)) from error
        converter.coursedir = folders
        if folders.notebook_id == "*":  # otherwise nbgrader replaces single notebooks of the release
            self._convert: Callable[[], None] = converter.convert_notebooks
            converter.convert_notebooks = self._swapped_in

    def _swapped_in(self) -> None:
        """nbgrader's conversion, in a folder of its own: it removes the release at the beginning, and also what it has made if it fails."""
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
