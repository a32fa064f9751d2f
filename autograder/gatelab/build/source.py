"""The notebook that `nbgrader generate_assignment` reads, and which of the files beside it are copied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import NbGraderException
from traitlets import Dict, Unicode

from gatelab.build.course import ignored
from gatelab.lab.spec import Lab, LabError


class SourceExporter(NotebookExporter):
    """Made before the first file is copied: leaves out what this lab does not list, and refuses the step if the lab is faulty."""

    kit = Unicode(help="Folder of the kit, with assignment/ and tests/.").tag(config=True)
    faulty = Dict(help="What is wrong with a lab, in a sentence, by the lab's name.").tag(config=True)
    parent: Any  # nbgrader's GenerateAssignment

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # nbconvert's
        folders = self.parent.coursedir
        try:
            if why := self.faulty.get(folders.assignment_id):
                raise LabError(why)
            folders.ignore = ignored(Lab.in_repository(Path(self.kit), folders.assignment_id))
        except LabError as error:
            self.parent.log.error("%s", error)
            raise NbGraderException(str(error)) from error
