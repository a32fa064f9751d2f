"""`gatelab preview`, `gatelab diff` and `gatelab release`: what students will see, what changed for them, and handing it out."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from gatelab.cli.doubts import warn
from gatelab.cli.options import LabName, Root
from gatelab.lab.choose import chosen_lab
from gatelab.lab.colab import address as address_in_colab
from gatelab.text import shown

STYLES = {"+": "green", "-": "red"}


def preview_command(
    open_it: Annotated[
        bool, typer.Option("--open/--no-open", help="Also open it in the browser, where there is a terminal.")
    ] = True,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Show the student's notebook as it was built, as a read-only page in which nothing runs.

    Example: gatelab preview --no-open
    """
    from gatelab.build.preview import preview  # nbconvert takes a second to import

    lab = chosen_lab(root, lab_name)
    path = preview(lab, lab.assignment.parents[1])
    typer.echo(path)
    if open_it and sys.stdout.isatty():
        webbrowser.open(path.as_uri())


def diff_command(
    since: Annotated[
        str | None,
        typer.Argument(
            metavar="REVISION",
            help="Compare with the release of this git revision, as in v1.0; with the one in release/ by default.",
            show_default=False,
        ),
    ] = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Show what the next build changes for students: points, cells, files. Nothing is written or graded.

    Exit code 0: nothing changes; 1: something does.

    Example: gatelab diff HEAD~3
    """
    from gatelab.build import difference, misfits, pipeline  # nbgrader and jupytext take seconds to import

    lab = chosen_lab(root, lab_name)
    misfits.check(lab)
    kit, console = lab.assignment.parents[1], Console(highlight=False)
    changed = False
    with (
        tempfile.TemporaryDirectory(prefix="gatelab-diff-") as folder,
        pipeline.built_release(lab, kit) as new,
    ):
        old = kit / "release" / lab.assignment.name
        if since is not None:
            old = difference.of_revision(kit, since, lab, Path(folder) / "old")
        for line in difference.differences(old, new, lab):
            changed = True
            console.print(Text(shown(line), style=STYLES.get(line.strip()[:1], "")), soft_wrap=True)
    if not changed:
        console.print("Students get the same.")
    raise typer.Exit(1 if changed else 0)


def release_command(
    to: Annotated[
        str,
        typer.Option(
            help="An empty folder or one that an earlier release wrote, or the address of such a git repository.",
            show_default=False,
        ),
    ],
    address: Annotated[
        str,
        typer.Option(
            help="Where it will be on GitHub, as in https://github.com/you/lab, for the Open-in-Colab badges; by default "
            "that of --to or of its remote `origin`.",
            show_default=False,
        ),
    ] = "",
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Hand out what was built and accepted: a repository for students, one commit per release, no history of solutions.

    Example: gatelab release --to ../lab-for-students --address https://github.com/you/lab
    """
    from gatelab.build.publish import publish

    console = Console(stderr=True, highlight=False)
    lab = chosen_lab(root, lab_name)
    done = publish(
        lab, lab.assignment.parents[1], to, address,
        say=lambda step: console.print(f"… {step}", markup=False),
    )  # fmt: skip
    warn(lab, console, due=True)
    if not done.commit:
        typer.echo(f"{to}: students have this release already.")
        return
    typer.echo(f"{to}: released, commit {done.commit}.")
    typer.echo(
        f"Colab: {done.colab}"
        if done.colab
        else "The Open-in-Colab badges lead where lab.toml says: Colab opens what is on GitHub (--address)."
    )
    there = address_in_colab(lab.settings.colab_base, lab.name, lab.notebook)
    if done.colab and done.colab != there:
        base = done.colab.removesuffix(address_in_colab("", lab.name, lab.notebook))
        typer.echo(
            f'The badge in the zip and the links of the feedback pages lead elsewhere: write colab_base = "{base}" into '
            "lab.toml, and build."
        )
