"""`gatelab misses`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gatelab.cli.options import LabName, Root
from gatelab.handed_out.lists import listed
from gatelab.lab.bank import BankError
from gatelab.lab.choose import chosen_lab
from gatelab.limits import GROUP_SHOWN
from gatelab.text import shown


def misses_command(
    graded: Annotated[
        Path, typer.Argument(help="The folder that `gatelab grade` wrote (its -o).", show_default=False)
    ],
    most: Annotated[int, typer.Option(help="Groups that are shown.", min=1)] = 5,
    draft: Annotated[int, typer.Option(help="Write a chaff file for the group with this number.", min=0)] = 0,
    name: Annotated[str, typer.Option(help="The mistake's name, as in bias-left-out.")] = "",
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Show a class's wrong answers that no known mistake explains, grouped by what they compute, largest groups first.

    Example: gatelab misses out --draft 1 --name bias-left-out
    """
    from gatelab.audit.misses import draft as write_draft
    from gatelab.audit.misses import misses

    console = Console(soft_wrap=True, highlight=False)
    lab = chosen_lab(root, lab_name)
    found, named = misses(graded)
    if draft > len(found):
        raise BankError(f"There is no group {draft}; there are {len(found)}.")
    path = write_draft(lab, found[draft - 1], name) if draft else None
    if path is not None:
        question = found[draft - 1].question
        console.print(
            f"wrote {path}. Read its code first: the grader runs it without confinement. Write its two sentences and "
            f"its credit, then run gatelab verify --question {question}, gatelab fingerprints --question {question} and gatelab build.",
            markup=False,
        )
        return
    count = sum(len(miss.who) for miss in found)
    console.print(f"{named} wrong answers have a name, {count} have none, in {len(found)} groups.")
    for number, miss in enumerate(found[:most], 1):
        console.rule(f"group {number}: {miss.question}, {len(miss.who)} alike")
        for line in (
            listed(miss.who, GROUP_SHOWN),
            f"lost: {', '.join(miss.lost)}",
            miss.message,
            "",
            miss.code or "(no code)",
        ):
            console.print(shown(line), markup=False)
    if found:
        more = len(found) - most
        console.rule(f"{more} more groups: --most {len(found)}" if more > 0 else "")
        console.print(
            f"To name one: gatelab misses {graded} --draft 1 --name bias-left-out, with a name that says what is wrong.",
            markup=False,
        )
