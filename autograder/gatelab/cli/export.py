"""`gatelab export …`: grades and feedback in the form that a platform expects.

A total that still lacks marks by hand is left out, unless --partial says otherwise. Exit codes: 0 everything was exported, 1
something is left to do by hand, 2 wrong usage.
"""

from __future__ import annotations

import csv
import io
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gatelab.classrun.durable import write
from gatelab.classrun.for_export import read_graded
from gatelab.classrun.regrade import KEPT
from gatelab.cli.options import OfLab
from gatelab.cli.refusals import usage
from gatelab.folders import write_whole
from gatelab.integrations.delivery import Delivery, for_canvas, for_mail, for_moodle, write_folders, zipped
from gatelab.integrations.export_record import ExportRecord, keep_newer_marks
from gatelab.integrations.sheets import Filled, Rules, canvas, moodle
from gatelab.lab.choose import agree, questions_of_table
from gatelab.report.by_hand.corrected_report import CorrectedReport
from gatelab.report.outputs.grade_table import comments_of, overridden
from gatelab.report.outputs.gradescope import gradescope_results
from gatelab.report.record.points import number, plural
from gatelab.report.whole_class.graded_class import ExportError, Graded, GradedClass, lacking_lines
from gatelab.submission.spreadsheet import BOM
from gatelab.text import escape_formula, visible

app = typer.Typer(
    help="Hand grades and feedback to Canvas, Moodle, nbgrader, Gradescope or a table.",
    no_args_is_help=True,
    add_completion=False,
)

# What `gatelab grade` writes and reads again.
OWN = {*KEPT, "written.html", "earlier"}

CSV_COLUMNS = (
    "name", "email", "id", "submission", "status", "total", "out_of", "handed_in", "attempts",
    "overrides", "late_penalty", "comments",
)  # fmt: skip

ClassFolder = Annotated[
    Path, typer.Argument(help="The folder that `gatelab grade` wrote (its -o).", show_default=False)
]
Template = Annotated[Path, typer.Option(help="The sheet as you downloaded it.", show_default=False)]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="What is written; default: next to the grades.")
]
Partial = Annotated[bool, typer.Option("--partial", help="Also export totals that still lack marks by hand.")]


@app.command("canvas")
def canvas_command(
    graded: ClassFolder,
    template: Template,
    out: Out = None,
    assignment: Annotated[str | None, typer.Option(help="Title or ID of the assignment's column.")] = None,
    partial: Partial = False,
    lab_name: OfLab = None,
) -> None:
    """Fill the assignment's column of a sheet exported from Canvas's grade book.

    Exit code 1: totals will have to be exported again, or something is left to do; the output says which.

    Example: gatelab export canvas out --template sheet.csv
    """
    try:
        found = _read(graded, lab_name)
        filled = canvas(template, found.reports(), assignment, _rules(found, partial))
    except ExportError as error:
        usage(str(error))
    _write(filled, found, partial, template, _place(graded, out, "canvas.csv"))


@app.command("moodle")
def moodle_command(
    graded: ClassFolder,
    template: Template,
    out: Out = None,
    grade_column: Annotated[str, typer.Option(help="Header of the grade's column.")] = "Grade",
    feedback_column: Annotated[
        str, typer.Option(help="Header of the feedback's column.")
    ] = "Feedback comments",
    maximum_column: Annotated[str, typer.Option(help="Header of the maximum's column.")] = "Maximum Grade",
    partial: Partial = False,
    lab_name: OfLab = None,
) -> None:
    """Fill grade and feedback of Moodle's offline grading worksheet.

    Exit code 1: totals will have to be exported again, or something is left to do; the output says which.

    Example: gatelab export moodle out --template sheet.csv
    """
    try:
        found = _read(graded, lab_name)
        rules = _rules(found, partial)
        filled = moodle(template, found.reports(), grade_column, feedback_column, rules, maximum_column)
    except ExportError as error:
        usage(str(error))
    _write(filled, found, partial, template, _place(graded, out, "moodle.csv"))


