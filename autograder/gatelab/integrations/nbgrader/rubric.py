"""Shows the rubric next to a written answer, for the person who marks it in formgrader; it is removed before students see the page.

formgrader and `generate_feedback` show the same file, the graded copy in `autograded/`. There the rubric is in separate
cells, which the first step of `generate_feedback` removes.
"""

from __future__ import annotations

import re

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from gatelab.lab.spec import Lab

FILE = "RUBRIC.md"  # next to the master; a heading that begins with a question's ID starts its part
STAFF = "gatelab_staff_only"  # in a cell's metadata
_HEADING = re.compile(r"^(#+)\s+(\w+)\b.*$", re.MULTILINE)


def rubrics(lab: Lab) -> dict[str, str]:
    """ID of a question marked by hand → its part of the lab's rubric. Empty if the lab has none."""
    try:
        text = (lab.assignment / FILE).read_text(encoding="utf-8")
    except OSError:
        return {}
    found = {}
    headings = list(_HEADING.finditer(text))
    for heading in headings:
        spec = lab.questions.get(heading[2])
        if spec is not None and spec.by_hand:
            following = (
                h.start() for h in headings if h.start() > heading.start() and len(h[1]) <= len(heading[1])
            )
            found[spec.id] = text[heading.start() : next(following, len(text))].strip()
    return found


def with_rubrics(nb: NotebookNode, lab: Lab) -> None:
    """Put each written answer's rubric below it."""
    texts = rubrics(lab)
    for index in reversed(range(len(nb.cells))):
        mark = nb.cells[index].metadata.get("nbgrader", {})
        text = texts.get(mark.get("grade_id", "")) if mark.get("grade") and mark.get("solution") else None
        if text is not None:
            title, _, body = text.partition("\n")
            source = f"**For the person marking this, not shown to students: {title.lstrip('# ')}**\n{body}"
            cell = new_markdown_cell(source, id=f"rubric-{mark['grade_id']}", metadata={STAFF: True})
            nb.cells.insert(index + 1, cell)


class WithoutStaffCells(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no stubs
    """The first step of `generate_feedback`: remove what is only for staff."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        nb.cells = [cell for cell in nb.cells if not cell.metadata.get(STAFF)]
        return nb, resources
