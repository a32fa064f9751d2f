"""`gatelab build`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gatelab.build.errors import BuildError
from gatelab.lab import LabError


def build_command(
    root: Annotated[Path, typer.Option(help="The kit's folder.")] = Path("."),
    execute: Annotated[bool, typer.Option(help="Also run the solved notebooks and write solutions/.")] = True,
) -> None:
    """Make release/ and solutions/ from assignment/, unless something is wrong with them."""
    from gatelab.build.pipeline import build  # nbgrader and jupytext take seconds to import

    console = Console(stderr=True, highlight=False)
    try:
        built = build(root, execute=execute, say=lambda step: console.print(f"… {step}", markup=False))
    except LabError as error:
        console.print(f"Nothing was written. {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1 if isinstance(error, BuildError) else 2) from error
    for folder in filter(None, (built.release, built.solutions)):
        console.print(f"built {folder}", markup=False, soft_wrap=True)
    if built.pending:
        console.print(f"not in the notebook yet: {', '.join(built.pending)}", style="yellow")