@app.command("csv")
def csv_command(
    graded: ClassFolder, out: Out = None, partial: Partial = False, lab_name: OfLab = None
) -> None:
    """Write a plain table: who, their total, what it is out of, and what staff changed and said.

    Exit code 1: totals will have to be exported again, or something is left to do; the output says which.

    Example: gatelab export csv out
    """
    found = _found(graded, lab_name)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(CSV_COLUMNS)
    for row in found.rows:
        given = row.report if row.graded and (partial or not row.open) else None
        out_of = found.out_of - sum(points for _, points in row.open)
        points = [number(given.points), number(out_of)] if given else ["", ""]
        for person in row.people or (None,):
            who = [person.called, person.email, person.id] if person else [row.called, "", ""]
            cells = [*who, row.name, row.status]
            ends = map(escape_formula, _by_staff(row, bool(given)))
            table.writerow([*map(escape_formula, cells), *points, row.handed_in, row.attempts, *ends])
    path = _place(graded, out, "export.csv")
    _save(path, BOM + text.getvalue())
    count = sum(row.graded and (partial or not row.open) for row in found.rows)
    _end(f"{path}: {plural(count, 'total')} written.", _left(found, partial), _to_do(found))


def _by_staff(row: Graded, counts: bool) -> tuple[str, str, str]:
    """Overrides, late penalty and comments. `counts`: whether the row has a total, on which the penalty depends."""
    report = row.report
    if not isinstance(report, CorrectedReport):
        return "", "", ""
    penalty = number(report.penalty) if counts and report.penalty else ""
    return "; ".join(overridden(report, report.given)), penalty, "; ".join(comments_of(report.given))


