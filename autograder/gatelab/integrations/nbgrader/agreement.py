"""Compares the points of a graded class with those of nbgrader's grade book, and says which of the two is out of date.

A change of points passes through three places: lab.toml, the grade book (`nbgrader generate_assignment`) and the class (`gatelab
regrade`). Which step is left depends on all three, so lab.toml is looked at too if it can be found.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gatelab.lab.table import FILE as TABLE
from gatelab.lab.table import QuestionSpec
from gatelab.report.record.points import equal, plural
from gatelab.report.whole_class.graded_class import GradedClass


def disagreement(
    database: Path,
    found: GradedClass,
    cells: Mapping[str, float],
    lab: Mapping[str, QuestionSpec] | None,
) -> str:
    """A sentence about the first question for which the grade book and the class differ; "" if they agree. `cells`: the points of the
    book's cells; `lab`: the questions of lab.toml, None if it was not found."""
    graded = {question.id: question for question in found.questions}
    # The book may have cells of other notebooks; one that the class lacks counts only if it is a question of the lab.
    for id in [*graded, *(id for id in lab or {} if id in cells and id not in graded)]:
        question = graded.get(id)
        if not _same(_worth(question), cells.get(id)):
            return _sentence(database, found.folder, found.lab, id, question, cells.get(id), lab)
    return ""


def _sentence(
    database: Path,
    folder: Path,
    name: str,
    id: str,
    question: QuestionSpec | None,
    in_book: float | None,
    lab: Mapping[str, QuestionSpec] | None,
) -> str:
    graded = _worth(question)
    has = f"{database}: the grade book has {_points(in_book, id)}"
    was = f"the class in {folder} was graded with {_points(graded, id)}"
    enter = f"`nbgrader generate_assignment {name}`"
    if lab is None:
        grade = _step(question)
        return f"{has}, and {was}; run {grade} if the grade book has what {TABLE} says now, and {enter} if the class has."
    grade, now = _step(lab.get(id, question)), _worth(lab.get(id))
    if _same(now, in_book):
        return f"{has}, as {TABLE} says now, but {was}; run {grade}, then export again."
    says = _points(now, id)
    if _same(now, graded):
        return (
            f"{has}, but {TABLE} and the class in {folder} have {says}; run {enter} again, then export again."
        )
    return f"{has}, {was}, and {TABLE} has {says}; run {enter} and {grade}, then export again."


def _step(question: QuestionSpec | None) -> str:
    """The command that applies a changed question to a graded class."""
    return "gatelab grade" if question is not None and question.by_hand else "gatelab regrade"


def _worth(question: QuestionSpec | None) -> float | None:
    return None if question is None else question.points


def _same(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else equal(one, other)


def _points(points: float | None, id: str) -> str:
    return f"nothing for {id}" if points is None else f"{plural(points, 'point')} for {id}"
