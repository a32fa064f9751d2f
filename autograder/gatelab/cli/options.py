"""Options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gatelab.lab.choose import typed_name
from gatelab.limits import LARGEST_SEED
from gatelab.sandbox.confine import FLAG, REQUIRED, pieces


def _known(names: list[str] | None) -> list[str]:
    try:
        return list(pieces(names or ()))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


LabName = Annotated[
    str | None,
    typer.Option(
        "--lab", metavar="NAME", callback=typed_name,
        help="The lab, by its folder in assignment/. By default the one whose folder you are in, or the only one.",
        show_default=False,
    ),
]  # fmt: skip

OfLab = Annotated[
    str | None,
    typer.Option(
        "--lab", metavar="NAME", callback=typed_name,
        help="The lab. It is read from the folder or file itself; any other name is refused.",
        show_default=False,
    ),
]  # fmt: skip

Root = Annotated[Path, typer.Option(help="The kit's folder.")]

Seed = Annotated[
    int | None,
    typer.Option(
        help="Seed of the hidden suites' inputs; by default lab.toml's.",
        min=0,
        max=LARGEST_SEED,
        show_default=False,
    ),
]

ClassJobs = Annotated[
    int, typer.Option("--jobs", help="Submissions graded at once; 0: one per processor.", min=0)
]

AcceptMissing = Annotated[
    list[str] | None,
    typer.Option(
        FLAG,
        metavar="PIECE",
        callback=_known,
        help="Grade even where this piece of protection is missing (may be repeated): "
        f"{', '.join(REQUIRED)}. Only with submissions that you trust.",
        show_default=False,
    ),
]

RosterFile = Annotated[
    Path | None,
    typer.Option(
        "--roster", metavar="FILE",
        help="Who is in the class: a list with names, e-mails, IDs, or the sheet of Canvas, Moodle or Gradescope.",
        show_default=False,
    ),
]  # fmt: skip


class Attempts(StrEnum):
    """Which of several attempts of one person are graded."""

    newest = "newest"
    all = "all"


WhichAttempts = Annotated[
    Attempts, typer.Option("--attempts", help="Of several attempts of one person, grade the newest or all.")
]
