"""`gatelab mark`, `gatelab comment`, `gatelab late`: points and comments that people give, in place of the grader's or in addition to them.

Exit codes: 0 done, 1 a file could not be written, 2 wrong usage.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gatelab.classrun.reopen import find_submission
from gatelab.classrun.run import ClassRun
from gatelab.cli.opened_class import ClassFolder, Remove, Why, graded_folder, open_class, write_out
from gatelab.cli.options import LabName, Root
from gatelab.cli.refusals import usage
from gatelab.cli.written import list_written
from gatelab.did_you_mean import did_you_mean
from gatelab.limits import TYPED
from gatelab.report.by_hand.corrections import COMMENT, LATE, POINTS
from gatelab.report.by_hand.marks import Mark, exact, number_of
from gatelab.report.edited_table.readback import WITHDRAWN
from gatelab.report.edited_table.table_cells import quoted
from gatelab.report.record.points import instead_of, number, plural
from gatelab.report.whole_class.class_report import PENDING
from gatelab.submission.collect import Submission
from gatelab.text import one_line, visible

SOURCE = "command"


def mark(
    given: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME QUESTION POINTS]",
            help="Student, question, points; - as points withdraws the mark.",
            show_default=False,
        ),
    ] = None,
    why: Why = None,
    remove: Remove = False,
    out: ClassFolder = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Give points: for a question that is marked by hand, or in place of the grader's (with --why). Without arguments, the
    written answers one after another.

    Exit code 1: it could not be saved, or is saved and not in every table and page yet; the message says which.

    Example: gatelab mark ada q1 4 --why "agreed in the office hour" -o out
    """
    words = given or []
    if len(words) == 1 and out is None and Path(words[0]).is_dir():
        words, out = [], Path(words[0])
    folder = graded_folder(out)
    if not words and not remove and why is None:
        with open_class(folder, root, lab_name) as run:
            list_written(run, root)
        return
    if len(words) != (2 if remove else 3):
        usage(
            "gatelab mark takes NAME QUESTION POINTS, NAME QUESTION --remove, or nothing, for the written answers one after the other."
        )
    with open_class(folder, root, lab_name) as run:
        submission, id = find_submission(run, words[0]), _question(run, words[1])
        what = "" if run.lab.questions[id].by_hand else POINTS
        if remove or words[2] in WITHDRAWN:
            _withdraw(run, submission, what, id, f"{submission.name} {id}")
        points, most = number_of(words[2]), run.lab.questions[id].points
        if points is None or points > most:
            usage(f"{submission.name} {id}: {words[2][:TYPED]!r} is not a number from 0 to {most:g}.")
        reason = one_line(why or "")
        if what and not reason:
            usage(
                f"{submission.name} {id}: say with --why why you replace the grader's points; students and later graders read it."
            )
        _enter(run, submission, what, id, points, reason)
        write_out(run, (submission.name, id))
        graded = _graded(run, submission, id) if what else None
        instead = "" if graded is None else instead_of(points, graded, "the grader's ")
        _say(f"{submission.name} {id}: {exact(points)} of {most:g}{instead}.", submission, run)


