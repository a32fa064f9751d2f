"""`gatelab grade FOLDER -o OUT`: the command around a class run.

Exit codes: 0 all submissions were graded, 1 some could not be or a file could not be written, 2 wrong usage,
130 stopped by Ctrl-C.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gatelab.classrun.lock import locked
from gatelab.classrun.run import ClassRun, Grader
from gatelab.classrun.store import Store, StoreError
from gatelab.cli.class_screen import of_notebooks, show_class
from gatelab.cli.cluster import ClusterAddress, on_cluster
from gatelab.cli.intake import collected, tidy
from gatelab.cli.options import (
    AcceptMissing,
    Attempts,
    ClassJobs,
    LabName,
    Root,
    RosterFile,
    Seed,
    WhichAttempts,
)
from gatelab.cli.progress import Costs, Watch
from gatelab.cli.refusals import usage
from gatelab.cli.running import processors
from gatelab.faults import GraderFault, NotStarted
from gatelab.integrations.roster import RosterError
from gatelab.lab import installed
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import Lab, LabError
from gatelab.report.by_hand.marks import MarksError
from gatelab.report.record.hashes import for_store, grading_hash
from gatelab.report.whole_class.class_report import Row
from gatelab.submission.collect import CollectError
from gatelab.text import visible

Submissions = Annotated[
    Path,
    typer.Argument(
        help="Folder of notebooks, nbgrader's submitted/<student>/<lab>/ tree, or what Canvas, Moodle or Gradescope "
        "let you download (the archive or the folder in it).",
        show_default=False,
    ),
]
Out = Annotated[
    Path, typer.Option("--out", "-o", help="Where grades, reports and feedback go.", show_default=False)
]
Question = Annotated[list[str] | None, typer.Option(help="Grade this question only (may be repeated).")]
Quick = Annotated[
    bool,
    typer.Option(
        "--quick", help="A first look: train nothing, leave those points out, into an OUT of its own."
    ),
]
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh", help="Grade everything again, finished work included; replaces another class in OUT."
    ),
]


def grade(
    context: typer.Context,
    folder: Submissions,
    out: Out,
    jobs: ClassJobs = 0,
    seed: Seed = None,
    question: Question = None,
    quick: Quick = False,
    fresh: Fresh = False,
    roster: RosterFile = None,
    attempts: WhichAttempts = Attempts.newest,
    cluster: ClusterAddress = None,
    accept_missing: AcceptMissing = None,
    lab_name: LabName = None,
    root: Root = Path(),
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
        roster = roster or (None if fresh else _previous_roster(store))
        submissions = collected(folder, lab, out, roster, attempts)
        context.with_resource(locked(out))
        store.graded_with(roster)
        run = ClassRun(lab, submissions, store, chosen, seed, quick)
        if not fresh:
            store.check(chosen if run.is_part or quick else None, quick)
        _require_packages(run, fresh)
        run.read_marks()
        store.open()
    except (LabError, CollectError, StoreError, MarksError, RosterError) as error:
        usage(str(error))
    run.keep_marks()
    elsewhere = on_cluster(cluster, run, jobs, accept_missing or [], grading_hash) if cluster else None
    stopped = _grade(run, jobs or processors(), fresh, accept_missing or [], elsewhere)
    rows = run.write_class()
    tidy(out, submissions)
    show_class(run, rows, stopped, fresh)
    raise typer.Exit(_exit_code(run, rows, stopped))


def _require_packages(run: ClassRun, fresh: bool) -> None:
    """Raise LabError if a package that answers may import is missing. A class in which nothing is left to grade is finished without it."""
    try:
        installed.check(run.lab.assignment)
    except LabError:
        if fresh or any(
            one.gradable and not one.missing and not run.store.load(one) for one in run.submissions
        ):
            raise


def _previous_roster(store: Store) -> Path | None:
    """The roster of the last grading: without it, times, addresses and the names of missing students would be lost."""
    if (roster := store.last_roster) is not None:
        typer.echo(visible(f"Roster: {roster}, as in the last grading."), err=True)
    return roster


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
            typer.echo(f"{of_notebooks(kept, run)} done from an earlier run and have not changed.", err=True)
        changed = [submission for submission in left if run.store.was_graded(submission)] if not fresh else []
        if changed:
            typer.echo(
                f"{of_notebooks(len(changed), run)} graded again, because what decides grades was changed since; gatelab regrade "
                "shows who gains and who loses before it replaces anything.",
                err=True,
            )
        if left:
            with Watch(console, run.submissions, left, costs, jobs) as watch:
                run.grade(left, jobs, accept_missing, watch, elsewhere, watch.on_question_start)
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


def _exit_code(run: ClassRun, rows: list[Row], stopped: bool) -> int:
    if stopped:
        return 130
    return 0 if all(row.graded or row.missing for row in rows) and not run.unwritten else 1


def _chosen(lab: Lab, wanted: list[str]) -> list[str]:
    """The questions to grade, in the order of the lab; all of them if none was named."""
    automatic = lab.automatic
    lab.check_questions(wanted, "--question")
    return [id for id in automatic if id in wanted or not wanted]
