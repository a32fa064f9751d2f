"""How hard a question was, and how well it tells those who know more from those who know less.

Difficulty is the mean share of its points. Discrimination is the correlation of a question's points with those of all
other questions together (its own left out, which would flatter it). Both are of those who began the question.
"""

from __future__ import annotations

from statistics import StatisticsError, correlation, mean
from typing import Any

from gatelab.report.model import Report

FEWEST = 10  # answers from which on a correlation is worth a number
LOW = 0.2  # discrimination below which a question is worth a look, as the books on tests have it


def item(id: str, max_points: float, graded: list[Report]) -> dict[str, Any]:
    """Difficulty (0 hard … 1 easy) and discrimination (-1 … 1) of a question, None where there is too little to tell, and
    a remark for staff.

    Args:
        id: the question.
        max_points: what it gives.
        graded: the reports of the class.
    """
    own, rest = [], []
    for report in graded:
        for question in report.questions:
            if question.id == id and question.begun and not question.by_hand:
                own.append(question.points)
                rest.append(sum(q.points for q in report.questions if q.id != id and not q.by_hand))
    difficulty = round(mean(own) / max_points, 2) if own and max_points else None
    discrimination = _correlation(own, rest) if len(own) >= FEWEST else None
    return {
        "difficulty": difficulty,
        "discrimination": discrimination,
        "remark": _remark(difficulty, discrimination),
    }


def _correlation(own: list[float], rest: list[float]) -> float | None:
    try:
        return round(correlation(own, rest), 2)
    except StatisticsError:  # all the same
        return None


def _remark(difficulty: float | None, discrimination: float | None) -> str:
    if discrimination is not None and discrimination < 0:
        return "who does well elsewhere does worse here: look at the question and its suite"
    if discrimination is not None and discrimination < LOW and difficulty is not None and difficulty < 0.9:
        return "says little about the rest of the work: look at what its parts ask for"
    return ""
