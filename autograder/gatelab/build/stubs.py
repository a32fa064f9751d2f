"""nbgrader's ClearSolutions, but with a stub that names its question and a check of the result."""

from __future__ import annotations

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from gatelab.build import form, markers, regions
from gatelab.build.errors import BuildError
from gatelab.handed_out import stub

TEXT_STUB = "*Write your answer here.*"


class StubSolutions(ClearSolutions):  # type: ignore[misc]  # nbgrader has no stubs
    """Replaces each solution region by `raise NotImplementedError("q1: not written yet")`.

    The ID in the error is the same as in the check, the hidden suite and the report, so a failing stub leads to its
    paragraph. nbgrader has one stub for the whole notebook, so the stub is set anew for each cell. The marks on given lines
    are removed too. Raises BuildError if anything but stubs and given lines would remain.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        if not regions.is_solution(cell):
            kept: tuple[NotebookNode, ResourcesDict] = super().preprocess_cell(cell, resources, cell_index)
            return kept
        id, master = regions.question_id(cell), cell.source
        self.code_stub = {resources["language"]: stub.line(id)}
        self.text_stub = TEXT_STUB
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.cell_type == "code":
            cell.source = markers.without_given(cell.source)
        check_cell(cell, NotebookNode(cell, source=master))
        return cell, resources


def check_cell(released: NotebookNode, master: NotebookNode) -> None:
    """Raise BuildError if a released solution cell contains more than its master's cell gives to students."""
    label = master.metadata["nbgrader"]["grade_id"]
    try:
        if master.cell_type == "code":
            given = form.of_master(master.source, regions.find(master))
            form.check_released(released.source, given, regions.question_id(master))
        elif released.source != TEXT_STUB:
            raise regions.Fault(1, "the released cell holds more than the place for the answer")
    except regions.Fault as fault:
        raise BuildError(f"cell {label}, line {fault.line}: {fault}.") from fault