@app.command("gradescope")
def gradescope_command(
    graded: ClassFolder, out: Out = None, partial: Partial = False, lab_name: OfLab = None
) -> None:
    """Write a results.json for each submission, in a folder with its name.

    Exit code 1: totals will have to be exported again, or something is left to do; the output says which.

    Example: gatelab export gradescope out
    """
    found = _found(graded, lab_name)
    folder = _place(graded, out, "gradescope")
    files = {}
    for row in found.rows:
        if row.report is None or (row.open and not partial):
            continue
        results = gradescope_results(row.report, found.questions)
        name = row.entry if row.entry.startswith("submission_") and row.entry.isidentifier() else row.file
        files[f"{name}/results.json"] = (json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode()
    try:
        write_folders(files, folder)
    except OSError as error:
        usage(f"{folder}: cannot be written ({error.strerror}); choose another -o.")
    _end(
        f"{folder}: {plural(len(files), 'results.json', 'results.json')} written.",
        _left(found, partial),
        _to_do(found),
    )


@app.command("nbgrader")
def nbgrader_command(
    graded: ClassFolder,
    database: Annotated[Path, typer.Option("--db", help="nbgrader's database.", show_default=True)] = Path(
        "gradebook.db"
    ),
    partial: Partial = False,
    lab_name: OfLab = None,
) -> None:
    """Enter points and marks into nbgrader's database. Marks given in formgrader are kept.

    Exit code 1: totals will have to be exported again, or something is left to do; the output says which.

    Example: gatelab export nbgrader out --db gradebook.db
    """
    from gatelab.integrations.nbgrader.gradebook import enter

    found = _found(graded, lab_name)
    rows = [row for row in found.rows if row.graded and (partial or not row.open)]
    try:
        lab = questions_of_table(found.lab, (Path.cwd(), graded, database))
        entered = enter(database, found, rows, lab)
    except ExportError as error:
        usage(str(error))
    head = f"{database}: {plural(len(entered.students), 'student')} entered in {found.lab}."
    new = [f"{len(entered.new)} of them new in it: {', '.join(entered.new)}."] if entered.new else []
    lines = [*new, *entered.notes, *_left(found, partial)]
    _end(head, lines, bool(entered.notes) or _to_do(found))


class To(StrEnum):
    """Where feedback goes."""

    moodle = "moodle"
    canvas = "canvas"
    mail = "mail"


@app.command("feedback")
def feedback_command(
    graded: ClassFolder,
    to: Annotated[
        To,
        typer.Option(
            "--to",
            help="moodle: its feedback zip; canvas: its re-upload zip; mail: a folder for each e-mail address.",
            show_default=False,
        ),
    ],
    out: Out = None,
    lab_name: OfLab = None,
) -> None:
    """Pack the feedback pages for a platform, or sort them by e-mail address.

    Exit code 1: somebody is left out; the output says who.

    Example: gatelab export feedback out --to moodle
    """
    try:
        found = _read(graded, lab_name)
        make = {To.moodle: for_moodle, To.canvas: for_canvas, To.mail: for_mail}[to]
        delivery: Delivery = make(found)
    except ExportError as error:
        usage(str(error))
    path = _place(graded, out, f"feedback-{to}" if to is To.mail else f"feedback-{to}.zip")
    if not delivery.files:
        _end("No feedback can be delivered, and nothing was written.", delivery.left_out, True)
    try:
        if to is To.mail:
            write_folders(delivery.files, path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, zipped(delivery))
    except OSError as error:
        usage(f"{path}: cannot be written ({error.strerror}); choose another -o.")
    _end(
        f"{path}: feedback for {plural(len(delivery.files), 'person', 'people')}.",
        delivery.left_out,
        bool(delivery.left_out),
    )


def _found(graded: Path, lab_name: str | None) -> GradedClass:
    try:
        return _read(graded, lab_name)
    except ExportError as error:
        usage(str(error))


def _read(graded: Path, lab_name: str | None) -> GradedClass:
    found = read_graded(graded)
    agree(lab_name, found.lab, graded)
    for note in found.notes:
        typer.echo(visible(note), err=True)
    return found


def _place(graded: Path, out: Path | None, usual: str) -> Path:
    """Where an export goes. Ends the command if gatelab grade keeps its own data there: its marks would be lost."""
    if out is None:
        return graded / usual
    place, own = out.resolve(), graded.resolve()
    if place == own or (place.is_relative_to(own) and place.relative_to(own).parts[0] in OWN):
        usage(f"{out}: gatelab grade keeps its own data there; choose another -o.")
    if place.is_dir() and "." in usual:
        usage(f"{out}: is a folder; name a file, as in -o {out / usual}.")
    return out


def _rules(found: GradedClass, partial: bool) -> Rules:
    called = {row.name: row.called for row in found.rows}
    return Rules(
        found.out_of, found.people(), called, () if partial else {row.name for row in found.lacking()}
    )


def _left(found: GradedClass, partial: bool) -> list[str]:
    """The people whose totals are missing from an export, one line each."""
    lines = lacking_lines(found.lacking(), partial)
    for rows, what in (
        ([row for row in found.rows if row.report is None], "handed in nothing"),
        (
            [row for row in found.rows if row.report and row.report.status == "ungradable"],
            "could not be graded",
        ),
        (_failed(found), "not graded because the grader failed: run gatelab grade again"),
    ):
        if rows:
            lines.append(f"{len(rows)} {what}: {'; '.join(row.called for row in rows)}.")
    return lines


def _to_do(found: GradedClass) -> bool:
    """Whether totals will have to be exported again: also those exported in part, once their marks are there."""
    return bool(_failed(found) or found.lacking())


def _failed(found: GradedClass) -> list[Graded]:
    return [row for row in found.rows if row.report and row.report.status == "failed"]


def _write(filled: Filled, found: GradedClass, partial: bool, template: Path, out: Path) -> None:
    if out.resolve() == template.resolve():
        usage(f"{out}: is the downloaded sheet itself; choose another -o.")
    record = ExportRecord.beside(out)
    held, memory = keep_newer_marks(template, filled, record.read())
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write(out, filled.text)
        record.keep(memory)
    except OSError as error:
        usage(f"{out}: cannot be written ({error.strerror}); choose another -o.")
    typer.echo(f"{out}: {plural(filled.filled, 'grade')} filled in.")
    for line in [*filled.notes, *lacking_lines(found.lacking(), partial), *filled.unclear]:
        typer.echo(visible(line), err=True)
    for names, what in (
        (filled.no_row, "graded, but not in the sheet"),
        (filled.no_grade, "in the sheet, nothing was handed in"),
        (filled.ungradable, "in the sheet, the submission could not be graded"),
        (filled.failed, "in the sheet, not graded because the grader failed: run gatelab grade again"),
        (filled.left_out, "in the sheet, left out until the marks are there"),
        (filled.fixed, "excused or locked on the platform, which was left as it is"),
        (held, "changed on the platform since the last export, which was left as it is"),
        (filled.replaced.values(), "had another grade in the sheet, which was replaced"),
        (filled.feedback.values(), "had other feedback in the sheet, which was replaced"),
    ):
        if names:
            typer.echo(visible(f"{len(names)} {what}: {'; '.join(names)}."), err=True)
    raise typer.Exit(1 if filled.unclear or filled.no_row or filled.failed or _to_do(found) else 0)


def _save(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, text)
    except OSError as error:
        usage(f"{path}: cannot be written ({error.strerror}); choose another -o.")


def _end(head: str, lines: list[str], to_do: bool) -> NoReturn:
    typer.echo(head)
    for line in lines:
        typer.echo(visible(line), err=True)
    raise typer.Exit(1 if to_do else 0)
