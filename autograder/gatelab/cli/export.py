"""`gatelab export canvas|moodle`: grades into the sheet that the learning platform let staff download."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gatelab.classrun.markbook import MarkBook
from gatelab.classrun.store import write
from gatelab.integrations.sheets import ExportError, Filled, canvas, moodle
from gatelab.report.classbook import PENDING
from gatelab.report.marks import MarksError, Work, with_marks
from gatelab.report.model import Report
from gatelab.report.pages import plural
from gatelab.report.table import number
from gatelab.submission.names import visible

app = typer.Typer(help="Fill the grades into Canvas's or Moodle's own sheet.", no_args_is_help=True)

Graded = Annotated[
    Path, typer.Argument(help="The folder that `gatelab grade` wrote (its -o).", show_default=False)
]
Template = Annotated[Path, typer.Option(help="The sheet as it was downloaded.", show_default=False)]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="The filled sheet; default: beside the grades.")
]


@app.command("canvas")
def canvas_command(
    graded: Graded,
    template: Template,
    out: Out = None,
    assignment: Annotated[str | None, typer.Option(help="Title or ID of the assignment's column.")] = None,
) -> None:
    """Fill the assignment's column of a sheet exported from Canvas's grade book."""
    try:
        read = reports(graded)
        filled = canvas(template, read, assignment)
    except ExportError as error:
        _usage(str(error))
    _write(filled, read, template, out or graded / "canvas.csv")


@app.command("moodle")
def moodle_command(
    graded: Graded,
    template: Template,
    out: Out = None,
    grade_column: Annotated[str, typer.Option(help="Header of the grade's column.")] = "Grade",
    feedback_column: Annotated[
        str, typer.Option(help="Header of the feedback's column.")
    ] = "Feedback comments",
) -> None:
    """Fill grade and feedback of Moodle's offline grading worksheet."""
    try:
        read = reports(graded)
        filled = moodle(template, read, grade_column, feedback_column)
    except ExportError as error:
        _usage(str(error))
    _write(filled, read, template, out or graded / "moodle.csv")


def reports(graded: Path) -> list[Report]:
    """The reports of a graded class, in its order. Raises ExportError when the folder holds none, or not all."""
    try:
        table = json.loads((graded / "class.json").read_text(encoding="utf-8"))
        submissions = table["submissions"]
        found = [
            graded / "reports" / f"{row['file']}.json" for row in submissions if row["status"] != PENDING
        ]
        read = [Report.from_json(path.read_text(encoding="utf-8")) for path in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(
            f"{graded}: no graded class in it ({error}); run gatelab grade FOLDER -o {graded}."
        ) from error
    if len(read) < len(submissions):
        raise ExportError(
            f"{graded}: {len(submissions) - len(read)} submissions are not graded yet; run gatelab grade again."
        )
    if table.get("quick"):
        raise ExportError(
            f"{graded}: {table['quick']} Grade without --quick, into another -o, and export that."
        )
    if not table["all_questions"]:
        only = ", ".join(question["id"] for question in table["questions"])
        raise ExportError(
            f"{graded}: only {only} was graded here; grade without --question, into another -o, and export that."
        )
    questions = {row["id"]: row["points"] for row in table["by_hand"]}
    order = ["submission", "file", "status", "reason", *(row["id"] for row in table["questions"]), *questions]
    book = MarkBook(graded, questions, [*order, "total", "out_of", "mark_again", "sha256"])
    works = [
        Work.of(row["name"], row["file"], row.get("sha256", report.sha256))
        for row, report in zip(submissions, read, strict=True)
    ]
    try:
        book.read(works)
    except MarksError as error:
        raise ExportError(str(error)) from error
    for note in book.notes:
        typer.echo(visible(note), err=True)
    pairs = zip(read, works, strict=True)
    return [with_marks(report, book.marks.standing(work, questions)) for report, work in pairs]


def unmarked(reports: list[Report]) -> list[str]:
    """One line for each set of questions that somebody's marks are missing for."""
    missing = Counter(
        tuple((q.id, q.max_points) for q in report.questions if q.by_hand and not q.parts)
        for report in reports
        if report.status == "graded"
    )
    return [
        f"without {', '.join(id for id, _ in open)} ({number(sum(most for _, most in open))} points) for "
        f"{plural(count, 'student')}: write the marks into grades.csv and export again."
        for open, count in missing.items()
        if open
    ]


def _write(filled: Filled, read: list[Report], template: Path, out: Path) -> None:
    if out.resolve() == template.resolve():
        _usage(f"{out}: is the downloaded sheet itself; choose another -o.")
    try:
        write(out, filled.text)
    except OSError as error:
        _usage(f"{out}: cannot be written ({error.strerror}); choose another -o.")
    typer.echo(f"{out}: {filled.filled} grades filled in.")
    for line in [*unmarked(read), *filled.unclear]:
        typer.echo(line, err=True)
    for names, what in (
        (filled.no_row, "graded, but not in the sheet"),
        (filled.no_grade, "in the sheet, nothing came in"),
        (filled.ungradable, "in the sheet, what came in could not be graded"),
        (filled.failed, "in the sheet, not graded by the grader's own fault: run gatelab grade again"),
        (filled.replaced, "had another grade in the sheet, which was replaced"),
    ):
        if names:
            typer.echo(f"{len(names)} {what}: {'; '.join(names)}.", err=True)
    raise typer.Exit(1 if filled.unclear or filled.no_row or filled.failed else 0)


def _usage(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