def comment(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME [QUESTION] TEXT",
            help="Student, question (without one: on the whole lab), comment.",
            show_default=False,
        ),
    ],
    remove: Remove = False,
    out: ClassFolder = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Write a comment for a student, on a question or on the whole lab; it goes into every output.

    Exit code 1: it could not be saved, or is saved and not in every table and page yet; the message says which.

    Example: gatelab comment ada q1 "Well done." -o out
    """
    words = list(given) + ([""] if remove else [])
    if len(words) not in (2, 3):
        usage("gatelab comment takes NAME TEXT, or NAME QUESTION TEXT; NAME or NAME QUESTION with --remove.")
    with open_class(graded_folder(out), root, lab_name) as run:
        submission = find_submission(run, words[0])
        id = _question(run, words[1]) if len(words) == 3 else ""
        if remove:
            _withdraw(run, submission, COMMENT, id, f"{submission.name} {id}".strip())
        text = one_line(words[-1])
        if not text:
            usage(f"{submission.name}: the comment is empty; write it, or take one back with --remove.")
        if len(words) == 2 and text in run.lab.questions:
            usage(f"{submission.name} {text}: the comment is missing; write it after the question.")
        work = run.work(submission)
        old = run.book.corrections.tables[COMMENT].by_key.get((work.name, id, work.sha256))
        _enter(run, submission, COMMENT, id, 0.0, text)
        write_out(run)
        instead = f", in place of “{quoted(old.why)}”" if old is not None and old.why != text else ""
        _say(f"{submission.name}{f' {id}' if id else ''}: comment written{instead}.", submission, run)


def late(
    name: Annotated[str, typer.Argument(help="The student.", show_default=False)],
    points: Annotated[str, typer.Argument(help="Points to deduct instead of what the rule deducts.")] = "0",
    why: Why = None,
    remove: Remove = False,
    out: ClassFolder = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:
    """Waive a late penalty, or set another one.

    Exit code 1: it could not be saved, or is saved and not in every table and page yet; the message says which.

    Example: gatelab late ada 0 --why "was ill" -o out
    """
    with open_class(graded_folder(out), root, lab_name) as run:
        submission = find_submission(run, name)
        if remove or points in WITHDRAWN:
            _withdraw(run, submission, LATE, "", f"{submission.name} late penalty")
        taken, reason = number_of(points), one_line(why or "")
        if taken is None:
            usage(f"{submission.name}: {points[:TYPED]!r} is not a number of points from 0 on.")
        if not reason:
            usage(f"{submission.name}: say with --why why the rule for late work does not apply here.")
        if run.lab.late is None:
            usage(
                f"{run.lab.assignment / 'lab.toml'}: has no rule for late work, [late], that could be waived."
            )
        _enter(run, submission, LATE, "", taken, reason)
        write_out(run)
        row = next(row for row in run.rows() if row.name == submission.name)
        taken = row.corrected.penalty if row.corrected and row.graded else taken  # no more than was earned
        off = plural(taken, "point", write=exact) if taken else "nothing"
        _say(
            f"{submission.name}: {off} taken off for lateness.",
            submission,
            run,
        )


def _question(run: ClassRun, typed: str) -> str:
    """The question meant; ends the command if the class was not graded for it."""
    known = [*run.chosen, *run.lab.by_hand]
    if typed not in known:
        usage(
            f"{typed[:TYPED]}: no question of this class{did_you_mean(typed, known)}; there are {', '.join(known)}."
        )
    return typed


def _enter(run: ClassRun, submission: Submission, what: str, id: str, points: float, why: str) -> None:
    work = run.work(submission)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sha256 = "" if what == LATE else work.sha256
    run.book.enter(what, Mark(work.name, id, points, sha256, work.entry, now, SOURCE, why=why))


def _withdraw(run: ClassRun, submission: Submission, what: str, id: str, shown: str) -> NoReturn:
    work = run.work(submission)
    if not run.book.take_out(what, work.name, id):
        usage(f"{shown}: there is nothing to withdraw.")
    write_out(run, (work.name, id))
    _say(f"{shown}: taken back.", submission, run)
    raise typer.Exit(0)


def _graded(run: ClassRun, submission: Submission, id: str) -> float | None:
    """The grader's points; None if it gave none."""
    report = run.reports.get(submission.name)
    return next((q.points for q in report.questions if q.id == id), None) if report else None


def _say(sentence: str, submission: Submission, run: ClassRun) -> None:
    row = next(row for row in run.rows() if row.name == submission.name)
    if row.corrected and row.graded:
        total = f" Total now: {number(row.corrected.points)}."
    elif row.status == PENDING:
        total = " It has no total yet: gatelab grade was stopped before it; run it again."
    else:
        total = " It has no total: it was not graded."
    typer.echo(visible(sentence + total))
