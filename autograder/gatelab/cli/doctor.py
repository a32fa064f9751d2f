"""`gatelab doctor`: what this machine has and what it lacks for grading, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from gatelab.audit import machine, machine_labs, machine_leftovers, machine_pieces
from gatelab.audit.machine import Finding
from gatelab.lab.choose import chosen_lab, kit_above, typed_name
from gatelab.lab.spec import LabError
from gatelab.report.record.points import plural
from gatelab.text import shown


def doctor_command(
    tidy: Annotated[
        bool,
        typer.Option("--tidy", help="Remove the temporary folders that earlier runs left and nobody uses."),
    ] = False,
    lab_name: Annotated[
        str | None,
        typer.Option(
            "--lab",
            metavar="NAME",
            callback=typed_name,
            help="Also check the files of this lab.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check this machine: Python, torch, packages, confinement piece by piece, disk, memory, ports, leftovers.

    Exit code 0: all is well; 1: there is something to do, shown after an arrow.

    Example: gatelab doctor
    """
    here = Path.cwd()
    kit = kit_above(here)
    if tidy:
        gone = machine_leftovers.tidy(kit)
        typer.echo(f"removed {plural(gone, 'temporary folder')}")
    console = Console(highlight=False)
    todo = 0
    for finding in (*_of_lab(lab_name), *findings(here, kit)):
        todo += bool(finding.do)
        _print(finding, console)
    console.print(f"\n{plural(todo, 'thing')} to do." if todo else "\nAll is well.")
    raise typer.Exit(1 if todo else 0)


def _of_lab(name: str | None) -> Iterator[Finding]:
    """Whether the lab can be graded with, if one is named."""
    if name is None:
        return
    try:
        lab = chosen_lab(Path(), name)
    except LabError as error:
        yield Finding("lab", "is invalid", str(error))
    else:
        yield Finding("lab", f"{name}: {plural(len(lab.questions), 'question')}")


def findings(here: Path, kit: Path) -> Iterator[Finding]:
    """All findings, in the order in which to fix them."""
    yield from machine.python()
    yield machine.torch()
    yield from machine.packages()
    yield from machine_labs.packages(kit)
    yield machine.kernel()
    yield machine_pieces.library()
    yield from machine_pieces.confinement(machine_pieces.trial())
    yield from machine.disk_and_memory(here)
    yield from machine.ports()
    yield from machine_leftovers.leftovers(kit)


def _print(finding: Finding, console: Console) -> None:
    mark = ("✗", "red") if finding.do else ("✓", "green")
    console.print(
        Text.assemble(mark, " ", (f"{finding.what:<24} ", "bold"), shown(finding.says)), soft_wrap=True
    )
    if finding.do:
        console.print(Text.assemble(("  → ", "red"), shown(finding.do)), soft_wrap=True)
