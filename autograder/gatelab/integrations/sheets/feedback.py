"""The text for Moodle's column of feedback: points by question, and the remarks of staff."""

from __future__ import annotations

import re

from gatelab.report.by_hand.corrected_report import remarks_on, remarks_on_question
from gatelab.report.record.model import Report
from gatelab.report.record.points import number
from gatelab.text import escape_formula

# How `by_question` begins, in the HTML that Moodle may make of it.
OURS = re.compile(r"\s*(?:<\w+[^>]*>\s*)*\w+: [\d.]+ of [\d.]+(?:;|<|\s|$)")


def by_question(report: Report) -> str:
    """The points of each question, and the remarks of staff on each and on the whole."""
    remarks = [
        " ".join(
            [
                f"{q.id}: {number(q.points)} of {number(q.max_points)}",
                *(f"({line})" for line in remarks_on_question(q)),
            ]
        )
        for q in report.questions
        if q.parts or not q.by_hand or remarks_on_question(q)
    ]
    return escape_formula("; ".join([*remarks, *remarks_on(report)]))


def is_ours(cell: str) -> bool:
    """Whether an export wrote this feedback, whatever the points in it."""
    return bool(OURS.match(cell))
