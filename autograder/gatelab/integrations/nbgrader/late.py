"""Late penalties in nbgrader's grade book, by the lab's own rule if it has one."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties

from gatelab.lab.late import LateRule


class LatePenalties(AssignLatePenalties):  # type: ignore[misc]  # nbgrader has no stubs
    """Enter the penalty according to `[late]` in lab.toml. For a lab without it, nbgrader's due dates and plugins apply."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        exporter: Any = self.parent
        rule: LateRule | None = exporter.lab.late
        if rule is None:
            found: tuple[NotebookNode, ResourcesDict] = super().preprocess(nb, resources)
            return found
        ids = resources["nbgrader"]
        with Gradebook(ids["db_url"]) as gradebook:
            time = gradebook.find_submission(ids["assignment"], ids["student"]).timestamp
            notebook = gradebook.find_submission_notebook(ids["notebook"], ids["assignment"], ids["student"])
            lateness = rule.of(
                time.replace(tzinfo=UTC) if time else None
            )  # nbgrader stores UTC without a zone
            penalty = lateness.points(notebook.score, notebook.max_score)
            notebook.late_submission_penalty = penalty or None
            if penalty:
                self.log.warning("%s: %s %g points are taken off.", ids["student"], lateness.text, penalty)
            gradebook.db.commit()
        return nb, resources
