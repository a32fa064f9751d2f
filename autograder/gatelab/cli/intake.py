"""`gatelab intake FOLDER`: what would be graded, and whose it is, before anything is graded. It changes nothing.

Exit codes as for `gatelab grade`: 0 every submission can be graded, 1 something cannot, 2 wrong usage.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gatelab.classrun.available_notebooks import UNPACKED
from gatelab.cli.options import Attempts, LabName, Root, RosterFile, WhichAttempts
from gatelab.cli.refusals import usage
from gatelab.handed_out.lists import listed
from gatelab.integrations.roster import RosterError, read_roster
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import NAMES_SHOWN
from gatelab.submission.collect import CollectError, Submission, collect
from gatelab.submission.notebook import Ungradable, read_bytes, read_cells
from gatelab.text import brief, visible

WIDE = 200  # columns of the table where the output is no terminal


def collected(
    folder: Path,
    lab: Lab,
    out: Path | None,
    roster: Path | None,
    attempts: Attempts,
    unpack_folder: Path | None = None,
) -> list[Submission]:
    """The class as both commands see it. `unpack_folder`: where archives are opened (default: in the output folder `out`).

    Raises CollectError, RosterError.
    """
    people = read_roster(roster, lab.due.tzinfo if lab.due else None) if roster else None
    unpack_folder = unpack_folder or (out / UNPACKED if out else None)
    every = attempts is Attempts.all
    return collect(
        folder, lab, out, unpack_folder=unpack_folder, roster=people, every_attempt=every, beside=roster
    )


def tidy(out: Path, came_in: list[Submission]) -> None:
    """Remove what was extracted from archives that are no longer in the class."""
    used = {submission.path.parent for submission in came_in if submission.path}
    for folder in (out / UNPACKED).glob("*"):
        # Folders of single archives are named by eight hex digits (pick.py).
        if re.fullmatch(r"[0-9a-f]{8}", folder.name) and folder not in used and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def intake_command(
    folder: Annotated[
        Path, typer.Argument(help="The submissions, as for `gatelab grade`.", show_default=False)
    ],
    roster: RosterFile = None,
    attempts: WhichAttempts = Attempts.newest,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Show what was handed in, whose it is and which file would be graded. Nothing is graded or changed.

    Exit code 1: some of it cannot be graded.

    Example: gatelab intake submissions
    """
    with tempfile.TemporaryDirectory(prefix="gatelab-intake-") as unpack_folder:
        try:
            lab = chosen_lab(root, lab_name)
            came_in = collected(folder, lab, None, roster, attempts, Path(unpack_folder))
        except (LabError, CollectError, RosterError) as error:
            usage(str(error))
        problems = {submission.name: _problem(submission, lab) for submission in came_in}
        _show(came_in, problems, folder, Path(unpack_folder))
    raise typer.Exit(
        1 if any(problems[submission.name] for submission in came_in if not submission.missing) else 0
    )


def _problem(submission: Submission, lab: Lab) -> str:
    """Why it would not be graded; nothing if it would, as far as its cells can be read."""
    if submission.path is None:
        return submission.problem
    try:
        read_cells(read_bytes(submission.path), submission.path.name, lab)
    except Ungradable as error:
        return str(error)
    return ""


def _show(came_in: list[Submission], problems: dict[str, str], folder: Path, unpack_folder: Path) -> None:
    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=WIDE)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("name", "e-mail or ID", "graded", "handed in", "attempts", "notes"):
        table.add_column(title, overflow="fold", justify="right" if title == "attempts" else "left")
    for submission in came_in:
        notes = [problems[submission.name], *submission.notes]
        if submission.others:
            notes.append(f"Not graded: {listed(submission.others, NAMES_SHOWN)}.")
        whose = "; ".join(filter(None, (person.email or person.id for person in submission.people)))
        time = f"{submission.handed_in:%Y-%m-%d %H:%M %Z}" if submission.handed_in else ""
        graded = "" if problems[submission.name] else _place(submission, folder, unpack_folder)
        cells = [
            submission.listed,
            whose,
            graded,
            time,
            str(submission.attempts),
            " ".join(filter(None, notes)),
        ]
        table.add_row(*(Text(visible(cell)) for cell in cells))
    console.print(table)
    ready = sum(not problems[submission.name] for submission in came_in)
    missing = sum(submission.missing for submission in came_in)
    console.print(
        f"\n{ready} of {len(came_in) - missing} submissions can be graded; {missing} handed in nothing."
        if missing
        else f"\n{ready} of {len(came_in)} submissions can be graded.",
        highlight=False,
    )


def _place(submission: Submission, folder: Path, unpack_folder: Path) -> str:
    """Where the notebook is: its path in the class's folder, or its name in the archive that it came in."""
    assert submission.path is not None
    for base in (unpack_folder / "class", folder):
        if submission.path.is_relative_to(base) and submission.path != base:
            return brief(str(submission.path.relative_to(base)))
    if submission.path.is_relative_to(unpack_folder):
        return f"{brief(submission.entry)}: {brief(submission.path.name)}"
    return brief(submission.path.name)
