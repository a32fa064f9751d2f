"""Late penalties in nbgrader's grade book that follow from the lab's rule.

The penalty is a part of the points, and points are given after autograding, too: in formgrader, by a person. So feedback and
nbgrader's export first bring up to date what the rule entered. A file next to the grade book records that: a penalty that
somebody else entered or waived differs from the record and is left alone.
"""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import Any

from gatelab.folders import drafted
from gatelab.lab.late import Lateness, LateRule

FILE = "nbgrader.late.json"


class PenaltyRecord:
    """The penalties that the rule entered into a grade book, by student's notebook; kept in a file next to the book."""

    def __init__(self, database: str | None) -> None:
        """`database`: the grade book's file; None, or not a file: nothing is recorded."""
        self._path = (
            Path(database).resolve().with_name(FILE) if database and Path(database).is_file() else None
        )
        try:
            table = json.loads(self._path.read_text(encoding="utf-8")) if self._path else {}
        except (OSError, ValueError):
            table = {}
        self._entered: dict[str, float] = table if isinstance(table, dict) else {}

    def enter(self, notebook: Any, lateness: Lateness) -> float:
        """Enter the penalty for the points that the notebook has now. 0 is entered, too, for somebody who is late and has no points yet."""
        penalty = lateness.points(notebook.score, notebook.max_score)
        notebook.late_submission_penalty = penalty if lateness.percent else None
        self.forget(notebook)
        if lateness.percent:
            self._entered[_key(notebook)] = penalty
        return penalty

    def bring_up_to_date(self, submission: Any, rule: LateRule) -> None:
        for notebook in submission.notebooks:
            entered = self._entered.get(_key(notebook))
            if entered is not None and notebook.late_submission_penalty == entered:
                self.enter(notebook, lateness_of(submission, rule))

    def forget(self, notebook: Any) -> None:
        """Leave this notebook's penalty to whoever entered it."""
        self._entered.pop(_key(notebook), None)

    def keep(self) -> None:
        if self._path is not None and (self._entered or self._path.exists()):
            with drafted(self._path) as draft:
                text = json.dumps(self._entered, indent=1, ensure_ascii=False, sort_keys=True)
                draft.write_text(text + "\n", encoding="utf-8")


def _key(notebook: Any) -> str:
    submission = notebook.assignment
    return f"{submission.assignment.name}/{submission.student.id}/{notebook.name}"


def lateness_of(submission: Any, rule: LateRule) -> Lateness:
    time = submission.timestamp  # nbgrader stores UTC without a zone
    return rule.of(time.replace(tzinfo=UTC) if time else None)
