"""`gatelab grade FOLDER -o OUT`: the command around a class run, and what it says.

Exit codes: 0 all submissions were graded, 1 some could not be or a file could not be written, 2 wrong usage,
130 stopped by Ctrl-C.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gatelab.classrun.hashes import for_store, grading_hash
from gatelab.classrun.lock import locked
from gatelab.classrun.run import ClassRun, Grader
from gatelab.classrun.store import Store, StoreError
from gatelab.cli.cluster import ClusterAddress, on_cluster
from gatelab.cli.intake import collected, tidy
from gatelab.cli.options import AcceptMissing, Attempts, LabName, RosterFile, Seed, WhichAttempts
from gatelab.cli.places import usage
from gatelab.cli.progress import Costs, Watch
from gatelab.cli.running import processors, stoppable
from gatelab.cli.typed import lines_of_marks, some
from gatelab.faults import GraderFault, NotStarted
from gatelab.integrations.roster import RosterError
from gatelab.lab.choose import chosen_lab
from gatelab.lab.quick import QuickLab
from gatelab.lab.spec import Lab, LabError
from gatelab.report.classbook import Row
from gatelab.report.marks import MarksError
from gatelab.report.plain import number
from gatelab.submission.collect import CollectError
from gatelab.text import visible

WIDE = 160  # columns of the table where the output is no terminal
MOST_FAILURES = 5  # listed one by one
FEW = 3  # fewer may lose the same part by themselves


def grade(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of notebooks, nbgrader's submitted/<student>/<lab>/ tree, or what Canvas, Moodle or Gradescope "
            "let you download (the archive or the folder in it).",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where grades, reports and feedback go.", show_default=False)
    ],
    jobs: Annotated[int, typer.Option(help="Submissions graded at once; 0: one per processor.", min=0)] = 0,
    seed: Seed = None,
    question: Annotated[
        list[str] | None, typer.Option(help="Grade this question only (may be repeated).")
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="A first look: train nothing, leave those points out, into an OUT of its own."
        ),
    ] = False,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh", help="Grade everything again, finished work included; replaces another class in OUT."
        ),
    ] = False,
    roster: RosterFile = None,
    attempts: WhichAttempts = Attempts.newest,
    cluster: ClusterAddress = None,
    accept_missing: AcceptMissing = None,
    lab_name: LabName = None,
    root: Annotated[Path, typer.Option(help="The kit's folder.")] = Path(),
) -> None:
    """Grade a class: every file and folder that came in gets a row in OUT/grades.csv.

    Exit code 1: something could not be graded or written, and the output says what; 130: stopped; the same command continues.

    Example: gatelab grade submissions -o out
    """
    if quick and cluster:
        usage("--quick trains nothing and needs no cluster; omit one of --quick and --cluster.")
    try:
        lab = chosen_lab(root, lab_name)
        seed = lab.settings.seed if seed is None else seed
        chosen = _chosen(lab, question or [])
        if out.resolve() == folder.resolve():
            usage(f"{out}: is the folder of the submissions; choose another -o.")
        grading, parts = for_store(lab, seed, chosen, quick)
        store = Store(out, grading, folder, parts, lab.name)
        roster = roster or (None if fresh else _as_before(store))
        submissions = collected(folder, lab, out, roster, attempts)
        context.with_resource(locked(out))
        store.graded_with(roster)
        run = ClassRun(lab, submissions, store, chosen, seed, quick)
        if not fresh:
            store.check(chosen if run.is_part or quick else None, quick)
        run.read_marks()
        store.open()
    except (LabError, CollectError, StoreError, MarksError, RosterError) as error:
        usage(str(error))
    run.keep_marks()
    elsewhere = on_cluster(cluster, run, jobs, accept_missing or [], grading_hash) if cluster else None
    stopped = _grade(run, jobs or processors(), fresh, accept_missing or [], elsewhere)
    rows = run.write_class()
    tidy(out, submissions)
    _show(run, rows, Console(width=None if Console().is_terminal else WIDE))
    for line in [*_failures(run), *lines_of_marks(run, rows), *_lost_by_all(rows)]:
        typer.echo(visible(line), err=True)
    if isinstance(run.lab, QuickLab):
        typer.echo(f"\n{run.lab.says(run.chosen)}")
    places = {"Class report": run.out / "index.html", "grades": run.out / "grades.csv"}
    written = [f"{what}: {path}" for what, path in places.items() if path in run.written]
    typer.echo("\n" + ("   ".join(written) or "Neither the class report nor the grades could be written."))
    if stopped:
        done = sum(
            row.report is not None for row, came in zip(rows, submissions, strict=True) if came.gradable
        )
        typer.echo(
            f"Stopped: {_of_notebooks(done, run)} done and kept. Run the same command again to continue; "
            "--fresh starts over.",
            err=True,
        )
        raise typer.Exit(130)
    raise typer.Exit(0 if all(row.graded or row.missing for row in rows) and not run.unwritten else 1)


def _as_before(store: Store) -> Path | None:
    """The list that the class was graded with the last time: without it, times, addresses and who is missing would be lost."""
    if (roster := store.last_roster) is not None:
        typer.echo(visible(f"Roster: {roster}, as in the last grading."), err=True)
    return roster


@stoppable()
def _grade(
    run: ClassRun,
    jobs: int,
    fresh: bool,
    accept_missing: list[str],
    elsewhere: AbstractContextManager[Grader] | None,
) -> bool:
    """Take the class through the engine under a progress bar. True when it was stopped by the user."""
    from gatelab.sandbox.confine import ProtectionMissing

    console = Console(stderr=True)
    try:
        costs = Costs.of(run.whole, run.out, run.chosen, quick=run.quick)
        left = run.settle(fresh)
        kept = sum(submission.gradable for submission in run.submissions) - len(left)
        if kept:
            typer.echo(f"{_of_notebooks(kept, run)} done from an earlier run and have not changed.", err=True)
        changed = [came for came in left if run.store.was_graded(came)] if not fresh else []
        if changed:
            typer.echo(
                f"{_of_notebooks(len(changed), run)} graded again, because what decides grades was changed since; gatelab regrade "
                "shows who gains and who loses before it replaces anything.",
                err=True,
            )
        if left:
            with Watch(console, run.submissions, left, costs, jobs) as watch:
                run.grade(left, jobs, accept_missing, watch, elsewhere, watch.at)
    except KeyboardInterrupt:
        return True
    except (ProtectionMissing, LabError, NotStarted) as error:
        usage(str(error))
    except GraderFault as error:
        run.trouble = str(error)
    except Exception as error:
        # The engine answers for every submission; if it ever does not, the class must not lose what is done.
        run.trouble = (
            f"The grader itself failed ({type(error).__name__}: {error}); run the same command again."
        )
        console.print_exception()
    return False


def _of_notebooks(count: int, run: ClassRun) -> str:
    """`2 of 14 notebooks are`: what cannot be graded takes no time and does not count."""
    return f"{count} of {sum(submission.gradable for submission in run.submissions)} notebooks are"


def _show(run: ClassRun, rows: list[Row], console: Console) -> None:
    """The grade table, who has no grade and why, and where the report is."""
    console.print(Text(run.lab.title, style="italic"))
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("submission", overflow="ellipsis", no_wrap=True, min_width=12, max_width=32)
    for id in run.chosen:
        table.add_column(
            f"{id}\n[dim]{number(run.lab.questions[id].points)}[/dim]", justify="right", no_wrap=True
        )
    # Questions marked by hand get a column as soon as there is a mark.
    by_hand = [id for id in run.book.questions if any(id in row.given.marks for row in rows)]
    for id in by_hand:
        table.add_column(
            f"{id}\n[dim]{number(run.lab.questions[id].points)}[/dim]", justify="right", no_wrap=True
        )
    out_of = sum(run.lab.questions[id].points for id in [*run.chosen, *by_hand])
    table.add_column(f"total\n[dim]{number(out_of)}[/dim]", justify="right", no_wrap=True)
    for row in rows:
        marks = [
            number(row.given.marks[id]) if id in row.given.marks else Text("–", style="dim") for id in by_hand
        ]
        name = Text(visible(row.called))
        if row.counted and row.graded:
            points = {question.id: question.points for question in row.counted.questions}
            cells = [number(points.get(id, 0)) for id in run.chosen]
            table.add_row(name, *cells, *marks, Text(number(row.counted.points), style="bold"))
        else:
            # No grade; not graded yet.
            mark = Text("–", style="red") if row.report or row.missing else Text("…")
            table.add_row(name, *(mark for _ in run.chosen), *marks, mark)
    console.print(table)
    lost = [row for row in rows if row.report and not row.graded]
    if lost:
        console.print(f"\n{len(lost)} of {len(rows)} could not be graded:", highlight=False)
        for row in lost:
            console.print(Text(f"  {row.reason}"), soft_wrap=True)
    missing = [row.called for row in rows if row.missing]
    if missing:
        console.print(Text(f"\n{len(missing)} handed in nothing: {some(missing)}."), soft_wrap=True)
    waiting = [row for row in rows if not row.report and not row.missing]
    if waiting:
        console.print(
            Text(f"\n{len(waiting)} of {len(rows)} are not graded yet. {run.trouble}"), soft_wrap=True
        )
    pieces = next(
        (row.report.protection for row in rows if row.report and row.graded and row.report.protection), {}
    )
    off = [piece for piece, on in pieces.items() if not on]
    if off:
        console.print(Text(f"\nProtection that was off: {', '.join(off)}."), soft_wrap=True)


def _lost_by_all(rows: list[Row]) -> list[str]:
    """Parts that nobody has who tried: more likely a suite or a reference at fault than the whole class."""
    lost: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        for question in row.report.questions if row.report and row.graded else ():
            for part in question.parts if question.begun and not question.by_hand else ():
                lost[f"{question.id} {part.name}"].append(not part.passed)
    named = [part for part, tries in lost.items() if len(tries) >= FEW and all(tries)]
    if not named:
        return []
    return [
        f"Nobody who tried has {some(named)}. If a suite or a reference was changed, gatelab verify shows whether it is right."
    ]


def _failures(run: ClassRun) -> list[str]:
    """What could not be written, the most important first."""
    more = len(run.unwritten) - MOST_FAILURES
    rest = [f"{more} more files could not be written."] if more > 0 else []
    return [*run.unwritten[:MOST_FAILURES], *rest]


def _chosen(lab: Lab, wanted: list[str]) -> list[str]:
    """The questions to grade, in the order of the lab; all of them if none was named."""
    automatic = [id for id, spec in lab.questions.items() if not spec.by_hand]
    lab.check_questions(wanted, "--question")
    return [id for id in automatic if id in wanted or not wanted]
