"""The questions of a report that are marked by hand: the grader gives them nothing, so they are what lab.toml says now."""

from __future__ import annotations

from dataclasses import replace

from gatelab.lab.spec import Lab
from gatelab.report.model import Question, Report


def with_questions_by_hand(lab: Lab, report: Report) -> Report:
    """The report with the questions that the lab has marked by hand, whatever they were worth when it was made."""
    if report.status != "graded":
        return report
    found = {question.id: question for question in report.questions if not question.by_hand}
    found |= {
        id: Question(id, spec.title, spec.points, by_hand=True)
        for id, spec in lab.questions.items()
        if spec.by_hand
    }
    order = {id: place for place, id in enumerate(lab.questions)}
    questions = sorted(found.values(), key=lambda question: order.get(question.id, -1))
    return report if questions == report.questions else replace(report, questions=questions)
