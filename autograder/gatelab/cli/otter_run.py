"""`gatelab zip` and `gatelab otter-run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatelab.cli.options import AcceptMissing, LabName, OfLab, Root, Seed
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import LabError


def zip_command(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the zip.", show_default="the kit's dist"),
    ] = None,
    seed: Seed = None,
    accept_missing: AcceptMissing = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Write the autograder zip for otter and Gradescope.

    Example: gatelab zip -o dist
    """
    from gatelab.build.autograder_zip import build_autograder_zip

    lab = chosen_lab(root, lab_name)
    path = build_autograder_zip(
        lab, out or lab.assignment.parents[1] / "dist", seed=seed, accept_missing=accept_missing or ()
    )
    typer.echo(path)


def otter_run_command(
    autograder: Annotated[
        Path, typer.Argument(help="The zip that `gatelab zip` wrote.", exists=True, dir_okay=False)
    ],
    submission: Annotated[Path, typer.Argument(help="A notebook, a zip or a folder.", exists=True)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for results.json.")] = Path(),
    lab_name: OfLab = None,
) -> None:
    """`otter run` with a result for any file: otter alone fails on a file that is not a notebook.

    Exit code 1: it was refused, nothing in it can be graded; 3: the grader failed, or its time was up before the end.

    Example: gatelab otter-run dist/LAB-autograder-STAFF-ONLY.zip alice.ipynb
    """
    from gatelab.integrations.otter.run import otter_run

    for path, what in ((autograder, "the zip"), (submission, "a notebook, a zip or a folder")):
        if not (path.is_file() or path.is_dir()):  # opening a pipe would wait
            raise LabError(f"{path}: is not an ordinary file; name {what}.")
    raise typer.Exit(otter_run(autograder, submission, out, lab_name))
