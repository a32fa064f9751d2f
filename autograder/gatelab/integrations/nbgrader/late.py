"""nbgrader's steps that enter late penalties into its grade book, by the lab's own rule if it has one (late_penalties.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Unicode

from gatelab.integrations.nbgrader.feedback_step import FeedbackStep
from gatelab.integrations.nbgrader.late_penalties import PenaltyRecord, lateness_of
from gatelab.integrations.nbgrader.manual_scores import is_too_high, too_high
from gatelab.lab.late import LateRule
from gatelab.lab.spec import Lab, LabError


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
            submission = gradebook.find_submission(ids["assignment"], ids["student"])
            notebook = gradebook.find_submission_notebook(ids["notebook"], ids["assignment"], ids["student"])
            lateness = lateness_of(submission, rule)
            record = PenaltyRecord(gradebook.engine.url.database)
            penalty = record.enter(notebook, lateness)
            if penalty:
                self.log.warning("%s: %s %g points are taken off.", ids["student"], lateness.text, penalty)
            gradebook.db.commit()
            record.keep()
        return nb, resources


class PenaltiesUpToDate(FeedbackStep):
    """A step of `generate_feedback`: the late penalty is computed from the current points."""

    kit = Unicode(help="Folder of the kit, with assignment/ and tests/.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        ids = resources["nbgrader"]
        with Gradebook(ids["db_url"]) as gradebook:
            _bring_up_to_date(
                gradebook, self.kit, [gradebook.find_submission(ids["assignment"], ids["student"])]
            )
        return nb, resources


class CsvExport(CsvExportPlugin):  # type: ignore[misc]  # nbgrader has no stubs
    """nbgrader's `export`, with late penalties computed from the current points. Points above a question's maximum are named."""

    kit = Unicode(help="Folder of the kit, with assignment/ and tests/.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        for assignment in gradebook.assignments:
            _bring_up_to_date(gradebook, self.kit, assignment.submissions)
            for submission in assignment.submissions:
                for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
                    if is_too_high(grade):
                        self.log.warning("%s", too_high(submission.student.id, grade))
        super().export(gradebook)


def _bring_up_to_date(gradebook: Gradebook, kit: str, submissions: list[Any]) -> None:
    """The penalties of one assignment's submissions."""
    try:
        rule = Lab.in_repository(Path(kit), submissions[0].assignment.name).late if submissions else None
    except LabError:  # an assignment of nbgrader's own, or a lab that says elsewhere what is wrong
        return
    if rule is None:
        return
    record = PenaltyRecord(gradebook.engine.url.database)
    for submission in submissions:
        record.bring_up_to_date(submission, rule)
    gradebook.db.commit()
    record.keep()
