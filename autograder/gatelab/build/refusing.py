"""What nbgrader's steps do in a server while the lab is faulty: they say why, and do nothing else."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import NbGraderException
from traitlets import Unicode


class RefusingExporter(NotebookExporter):
    """Stops a step before its first notebook."""

    why = Unicode(help="What is wrong with the lab, in a sentence.").tag(config=True)
    parent: Any  # nbgrader's converter

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # nbconvert's
        self.parent.log.error(self.why)
        raise NbGraderException(self.why)
