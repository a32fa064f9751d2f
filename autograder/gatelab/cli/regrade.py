"""`gatelab regrade FOLDER -o OUT`: after a change of a suite, points or a threshold, who gains and who loses what, and why, before
anything is replaced.

Exit codes: 0 replaced, or nothing to replace; 1 something could not be graded or written, or the changes were not
accepted; 2 wrong usage; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from gatelab.classrun.available_notebooks import available_notebooks
from gatelab.classrun.earlier import earlier_runs
from gatelab.classrun.folder import REPLACING, NoClass, require_one_run
from gatelab.classrun.lock import locked
from gatelab.classrun.regrade import Regrade, write_differences
from gatelab.classrun.reopen import (
    find_submission,
    graded_in,
    lab_of,
    read_class_file,
    recorded_lateness,
    reopen,
)
from gatelab.classrun.run import ClassRun
from gatelab.classrun.staff_input import entry_for, mark_book
from gatelab.classrun.store import QUICK, Store, StoreError
from gatelab.cli.mark_messages import lines_of_marks
from gatelab.cli.options import AcceptMissing, ClassJobs, LabName, Root
from gatelab.cli.progress import Costs, Watch
from gatelab.cli.refusals import usage
from gatelab.cli.regrade_summary import summary
from gatelab.cli.running import processors
from gatelab.handed_out.lists import listed
from gatelab.lab.late import Lateness
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import MARKS_SHOWN
from gatelab.report.by_hand.corrected_report import StaffInput
from gatelab.report.by_hand.marks import MarksError
from gatelab.report.record.hashes import for_store
from gatelab.report.record.points import plural
from gatelab.report.whole_class.class_json import ClassFile
from gatelab.submission.collect import CollectError, Submission
from gatelab.text import visible

WHOLE = "regrade the whole class, without --only and --question."


Submissions = Annotated[
    Path, typer.Argument(help="The submissions, as they were graded.", show_default=False)
]
Out = Annotated[
    Path, typer.Option("--out", "-o", help="The folder that gatelab grade wrote.", show_default=False)
]
Only = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this one (may be repeated).")]
Question = Annotated[list[str] | None, typer.Option(help="Only this question (may be repeated).")]
Yes = Annotated[bool, typer.Option("--yes", help="Replace without asking.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Grade again, whether anything was changed or not.")]


def regrade_command(
    context: typer.Context,
    folder: Submissions,
    out: Out,
    only: Only = None,
    question: Question = None,
    yes: Yes = False,
    fresh: Fresh = False,
    jobs: ClassJobs = 0,
    accept_missing: AcceptMissing = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Grade again whatever has changed, show who gains and who loses what, ask, and keep the earlier run.

    Exit code 1: something could not be graded, or nothing was replaced; 130: stopped; the same command continues.

    Example: gatelab regrade submissions -o out
    """
    try:
        class_file = _graded_class_file(out)
        lab = lab_of(class_file, out, root, lab_name)
        chosen = _chosen(lab, class_file, question or [], out)
        seed = int(class_file["seed"])
        submissions = graded_in(class_file, folder)
        context.with_resource(locked(out))
        found, newcomers = available_notebooks(submissions, folder, lab, out)
        grading, parts = for_store(lab, seed, chosen)
        store = Store(out, grading, folder, parts, lab.name)
        run = ClassRun(lab, submissions, store, chosen, seed, lateness=recorded_lateness(class_file))
        store.check(chosen if run.is_part else None)
        named = [find_submission(run, name) for name in only or []]
        run.read_marks()
        store.open()
        run.keep_existing()
        require_one_run(out, class_file["submissions"], run.reports)
        again = Regrade(run, question or None, named, fresh, found, _given_before(run, class_file))
    except (LabError, CollectError, StoreError, MarksError, NoClass) as error:
        usage(str(error))
    run.keep_marks()
    _print(lines_of_marks(run, run.rows()))
    if newcomers:
        who = listed(newcomers, MARKS_SHOWN)
        _print([f"{who}: not graded before; run gatelab grade to grade new submissions."])
    _print(_late_rule(run))
    left = again.plan()
    if not left and not again.affects_marks:
        _end_as_it_is(again, class_file)
    stays = partial(_write_marks, again, root, lab_name)
    if problem := again.first_with_an_old_maximum(again.questions):
        stays()
        usage(
            f"{problem}: {WHOLE if question or named else 'run gatelab grade to grade everything that is there now.'}"
        )
    if left:
        _grade(again, left, jobs or processors(), accept_missing or [])
    _print([*again.skipped, *again.as_before])
    _offer(again, yes, stays)


