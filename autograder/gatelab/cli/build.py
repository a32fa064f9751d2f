"""`gatelab build`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gatelab.build.errors import BuildError
from gatelab.cli.doubts import warn
from gatelab.cli.options import LabName, Root
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import LabError


def build_command(
    lab_name: LabName = None,
    root: Root = Path(),
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Accept what students will now see, and write the snapshot."),
    ] = False,
    execute: Annotated[bool, typer.Option(help="Also run the solved notebooks and write solutions/.")] = True,
) -> None:
    """Make release/, solutions/ and the student zip from assignment/, unless something is wrong with them.

    Exit code 1: the lab has an error, or something was not accepted; nothing was written.

    Example: gatelab build --accept
    """
    from gatelab.build.pipeline import build  # nbgrader and jupytext take seconds to import
    from gatelab.build.snapshot import NotAccepted

    console = Console(stderr=True, highlight=False)
    try:
        lab = chosen_lab(root, lab_name)
        built = build(
            lab.assignment.parents[1], lab=lab, execute=execute, accept=accept,
            say=lambda step: console.print(f"… {step}", markup=False),
        )  # fmt: skip
    except LabError as error:
        for line in error.difference if isinstance(error, NotAccepted) else ():
            typer.echo(line)
        console.print(f"Nothing was written. {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1 if isinstance(error, BuildError) else 2) from error
    warn(lab, console, due=accept)
    for path in filter(None, (built.release, built.zip, built.solutions)):
        console.print(f"built {path}", markup=False, soft_wrap=True)
    if built.accepted:
        console.print(f"accepted: {built.accepted}; commit it", markup=False, soft_wrap=True)
