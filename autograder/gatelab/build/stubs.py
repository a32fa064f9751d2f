"""nbgrader's ClearSolutions with a stub that names its question."""

from __future__ import annotations

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from gatelab.build import regions


class StubSolutions(ClearSolutions):
    """Each solution region becomes `raise NotImplementedError("q1: not written yet")`.

    The ID in the error is the one in the check, the hidden suite and the report, so that a failing stub leads
    to its paragraph. nbgrader has one stub for the whole notebook, so it is set anew at each cell.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        if regions.is_solution(cell):
            stub = f'raise NotImplementedError("{regions.question_id(cell)}: not written yet")'
            self.code_stub = {resources["language"]: stub}
        return super().preprocess_cell(cell, resources, cell_index)