def _graded_class_file(out: Path) -> ClassFile:
    """class.json. Raises StoreError where no class was graded, or only looked at."""
    class_file = read_class_file(out)
    if class_file.get(QUICK):
        raise StoreError(
            f"{out}: is a quick look, without trainings; gatelab grade --quick grades what was changed."
        )
    return class_file


def _chosen(lab: Lab, class_file: ClassFile, wanted: list[str], out: Path) -> list[str]:
    """The questions that the class was graded in. Raises LabError, StoreError for a wanted one that is none of these."""
    listed = [row["id"] for row in class_file["questions"]]
    automatic = lab.automatic
    chosen = [id for id in automatic if id in listed or class_file.get("all_questions", True)]
    lab.check_questions(wanted, "--question")
    for id in wanted:
        if id not in chosen:
            raise StoreError(f"--question {id}: was not graded in {out}; there are {', '.join(chosen)}.")
    return chosen


def _given_before(run: ClassRun, class_file: ClassFile) -> Callable[[Submission], StaffInput]:
    """What staff had given each submission, with the rules and points of that time."""
    rules = mark_book(run.out, class_file)
    rules.marks, rules.corrections = run.book.marks, run.book.corrections
    rows = {row["name"]: row for row in class_file["submissions"]}
    return lambda submission: entry_for(rules, run.work(submission), rows[submission.name])


def _write_marks(again: Regrade, root: Path, lab_name: str | None) -> None:
    """Write out the marks that were read from grades.csv where nothing is replaced, unless others would stop counting."""
    run, why = again.run, "the next regrade that replaces something, or gatelab grade, writes them out."
    if not run.book.changes:
        return
    if not again.affects_marks:
        try:
            as_graded = reopen(run.out, root, lab_name)
            as_graded.read_marks()
            as_graded.write_class()
            _print(as_graded.unwritten)
            return
        except (StoreError, LabError, MarksError) as error:
            why = str(error)
    _print(
        [f"{run.book.grades_path}: what was read from it is kept, and not in the tables and pages yet: {why}"]
    )


def _grade(again: Regrade, left: list[Submission], jobs: int, accept_missing: list[str]) -> None:
    from gatelab.sandbox.confine import ProtectionMissing

    console = Console(stderr=True)
    try:
        costs = Costs.of(again.run.lab, again.run.out, again.run.chosen)
        with Watch(console, left, left, costs, jobs) as watch:
            again.grade(left, jobs, accept_missing, watch)
    except KeyboardInterrupt:
        how = (
            "With --fresh the same command grades all of it again."
            if again.fresh
            else "Run the same command again to continue."
        )
        typer.echo(f"Stopped; nothing was replaced. {how}", err=True)
        raise typer.Exit(130) from None
    except (ProtectionMissing, LabError) as error:
        usage(str(error))
    except OSError as error:
        typer.echo(
            f"{again.run.out}: nothing was replaced, it cannot be written to ({error.strerror}).", err=True
        )
        raise typer.Exit(1) from error


