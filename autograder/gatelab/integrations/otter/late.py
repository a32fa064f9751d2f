"""Applies the lab's rule for late work to a submission, by the time that Gradescope recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gatelab.lab.late import LateRule
from gatelab.report.by_hand.corrected_report import StaffInput, apply_corrections
from gatelab.report.record.model import Report

NO_TIME = (
    "[late] of lab.toml was not applied: submission_metadata.json has no created_at, the time of handing in; "
    "enter a penalty by hand if one is due."
)
BY_HAND = "Marks by hand are added on the platform, without this penalty."


def with_lateness(report: Report, rule: LateRule | None, metadata: Mapping[str, Any]) -> Report:
    """The report with the penalty of the rule. Without a time of handing in there is none, and a hint tells staff so."""
    if rule is None or report.status != "graded":
        return report
    handed_in = moment(metadata.get("created_at"))
    if handed_in is None:
        return replace(report, hints=[NO_TIME, *report.hints])
    lateness = rule.of(handed_in)
    if not lateness.text:
        return report
    if any(question.by_hand for question in report.questions):
        lateness = replace(lateness, text=f"{lateness.text} {BY_HAND}")
    return apply_corrections(
        replace(report, hints=[*_other_date(rule, metadata), *report.hints]), StaffInput(lateness=lateness)
    )


def moment(text: object) -> datetime | None:
    """A time in ISO 8601 with its zone; None for anything else."""
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
        return time if time is not None and time.utcoffset() is not None else None
    except ValueError:
        return None


def _other_date(rule: LateRule, metadata: Mapping[str, Any]) -> list[str]:
    """For staff, where Gradescope has another due date, as for a student with an extension."""
    assignment = metadata.get("assignment")
    due = moment(assignment.get("due_date")) if isinstance(assignment, Mapping) else None
    if due is None or due == rule.due:
        return []
    return [
        f"The penalty for lateness counts from due in lab.toml, {rule.due:%Y-%m-%d %H:%M:%S %z}; the due date on Gradescope is "
        f"{due.astimezone(rule.due.tzinfo):%Y-%m-%d %H:%M:%S %z}."
    ]
