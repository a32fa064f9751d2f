"""The screen at the end of `gatelab grade`: the table of the class, who has no grade and why, what to look into, and where the files
are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gatelab.classrun.run import ClassRun
from gatelab.cli.mark_messages import lines_of_marks
from gatelab.handed_out.lists import listed
from gatelab.lab.quick import QuickLab
from gatelab.limits import FAILURES_SHOWN, MARKS_SHOWN
from gatelab.report.outputs.grade_table import penalty_of
from gatelab.report.record.points import number
from gatelab.report.whole_class.class_report import Row
from gatelab.text import visible

WIDE = 160  # columns of the table where the output is no terminal
FEW = 3  # fewer may lose the same part by themselves


def show_class(run: ClassRun, rows: list[Row], stopped: bool, fresh: bool = False) -> None:
    """Print all of it; what people must act on goes to stderr. `fresh`: whether the command was given --fresh."""
    console = Console(width=None if Console().is_terminal else WIDE)
    console.print(Text(run.lab.title, style="italic"))
    console.print(_table(run, rows))
    for sentence in (*_without_grade(run, rows), *_protection_off(rows)):
        console.print(Text(sentence), soft_wrap=True)
    for line in [*_unwritten(run), *lines_of_marks(run, rows), *_parts_nobody_earned(rows)]:
        typer.echo(visible(line), err=True)
    if isinstance(run.lab, QuickLab):
        typer.echo(f"\n{run.lab.says(run.chosen)}")
    typer.echo("\n" + _places(run))
    if stopped:
        how = "Run the same command again to continue; --fresh starts over."
        if fresh:
            how = (
                "Run the command without --fresh to continue, which keeps what was graded before, too, where nothing that decides a grade "
                "has changed; with --fresh it starts over."
            )
        typer.echo(f"Stopped: {of_notebooks(_done(run, rows), run)} done and kept. {how}", err=True)


def of_notebooks(count: int, run: ClassRun) -> str:
    """`2 of 14 notebooks are`: what cannot be graded takes no time and does not count."""
    return f"{count} of {sum(submission.gradable for submission in run.submissions)} notebooks are"


def _table(run: ClassRun, rows: list[Row]) -> Table:
    """A row for each submission, a column for each question that was graded or has marks, late penalties if there are any, and the total."""
    # Questions marked by hand get a column as soon as there is a mark.
    by_hand = [id for id in run.book.questions if any(id in _marks(row) for row in rows)]
    points = {id: run.lab.questions[id].points for id in [*run.chosen, *by_hand]}
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("submission", overflow="ellipsis", no_wrap=True, min_width=12, max_width=32)
    any_late = any(map(penalty_of, rows))
    titles = [f"{title}\n[dim]{number(most)}[/dim]" for title, most in points.items()]
    titles += [*(["late\n "] if any_late else []), f"total\n[dim]{number(sum(points.values()))}[/dim]"]
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        given = _marks(row)
        marks = [number(given[id]) if id in given else Text("–", style="dim") for id in by_hand]
        late = [f"−{number(penalty)}" if (penalty := penalty_of(row)) else ""] if any_late else []
        name = Text(visible(row.called))
        if row.corrected and row.graded:
            earned = {question.id: question.points for question in row.corrected.questions}
            cells = [number(earned.get(id, 0)) for id in run.chosen]
            table.add_row(name, *cells, *marks, *late, Text(number(row.corrected.points), style="bold"))
        else:
            # No grade; not graded yet.
            mark = Text("–", style="red") if row.report or row.missing else Text("…")
            table.add_row(name, *(mark for _ in run.chosen), *marks, *late, mark)
    return table


def _marks(row: Row) -> dict[str, float]:
    """Question marked by hand → the points that count there."""
    questions = row.corrected.questions if row.corrected and row.graded else ()
    return {q.id: q.points for q in questions if q.by_hand and q.parts} | row.given.marks


def _without_grade(run: ClassRun, rows: list[Row]) -> Iterator[str]:
    """Who could not be graded and why, who handed in nothing, and how many are not graded yet."""
    lost = [row for row in rows if row.report and not row.graded]
    if lost:
        yield f"\n{len(lost)} of {len(rows)} could not be graded:"
        yield from (f"  {row.reason}" for row in lost)
    missing = [row for row in rows if row.missing]
    if missing:
        yield f"\n{len(missing)} handed in nothing: {listed([row.called for row in missing], MARKS_SHOWN)}."
        yield from (f"  {row.reason}" for row in missing if not row.unexplained)
    waiting = [row for row in rows if not row.report and not row.missing]
    if waiting:
        yield f"\n{len(waiting)} of {len(rows)} are not graded yet. {run.trouble}"


def _protection_off(rows: list[Row]) -> Iterator[str]:
    graded = (row.report.protection for row in rows if row.report and row.graded and row.report.protection)
    off = [piece for piece, on in next(graded, {}).items() if not on]
    if off:
        yield f"\nProtection that was off: {', '.join(off)}."


def _unwritten(run: ClassRun) -> list[str]:
    """What could not be written, the most important first."""
    more = len(run.unwritten) - FAILURES_SHOWN
    rest = [f"{more} more files could not be written."] if more > 0 else []
    return [*run.unwritten[:FAILURES_SHOWN], *rest]


def _parts_nobody_earned(rows: list[Row]) -> list[str]:
    """Parts that everybody who tried has lost: a suite or a reference is more likely at fault than the whole class."""
    lost: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        for question in row.report.questions if row.report and row.graded else ():
            for part in question.parts if question.attempted and not question.by_hand else ():
                lost[f"{question.id} {part.name}"].append(not part.passed)
    named = [part for part, tries in lost.items() if len(tries) >= FEW and all(tries)]
    if not named:
        return []
    return [
        f"Nobody who attempted it passed: {listed(named, MARKS_SHOWN)}. If a suite or a reference was changed, gatelab verify shows whether it is right."
    ]


def _places(run: ClassRun) -> str:
    """Where the class report and the grades are, as far as they could be written."""
    places = {"Class report": run.out / "index.html", "grades": run.out / "grades.csv"}
    written = [f"{what}: {path}" for what, path in places.items() if path in run.written]
    return "   ".join(written) or "Neither the class report nor the grades could be written."


def _done(run: ClassRun, rows: list[Row]) -> int:
    """How many notebooks have been graded."""
    return sum(
        row.report is not None
        for row, submission in zip(rows, run.submissions, strict=True)
        if submission.gradable
    )