def _offer(again: Regrade, yes: bool, stays: Callable[[], None]) -> None:
    """Show what would change, ask, replace. `stays` is called where nothing is replaced."""
    out = again.run.out
    failed = [report for report in again.new.values() if report.status == "failed"]
    _print([f"{report.submission}: {report.reason}" for report in failed])
    for report in failed:
        del again.new[report.submission]  # its result is unchanged
    found = again.differences()
    if again.as_before and not (again.new or found or failed or again.skipped):
        stays()
        typer.echo("Nothing was replaced: no result has changed.")
        raise typer.Exit(1 if again.run.unwritten else 0)
    typer.echo("\n".join(summary(again, found)))
    if not again.new and not found:
        stays()
        raise typer.Exit(1)
    if problem := again.first_with_an_old_maximum({name: again.questions[name] for name in again.new}):
        _print(
            [f"{problem}, so nothing was replaced; run gatelab grade to grade everything that is there now."]
        )
        stays()
        raise typer.Exit(1)
    if not yes and not _agreed(out):
        stays()
        typer.echo(
            "Nothing was replaced. With --fresh the same command, with --yes to replace, grades all of it again."
            if again.fresh
            else "Nothing was replaced. What was graded is kept: the same command with --yes replaces at once."
        )
        raise typer.Exit(1)
    try:
        place = again.keep_earlier()
        write_differences(place, found)
    except OSError as error:
        typer.echo(
            f"{out / 'earlier'}: the existing run cannot be kept ({error.strerror}), so nothing was replaced.",
            err=True,
        )
        raise typer.Exit(1) from error
    replaced = again.accept()
    _print(again.run.unwritten)
    typer.echo(f"{plural(replaced, 'report')} replaced. The earlier run is kept in {place}.")
    runs = earlier_runs(out)
    if len(runs) > 1:
        typer.echo(f"Earlier runs: {', '.join(run.name for run in runs)}.")
    stale = [submission.name for submission in again.run.submissions if _is_stale(again, submission.name)]
    if stale:
        typer.echo(
            f"{plural(len(stale), 'submission')} still {'has' if len(stale) == 1 else 'have'} results from the earlier suites or points; "
            "run gatelab regrade without --only and --question."
        )
    raise typer.Exit(1 if again.run.unwritten or failed else 0)


def _end_as_it_is(again: Regrade, class_file: ClassFile) -> NoReturn:
    """Say why nothing is graded, and end."""
    by_hand = _by_hand(again.run, class_file)
    _print([*again.skipped, *by_hand])
    typer.echo(_nothing_to_grade(again, bool(by_hand or _late_rule(again.run))))
    _print(again.run.unwritten)
    raise typer.Exit(1 if again.run.unwritten else 0)


def _by_hand(run: ClassRun, class_file: ClassFile) -> list[str]:
    """What changed in questions that the grader does not grade."""
    rows = [(row["id"], row["title"], row["points"]) for row in class_file["by_hand"]]
    specs = run.lab.questions.items()
    new = [id for id, spec in specs if spec.by_hand and (id, spec.title, spec.points) not in rows]
    gone = [id for id, *_ in rows if id not in run.lab.by_hand]
    return [
        f"{id} is marked by hand and was changed; run gatelab grade to apply the change." for id in new
    ] + [
        f"{id} is no longer {'marked by hand' if id in run.lab.questions else 'a question'}; run gatelab grade to apply the change."
        for id in gone
    ]


def _late_rule(run: ClassRun) -> list[str]:
    """A sentence, if lab.toml's late rule has changed for somebody since the grading: a regrade keeps the earlier penalties."""
    rule = run.lab.late
    whose = [
        submission.name
        for submission in run.submissions
        if (was := run.lateness.get(submission.name)) is not None
        and was != (rule.of(submission.handed_in) if rule else Lateness())
    ]
    if not whose:
        return []
    return [
        f"The rule for late work, [late] in lab.toml, was changed, and with it what it says of {listed(whose, MARKS_SHOWN)}; "
        "run gatelab grade to apply the change."
    ]


def _nothing_to_grade(again: Regrade, more: bool) -> str:
    """The sentence for that case; `more`: something was changed that a regrade does not apply. A regrade that was cut off after it had
    replaced the reports is finished here."""
    if (again.run.out / REPLACING).exists():
        again.run.write_class()
        return "An earlier regrade was cut off after it had replaced the reports; the tables and pages have been updated."
    if again.run.book.changes:
        again.run.write_class()
    if again.skipped:
        return "Nothing was graded again."
    return f"Nothing {'else ' if more else ''}that decides a grade was changed since these were graded."


def _is_stale(again: Regrade, name: str) -> bool:
    report = again.run.reports.get(name)
    if report is None or report.status != "graded" or name not in again.available:
        return False
    return bool(again.run.store.changed(report))


def _agreed(out: Path) -> bool:
    if not sys.stdin.isatty():
        return False
    try:
        return typer.confirm(f"Replace the grades in {out}?", default=False)
    except typer.Abort:  # Ctrl-C, or the end of the input
        typer.echo()
        return False


def _print(lines: list[str]) -> None:
    for line in lines:
        typer.echo(visible(line), err=True)
