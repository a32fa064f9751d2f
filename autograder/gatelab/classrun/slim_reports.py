"""What a class run keeps of a report once it is on disk: what the tables and pages of the class are made from.

The rest (what cells printed, tracebacks, what the other attempt at a question found) is most of a report; of a thousand
submissions they must not all be in memory at once.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache

from gatelab.lab.quick import QuickLab
from gatelab.report.record.model import GradingHashes, Kind, Mistake, Part, Question, Report

DECIMALS = 2  # decimals that are kept of a question's time: the class report shows no more
PartKey = tuple[str, float, float, Kind | None]


def slim(report: Report) -> Report:
    """The report without what only its own file and page hold."""
    hashes = report.grading_hashes and GradingHashes(
        report.grading_hashes.key, _hashes(tuple(report.grading_hashes.questions.items()))
    )
    return replace(
        report, output="", questions=[_slim(question) for question in report.questions], grading_hashes=hashes
    )


def _slim(question: Question) -> Question:
    parts = [(part.name, part.points, part.max_points, part.kind) for part in question.parts]
    return _question(
        question.id, question.title, question.max_points, tuple(parts), tuple(question.mistakes), question.credit,
        question.by_hand, round(question.seconds, DECIMALS),
    )  # fmt: skip


# One object for all submissions that have the same here: few questions are answered in many ways, and few suites graded them.
@cache
def _hashes(of_questions: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(of_questions)


@lru_cache(maxsize=None, typed=True)
def _question(
    id: str,
    title: str,
    max_points: float,
    parts: tuple[PartKey, ...],
    mistakes: tuple[Mistake, ...],
    credit: float,
    by_hand: bool,
    seconds: float,
) -> Question:
    return Question(
        id, title, max_points, [_part(*part) for part in parts], list(mistakes), credit, by_hand=by_hand,
        seconds=seconds,
    )  # fmt: skip


@lru_cache(maxsize=None, typed=True)
def _part(name: str, points: float, max_points: float, kind: Kind | None) -> Part:
    return Part(name, points, max_points, kind)


def quickly_graded(report: Report, lab: QuickLab, chosen: list[str]) -> Report:
    """A report made without training, with the points that could be earned, and a line that says so."""
    if report.status != "graded":
        return report
    questions = []
    for question in report.questions:
        of = lab.questions[question.id].points
        share = of / question.max_points if question.max_points else 1.0
        questions.append(replace(question, max_points=of, credit=question.credit * share))
    reason = " ".join(filter(None, [lab.says(chosen), report.reason]))
    return replace(report, questions=questions, reason=reason, quick=True)
