"""`gatelab show` and `gatelab why`: one student's result, for staff on one screen and for the student as an e-mail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gatelab.classrun.lookup import ClassFolder, ClassRow, GradedError
from gatelab.cli.options import AcceptMissing, LabName, OfLab, Root
from gatelab.cli.refusals import usage
from gatelab.cli.screen import draw
from gatelab.did_you_mean import did_you_mean
from gatelab.lab.choose import agree, chosen_lab
from gatelab.limits import LARGEST_SEED
from gatelab.report.outputs.mail import mail
from gatelab.report.whole_class.class_report import MISSING
from gatelab.submission.choose import REPLACED, is_notebook
from gatelab.submission.collect import sha256_of
from gatelab.text import visible

OUT = Path("out")
WIDE = 110  # columns where the output is no terminal

Name = Annotated[
    str,
    typer.Argument(
        help="The student, as in grades.csv; the beginning of the name will do if it fits only one student.",
        show_default=False,
    ),
]
Question = Annotated[str | None, typer.Argument(help="Only this question, as in q1.", show_default=False)]


def show_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE.ipynb",
            help="The student, as in grades.csv (the beginning of the name will do), or a notebook.",
            show_default=False,
        ),
    ],
    question: Question = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o",
            help="The folder that `gatelab grade` wrote; out by default. With a notebook: its row there. "
            "A notebook without it is graded now.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Another seed of the inputs, for a notebook that is graded now.", min=0, max=LARGEST_SEED
        ),
    ] = None,
    accept_missing: AcceptMissing = None,
    lab_name: LabName = None,
    root: Root = Path(),
) -> None:  # fmt: skip
    """Every hidden check of a student's work: what was asked, what came back, the student's line, the name of the mistake, credit, mark.

    For staff: it shows lines of the hidden suites. Exit code 1 if there is no grade to show.

    Example: gatelab show ada q1 -o out
    """
    if out is None and _names_a_file(name):
        found = _graded_now(name, question, seed, accept_missing or [], lab_name, root)
        known = {row.id for row in found.report.questions} if found.report else set()
    else:
        found, known = _of_class(name, out or OUT, lab_name)
    if question is not None and known and question not in known:
        usage(
            f"{question}: no such question here{did_you_mean(question, known)}; there are {', '.join(sorted(known, key=_order))}."
        )
    console = Console(width=None if Console().is_terminal else WIDE, highlight=False)
    draw(found, question, console)
    raise typer.Exit(0 if found.report is not None and found.report.status == "graded" else 1)


def why_command(
    name: Name,
    question: Question = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder that `gatelab grade` wrote.")] = OUT,
    lab_name: OfLab = None,
) -> None:
    """A student's result as an e-mail to them: what they may see, and nothing of the hidden tests.

    Without a question it covers those in which points were lost. Exit code 1 if there is no grade to explain.

    Example: gatelab why ada -o out
    """
    found, known = _of_class(name, out, lab_name)
    if question is not None and question not in known:
        usage(
            f"{question}: no such question here{did_you_mean(question, known)}; there are {', '.join(sorted(known, key=_order))}."
        )
    if found.report is None:
        why = (
            f"there is no grade to explain. {found.reason}"
            if found.status == MISSING
            else "not graded yet; run the same gatelab grade again."
        )
        typer.echo(f"{visible(found.name)}: {visible(why)}", err=True)
        raise typer.Exit(1)
    title = ClassFolder(out).title
    typer.echo(mail(title, found.report, [question] if question else [], found.called), nl=False)
    raise typer.Exit(0 if found.report.status == "graded" else 1)


def _of_class(name: str, out: Path, lab_name: str | None) -> tuple[ClassRow, set[str]]:
    """The student, and the IDs of that class's questions."""
    try:
        graded = ClassFolder(out)
        agree(lab_name, graded.lab, out)
        found = graded.find(_name_of_file(name, graded) if _names_a_file(name) else name)
    except GradedError as error:
        usage(str(error))
    for note in graded.notes:
        typer.echo(note, err=True)
    known = set(graded.questions)
    if found.report is not None and found.report.status == "graded":
        known = {row.id for row in found.report.questions}  # of a run of some questions, those
    return found, known


def _names_a_file(name: str) -> bool:
    """Whether a notebook's file is meant and not a student."""
    return is_notebook(name) or (REPLACED.search(name) is not None and Path(name).is_file())


def _name_of_file(typed: str, graded: ClassFolder) -> str:
    """The name of the student whose graded work this file is, by its bytes and, if several have the same, by its place; if there is no
    such file, the argument itself."""
    path = Path(typed)
    if not path.is_file():
        return typed
    try:
        digest = sha256_of(path)
    except OSError as error:
        usage(f"{visible(typed)}: cannot be read ({error.strerror}); fix its permissions.")
    names = graded.with_bytes(digest)
    if not names:
        usage(
            f"{visible(typed)}: is not what was graded in {visible(str(graded.out))}; omit -o to grade it now."
        )
    own = graded.at(path, names) or names  # the same bytes came from several: whose file is this?
    if len(own) > 1:
        usage(
            f"{visible(typed)}: was handed in by {len(own)}: {', '.join(map(visible, own))}; type one of these names."
        )
    return own[0]


def _graded_now(
    name: str,
    question: str | None,
    seed: int | None,
    accept_missing: list[str],
    lab_name: str | None,
    root: Path,
) -> ClassRow:
    """The result of one notebook that is graded here. Raises LabError, ProtectionMissing."""
    from gatelab.grading.engine import Engine

    lab = chosen_lab(root, lab_name)
    path = Path(name)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "there is no such file"
        usage(f"{visible(name)}: {what}; name a notebook, or a student of a graded class with -o OUT.")
    lab.check_questions([question] if question else [], "QUESTION")
    with Engine(lab, accept_missing=accept_missing) as engine:
        report = engine.grade(path, visible(path.stem), [question] if question else [], seed)
    if question and report.status == "graded":
        report.questions = [row for row in report.questions if row.id == question]
    return ClassRow(report.submission, path.stem, report.shown_status, report.reason, report.sha256, report)


def _order(id: str) -> tuple[int, str]:
    digits = "".join(char for char in id if char.isdigit())
    return int(digits or 0), id
