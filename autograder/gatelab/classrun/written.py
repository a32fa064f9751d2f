"""The written answers of a class with their rubric and model answers, and the page with all of them."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from gatelab.classrun.available_notebooks import available_notebooks
from gatelab.classrun.run import ClassRun
from gatelab.report.outputs.pages import written_page
from gatelab.report.record.points import number
from gatelab.report.whole_class.class_report import Row
from gatelab.submission.collect import CollectError, Submission
from gatelab.submission.written import Written, model_answer, rubric, written
from gatelab.text import visible


@dataclass(frozen=True)
class ToMark:
    """One answer. `mark`: its mark; `was`: the mark of another hand-in under this name; `unwritten`: it has 0 points because nothing was
    written; `left_blank`: nothing was written, and it is in no result, because only other questions were graded."""

    submission: Submission
    answer: Written
    mark: float | None
    was: str
    unwritten: bool = False
    left_blank: bool = False

    @property
    def lacks_mark(self) -> bool:
        """Whether somebody has still to give it points, if it can be shown."""
        return self.mark is None and not self.unwritten

    @property
    def is_hidden(self) -> bool:
        """Whether it lacks a mark and cannot be shown."""
        return self.lacks_mark and bool(self.answer.problem)


@dataclass(frozen=True)
class Sheet:
    """A question that is marked by hand, with everybody's answers."""

    id: str
    title: str
    most: float
    rubric: str
    model: str
    answers: list[ToMark]


def sheets(run: ClassRun, root: Path) -> list[Sheet]:
    """Every question that is marked by hand. Files handed in since the class was graded are not read: nothing says that anybody has seen them."""
    lab, folder = run.lab, Path(os.path.normpath(run.out / run.store.folder))
    found: dict[str, Submission] = {}
    try:
        found, _ = available_notebooks(run.submissions, folder, lab, run.out)
        gone = "the graded file was removed or changed; run gatelab grade again"
    except CollectError:
        gone = (
            f"what was graded cannot be found or read in {visible(str(folder.absolute()))}; run gatelab grade SUBMISSIONS "
            f"-o {shlex.quote(str(run.out))} with the folder where it is"
        )
    texts = {name: written(submission.path, lab) for name, submission in found.items() if submission.path}
    solved = root / "solutions" / lab.name / lab.notebook
    unread = Written(problem=gone)
    rows = {row.name: row for row in run.rows()}
    return [
        Sheet(
            id,
            spec.title,
            spec.points,
            rubric(lab.assignment / "RUBRIC.md", id),
            model_answer(solved, id),
            [
                _to_mark(
                    run, submission, texts.get(submission.name, {}).get(id, unread), rows[submission.name], id
                )
                for submission in run.submissions
                if submission.sha256
            ],
        )
        for id, spec in lab.questions.items()
        if spec.by_hand
    ]


def _to_mark(run: ClassRun, submission: Submission, answer: Written, row: Row, id: str) -> ToMark:
    mark, was = row.given.marks.get(id), row.again.get(id, "")
    is_empty = not answer.text and not answer.problem
    left_blank = run.is_part and mark is None and not was and is_empty
    return ToMark(submission, answer, mark, was, _is_unwritten(row, id), left_blank)


def _is_unwritten(row: Row, id: str) -> bool:
    questions = row.corrected.questions if row.corrected and row.graded else []
    return any(one.id == id and not one.attempted for one in questions)


def page(run: ClassRun, found: list[Sheet]) -> str:
    """All of them on one HTML page."""
    return written_page(
        run.lab,
        [
            {
                "id": sheet.id,
                "title": sheet.title,
                "most": sheet.most,
                "rubric": sheet.rubric,
                "model": sheet.model,
                "answers": [
                    {
                        "name": one.submission.name,
                        "text": one.answer.text,
                        "problem": one.answer.problem,
                        "mark": "0" if one.unwritten else "" if one.mark is None else number(one.mark),
                        "was": one.was,
                    }
                    for one in sheet.answers
                ],
            }
            for sheet in found
        ],
    )
