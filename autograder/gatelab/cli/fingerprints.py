"""`gatelab fingerprints`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatelab.cli.options import LabName, Root
from gatelab.lab.choose import chosen_lab


def fingerprints_command(
    question: Annotated[
        list[str] | None, typer.Option(help="Only this question; the others stay as they are.")
    ] = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Write the numbers by which the public checks recognise mistakes, computed from the chaff.

    Example: gatelab fingerprints --question q1
    """
    from gatelab.audit.fingerprints import write_fingerprints
    from gatelab.build.checks import keep_up

    lab = chosen_lab(root, lab_name)
    lab.check_questions(question or (), "--question")
    keep_up(lab)  # the numbers are those of the checks that the next build hands out
    typer.echo(write_fingerprints(lab, question or ()))
