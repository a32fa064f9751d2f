"""`gatelab new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gatelab.cli.options import Root
from gatelab.lab.choose import kit_above


def new_command(
    name: Annotated[str, typer.Argument(help="Name of its folders, as in rnn-basics.", show_default=False)],
    title: Annotated[str, typer.Option(help="What students call it; made from the name by default.")] = "",
    root: Root = Path(),
) -> None:
    """Create a new lab: a small working one, whose questions you replace with your own.

    Example: gatelab new rnn-basics --title "Recurrent basics"
    """
    from gatelab.build.new import new_lab

    for path in new_lab(kit_above(Path.cwd()) if root == Path() else root, name, title):
        typer.echo(f"made {path}")
    typer.echo(f"Next: gatelab build --lab {name} --accept, then replace its two questions with yours.")
