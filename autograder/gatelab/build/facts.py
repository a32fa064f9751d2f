"""Fills placeholders in a master's text with values from lab.toml: points, thresholds, the due date.

{{POINTS q1 q2}}     the points of these questions together; {{POINTS}}: of all questions
{{THRESHOLD q2}}     the accuracy that a trained model must reach, in percent, without the sign
{{DUE}}              when the lab is to be handed in: 1 March 2027, 23:59 (UTC+01:00)
"""

from __future__ import annotations

import re
from pathlib import Path

from gatelab.build.errors import BuildError
from gatelab.lab.spec import Lab
from gatelab.lab.table import FILE

PLACEHOLDER = re.compile(r"\{\{(POINTS|THRESHOLD|DUE)((?: \w+)*)\}\}")


def filled(text: str, lab: Lab, master: Path) -> str:
    """The text with its placeholders filled in. Raises BuildError if lab.toml lacks a value."""

    def fact(mark: re.Match[str]) -> str:
        ids = mark[2].split()
        unknown = [id for id in ids if id not in lab.questions]
        if unknown:
            raise BuildError(
                f"{master}: {mark[0]}: there is no question {', '.join(unknown)} in {FILE}; correct the ID."
            )
        if mark[1] == "POINTS":
            return f"{sum(lab.questions[id].points for id in ids or lab.questions):g}"
        if mark[1] == "THRESHOLD":
            if len(ids) != 1:
                raise BuildError(
                    f"{master}: {mark[0]} must name one question, as in {{{{THRESHOLD {_with_a_threshold(lab)}}}}}."
                )
            training = lab.questions[ids[0]].training
            if training is None:
                raise BuildError(
                    f"{master}: {mark[0]} is shown, and {FILE} gives {ids[0]} no threshold; write it under [{ids[0]}.training]."
                )
            return f"{100 * training.threshold:g}"
        due = lab.due
        if ids:
            raise BuildError(f"{master}: {mark[0]} must be {{{{DUE}}}}; the whole lab has one due date.")
        if due is None:
            raise BuildError(
                f'{master}: {{{{DUE}}}} is shown, and {FILE} has no due; write it above the questions, as in due = "2027-03-01T23:59:59+01:00".'
            )
        return f"{due.day} {due:%B %Y, %H:%M} ({due.tzname()})"

    return PLACEHOLDER.sub(fact, text)


def _with_a_threshold(lab: Lab) -> str:
    """The first question that has one; the first of all if none has."""
    return next((id for id, spec in lab.questions.items() if spec.training), next(iter(lab.questions)))
