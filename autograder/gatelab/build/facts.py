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
            training = lab.questions[ids[0]].training if len(ids) == 1 else None
            if training is None:
                raise BuildError(
                    f"{master}: {mark[0]} must name one question that {FILE} gives a threshold, under [q1.training]."
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
