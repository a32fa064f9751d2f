"""`gatelab zip` and `gatelab otter-run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatelab.lab import DEFAULT_SEED, Lab, LabError


def zip_command(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the zip.")] = Path("dist"),
    seed: Annotated[int, typer.Option(help="Seed of the hidden suites' inputs.", min=0)] = DEFAULT_SEED,
    accept_missing_protection: Annotated[
        bool,
        typer.Option("--accept-missing-protection", help="Let the zip grade where code cannot be confined."),
    ] = False,
    root: Annotated[Path, typer.Option(help="The kit's folder.")] = Path(),
) -> None:
    """Write the autograder zip for otter and Gradescope."""
    from gatelab.build.autograder_zip import build_autograder_zip

    try:
        path = build_autograder_zip(
            Lab.in_repository(root), out, seed=seed, accept_missing_protection=accept_missing_protection
        )
    except LabError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(path)


def otter_run_command(
    autograder: Annotated[
        Path, typer.Argument(help="The zip that `gatelab zip` wrote.", exists=True, dir_okay=False)
    ],
    submission: Annotated[Path, typer.Argument(help="A notebook, a zip or a folder.", exists=True)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for results.json.")] = Path(),
) -> None:
    """`otter run` that has a result for any file: otter alone stops at one that is not a notebook."""
    from gatelab.adapters.otter_run import otter_run

    raise typer.Exit(otter_run(autograder, submission, out))
