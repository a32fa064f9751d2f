"""Opens a graded class for the commands that correct one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gatelab.classrun.lock import locked
from gatelab.classrun.reopen import read_class_file, reopen
from gatelab.classrun.run import ClassRun
from gatelab.classrun.store import StoreError
from gatelab.cli.mark_messages import lines_of_read
from gatelab.cli.refusals import usage
from gatelab.lab.spec import LabError
from gatelab.report.by_hand.marks import MarksError, exact
from gatelab.report.whole_class.class_json import PreviousRun
from gatelab.report.whole_class.class_report import Row
from gatelab.text import visible

ClassFolder = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", show_default=False,
        help="The folder that `gatelab grade` wrote; by default this one, or ./out, where there is a class.",
    ),
]  # fmt: skip
SAVED_ALL_THE_SAME = "What was given or taken back is saved all the same, and counts: the next gatelab mark, comment, late or grade here writes these files."
Why = Annotated[str | None, typer.Option("--why", help="The reason; students read it.", show_default=False)]
Remove = Annotated[bool, typer.Option("--remove", help="Take it back.")]


def graded_folder(typed: Path | None) -> Path:
    """The output folder that the user means."""
    found = typed or next(
        (place for place in (Path(), Path("out")) if (place / "class.json").is_file()), None
    )
    if found is None:
        usage("There is no graded class here or in ./out; name with -o the folder that gatelab grade wrote.")
    return found


@contextmanager
def open_class(out: Path, root: Path, lab_name: str | None) -> Iterator[ClassRun]:
    """The class in `out` as it is, with marks made in the meantime, locked against other commands. Any problem ends
    the command with one sentence."""
    try:
        read_class_file(out)  # before locking something that may not be such a folder
        with locked(out):
            run = reopen(out, root, lab_name)
            run.read_marks()
            yield run
    except (StoreError, LabError, MarksError) as error:
        usage(str(error))


def moved_marks(
    run: ClassRun, before: PreviousRun, rows: list[Row], given: tuple[str, str] = ("", "")
) -> list[str]:
    """Sentences about marks by hand that counted in the previous class.json and no longer do, or the reverse: because lab.toml was
    changed, or because they were saved before the tables could be written. Left out are those typed into grades.csv, and `given`, the
    name and question of what this command gave."""
    earlier = {row["name"]: row.get("marks", {}) for row in before.get("submissions", ())}
    meant = {(change.name, change.question) for change in run.book.changes} | {given}
    most = {row["id"]: row["points"] for row in before.get("by_hand", ())}
    found: dict[tuple[bool, bool], list[str]] = {}
    for row in rows:
        was, now = earlier.get(row.name, row.given.marks), row.given.marks
        for id in [id for id in {**was, **now} if (id in was) != (id in now) and (row.name, id) not in meant]:
            by_lab = most.get(id) != run.book.questions.get(id)
            points = was[id] if id in was else now[id]
            found.setdefault((by_lab, id in now), []).append(f"{row.name} {id} ({exact(points)})")
    sentences = {
        (True, False): "Marks that no longer count, because lab.toml was changed:",
        (True, True): "Marks that count again, because lab.toml was changed:",
        (False, False): "Marks that are in the tables and that marks.csv no longer has; they do not count:",
        (False, True): "Marks that were saved in marks.csv, but not in the tables yet; they count:",
    }
    return [f"{sentence} {', '.join(found[key])}." for key, sentence in sentences.items() if key in found]


def write_out(run: ClassRun, given: tuple[str, str] = ("", "")) -> None:
    """Save what was given (whose, which question) and update every output. Ends with exit code 1 if a file cannot be written; then a
    sentence says whether what was given is saved."""
    try:
        run.book.keep()
    except OSError as error:
        typer.echo(f"{run.out}: nothing was changed, it cannot be written to ({error.strerror}).", err=True)
        raise typer.Exit(1) from error
    before = run.store.last_class_file()
    rows = run.write_class()
    too_high = run.book.lines_of_too_high(run.works())
    for note in [*run.unwritten, *lines_of_read(run.book), *too_high, *moved_marks(run, before, rows, given)]:
        typer.echo(visible(note), err=True)
    if run.unwritten:
        typer.echo(SAVED_ALL_THE_SAME, err=True)
        raise typer.Exit(1)
