"""Shows the rubric next to a written answer, for the person who marks it in formgrader; it is removed before students see the page.

formgrader and `generate_feedback` show the same file, the graded copy in `autograded/`. There the rubric is in separate
cells, which the first step of `generate_feedback` removes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from gatelab.integrations.nbgrader.feedback_step import FeedbackStep
from gatelab.lab.spec import Lab
from gatelab.text import inert_markup

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


def with_rubrics(nb: NotebookNode, lab: Lab, problems: Mapping[str, str]) -> None:
    """Put each written answer's rubric below it, and above that why it must be looked for (`problems`, by question; "" if it need not)."""
    texts = rubrics(lab)
    for index in reversed(range(len(nb.cells))):
        mark = nb.cells[index].metadata.get("nbgrader", {})
        id = mark.get("grade_id", "")
        if not (mark.get("grade") and mark.get("solution")):
            continue
        if (text := texts.get(id)) is not None:
            title, _, body = text.partition("\n")
            nb.cells.insert(index + 1, _for_staff(f"rubric-{id}", title.lstrip("# "), body))
        if problem := problems.get(id):
            nb.cells.insert(
                index + 1, _for_staff(f"look-{id}", f"look for the answer to {id}", inert_markup(problem))
            )


def _for_staff(id: str, title: str, body: str) -> NotebookNode:
    source = f"**For the person marking this, not shown to students: {title}**\n{body}"
    cell: NotebookNode = new_markdown_cell(source, id=id, metadata={STAFF: True})
    return cell


class WithoutStaffCells(FeedbackStep):
    """The first step of `generate_feedback`: remove what is only for staff."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        nb.cells = [cell for cell in nb.cells if not cell.metadata.get(STAFF)]
        return nb, resources
