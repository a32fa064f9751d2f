"""How hard a question was, and how well it distinguishes those who know more from those who know less.

Difficulty is the mean share of its points. Discrimination is the correlation of a question's points with those of all
other questions together (its own left out, which would flatter it). Both are computed over those who started the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import StatisticsError, correlation, mean
from typing import Any

from gatelab.report.record.model import Report

FEWEST = 10  # fewest answers for which a correlation means anything
LOW = 0.2  # discrimination below which textbooks on testing call a question doubtful
EASY = 0.9  # nothing else can be expected of a question that nearly everybody gets right
NOISE = 2.0  # standard errors (about 1/√n) by which a correlation must be off before there is a remark


def item(id: str, max_points: float, graded: Sequence[Report]) -> dict[str, Any]:
    """Difficulty (0 hard … 1 easy) and discrimination (-1 … 1) of a question, None if there is too little to go by, and
    a remark for staff.

    Args:
        id: the question.
        max_points: what it is worth.
        graded: the reports of the class.
    """
    own, rest = [], []
    for report in graded:
        for question in report.questions:
            if question.id == id and question.attempted and not question.by_hand:
                own.append(question.points)
                rest.append(sum(q.points for q in report.questions if q.id != id and not q.by_hand))
    difficulty = round(mean(own) / max_points, 2) if own and max_points else None
    discrimination = _correlation(own, rest) if len(own) >= FEWEST else None
    return {
        "difficulty": difficulty,
        "discrimination": discrimination,
        "remark": _remark(difficulty, discrimination, len(own)),
    }


def _correlation(own: list[float], rest: list[float]) -> float | None:
    try:
        return round(correlation(own, rest), 2)
    except StatisticsError:  # all the same
        return None


def _remark(difficulty: float | None, discrimination: float | None, answers: int) -> str:
    if difficulty is None or discrimination is None:
        return ""
    most = discrimination + NOISE / sqrt(answers)  # the highest plausible value
    if most < 0:
        return "those who do well elsewhere do worse here: look at the question and its suite"
    if most < LOW and difficulty < EASY:
        return "says little about the rest of the work: look at what its parts ask for"
    return ""
