"""Which submissions `nbgrader autograde` grades again: those that were changed, or were graded with other suites, points or dates.

nbgrader itself skips whatever it has graded unless a newer timestamp came in, so the grade book would keep old points below a new maximum. What decided
a grade is recorded in the graded notebook, in hashes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry

from gatelab.lab.spec import Lab
from gatelab.report.record.hashes import grading_hash, hash_of
from gatelab.report.record.points import equal, plural
from gatelab.submission.collect import Submission

KEY = "gatelab"  # in the graded notebook's metadata


@dataclass(frozen=True)
class GradingRecord:
    """What a grade in the grade book depends on. `rules`: hash of suites, points, seed and the rule for late work; `work`: of the submission."""

    rules: str
    work: str

    @classmethod
    def of(cls, rules: str, submission: Submission) -> GradingRecord:
        return cls(rules, submission.sha256)

    @classmethod
    def recorded(cls, path: Path) -> GradingRecord | None:
        """The record in a graded notebook; None if it has none."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8"))["metadata"][KEY])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def record(self, notebook: NotebookNode) -> None:
        notebook.metadata[KEY] = asdict(self)


def rules_of(lab: Lab, seed: int) -> str:
    """Hash of everything but the submission that decides the points and the late penalty."""
    return hash_of(grading_hash(lab, seed, list(lab.questions)), repr(lab.late))


def grade_outdated(converter: Any, is_outdated: Callable[[str], bool]) -> None:
    """Make nbgrader's Autograde treat the students for whom `is_outdated` says so as it treats everybody with `--force`."""
    decide, forced = converter.init_destination, converter.force

    def init_destination(assignment: str, student: str) -> bool:
        converter.force = is_outdated(student) or forced
        return bool(decide(assignment, student))

    converter.init_destination = init_destination


def another_lab_in_the_book(lab: Lab, book_url: str) -> str:
    """A sentence, if the grade book's questions or their points are not the lab's; "" otherwise."""
    with Gradebook(book_url) as book:
        try:
            notebook = book.find_notebook(Path(lab.notebook).stem, lab.name)
        except MissingEntry:
            return ""  # nbgrader says so
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
    for id in dict.fromkeys((*lab.questions, *points)):
        has = plural(points[id], "point") if id in points else "no cell"
        wants = (
            f"has {plural(lab.questions[id].points, 'point')}"
            if id in lab.questions
            else "has no such question"
        )
        if id in points and id in lab.questions and equal(points[id], lab.questions[id].points):
            continue
        return (
            f"The grade book has {has} for {id}, the lab {wants}; run `nbgrader generate_assignment {lab.name}`, which enters the lab as it is now or "
            "says what prevents it. Nothing was graded."
        )
    return ""
