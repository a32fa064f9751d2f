"""Compares the points of a graded class with those of nbgrader's grade book, and says which of the two is out of date.

A change of points passes through three places: lab.toml, the grade book (`nbgrader generate_assignment`) and the class (`gatelab
regrade`). Which step is left depends on all three, so lab.toml is looked at too if it can be found.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gatelab.lab.table import FILE as TABLE
from gatelab.report.record.points import equal, plural
from gatelab.report.whole_class.graded_class import GradedClass


def disagreement(
    database: Path, found: GradedClass, cells: Mapping[str, float], lab: Mapping[str, float] | None
) -> str:
    """A sentence about the first question for which the grade book and the class differ; "" if they agree. `cells`: the points of the
    book's cells; `lab`: those of lab.toml, None if it was not found."""
    graded = {question.id: question.points for question in found.questions}
    # The book may have cells of other notebooks; one that the class lacks counts only if it is a question of the lab.
    for id in [*graded, *(id for id in lab or {} if id in cells and id not in graded)]:
        if not _same(graded.get(id), cells.get(id)):
            return _sentence(database, found, id, graded.get(id), cells.get(id), lab)
    return ""


def _sentence(
    database: Path,
    found: GradedClass,
    id: str,
    graded: float | None,
    in_book: float | None,
    lab: Mapping[str, float] | None,
) -> str:
    book, again = f"{database}: the grade book", f"`nbgrader generate_assignment {found.lab}`"
    was = f"was graded with {_points(graded, id)}"
    if graded is None:
        was = f"was graded without {id}"
    has = f"{book} has {_points(in_book, id)}"
    if lab is None:
        return (
            f"{has}, and the class in {found.folder} {was}; run gatelab regrade if the grade book has what {TABLE} says now, and "
            f"{again} if the class has."
        )
    now = lab.get(id)
    if _same(now, in_book):
        return f"{has}, as {TABLE} says now, but the class in {found.folder} {was}; run gatelab regrade, then export again."
    if _same(now, graded):
        says = f"{TABLE} and the class in {found.folder} have"
        said = _points(now, id) if now is not None else f"no question {id}"
        return f"{has}, but {says} {said}; run {again} again, then export again."
    says = _points(now, id) if now is not None else f"no question {id}"
    return f"{has}, the class in {found.folder} {was}, and {TABLE} has {says}; run {again} and gatelab regrade, then export again."


def _same(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else equal(one, other)


def _points(points: float | None, id: str) -> str:
    return f"no cell for {id}" if points is None else f"{plural(points, 'point')} for {id}"
