"""Prints what is likely a mistake in a lab but stops neither a build nor a release."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console

from gatelab.lab.spec import Lab


def warn(lab: Lab, console: Console, due: bool) -> None:
    """`due`: also of a due date that is over, when a person accepts a lab or hands it out; whoever builds an old lab makes no mistake."""
    from gatelab.build import doubts  # nbgrader and jupytext take seconds to import

    for line in (*doubts.wrong_headings(lab), doubts.is_over(lab, datetime.now(UTC)) if due else ""):
        if line:
            console.print(f"Note: {line}", style="yellow", markup=False, soft_wrap=True)
