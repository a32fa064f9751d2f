"""What a class run keeps of a report once it is on disk: what the tables and pages of the class are made from.

The rest (what cells printed, tracebacks, what the other attempt at a question found) is most of a report; of a thousand
submissions they must not all be in memory at once.
"""

from __future__ import annotations

from dataclasses import replace

from gatelab.lab.quick import QuickLab
from gatelab.report.model import Question, Report


def slim(report: Report) -> Report:
    """The report without what only its own file and page hold."""
    return replace(report, output="", questions=[_slim(question) for question in report.questions])


def _slim(question: Question) -> Question:
    parts = [replace(part, message="", detail="") for part in question.parts]
    return replace(
        question, parts=parts, output="", code="", note="", mistakes=[], own=[], otherwise=None, curve=None
    )  # fmt: skip


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
    return replace(report, questions=questions, reason=reason)
