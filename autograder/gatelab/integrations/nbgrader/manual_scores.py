"""Points from formgrader that are more than a question is worth: they were given before its points were lowered.

nbgrader keeps such a score, counts it in full and says nothing. It is a person's, so it is kept here, too, but named.
"""

from __future__ import annotations

from typing import Any

from gatelab.report.record.points import less, number


def is_too_high(grade: Any) -> bool:
    """Whether it has more points from a person than its question is worth."""
    return grade.manual_score is not None and less(grade.max_score, grade.manual_score)


def too_high(who: str, grade: Any) -> str:
    """A sentence that says so."""
    return (
        f"{who}, {grade.name}: the grade book's {number(grade.manual_score)} points, given in formgrader, are more than the "
        f"{number(grade.max_score)} that the question is worth now, and they count in full; correct them in formgrader."
    )
