"""Opens a graded class for the commands that correct one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from gatelab.classrun.lock import locked
from gatelab.classrun.reopen import read_book, reopen
from gatelab.classrun.run import ClassRun
from gatelab.classrun.store import StoreError
from gatelab.lab.spec import LabError
from gatelab.report.classbook import Row
from gatelab.report.marks import MarksError
from gatelab.text import visible

ClassFolder = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", show_default=False,
        help="The folder that `gatelab grade` wrote; by default this one, or ./out, where there is a class.",
    ),
]  # fmt: skip
Root = Annotated[Path, typer.Option(help="The kit's folder.")]
Why = Annotated[str | None, typer.Option("--why", help="The reason; students read it.", show_default=False)]
Remove = Annotated[bool, typer.Option("--remove", help="Take it back.")]


def usage(message: str) -> NoReturn:
    """End with one sentence and exit code 2."""
    typer.echo(visible(message), err=True)
    raise typer.Exit(2)


def graded_folder(said: Path | None) -> Path:
    """The folder meant."""
    if said is not None:
        return said
    for place in (Path(), Path("out")):
        if (place / "class.json").is_file():
            return place
    usage("There is no graded class here or in ./out; name with -o the folder that gatelab grade wrote.")


@contextmanager
def open_class(out: Path, root: Path, lab_name: str | None) -> Iterator[ClassRun]:
    """The class in `out` as it is, with marks made in the meantime, locked against other commands. Any problem ends
    the command with one sentence."""
    try:
        read_book(out)  # before locking something that may not be such a folder
        with locked(out):
            run = reopen(out, root, lab_name)
            run.read_marks()
            yield run
    except (StoreError, LabError, MarksError) as error:
        usage(str(error))


def lost_marks(before: Mapping[str, Any], rows: list[Row]) -> list[str]:
    """Which marks by hand counted in the class.json of before and are more than their question gives now, as a sentence, if any are."""
    counted = {row["name"]: row.get("marks", {}) for row in before.get("submissions", ())}
    lost = [
        f"{row.name} {id} (was {was})"
        for row in rows
        for id, was in row.again.items()
        if id in counted.get(row.name, {})
    ]
    if not lost:
        return []
    return [f"To be marked again, because the question gives less now: {', '.join(lost)}."]


def write_out(run: ClassRun) -> None:
    """Save what was given and update every output. Ends with exit code 1 if a file cannot be written."""
    try:
        run.book.keep()
    except OSError as error:
        typer.echo(f"{run.out}: nothing was changed, it cannot be written to ({error.strerror}).", err=True)
        raise typer.Exit(1) from error
    before = run.store.last_book()
    rows = run.write_class()
    for note in [*run.unwritten, *run.book.notes, *lost_marks(before, rows)]:
        typer.echo(visible(note), err=True)
    if run.unwritten:
        raise typer.Exit(1)
