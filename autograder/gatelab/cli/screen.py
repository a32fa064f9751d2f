"""One student's result on a terminal. All text from a submission goes through `shown`, and none of it is treated as markup."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.text import Text

from gatelab.classrun.lookup import ClassRow
from gatelab.handed_out.lists import first_lines, listed
from gatelab.limits import CELLS_SHOWN, CODE_LINES, OUTPUT_LINES, PART_MESSAGE, PARTS_SHOWN
from gatelab.report.by_hand.corrected_report import remarks_on, remarks_on_question
from gatelab.report.outputs.wording import display_name
from gatelab.report.record.exceptions import Frame, Raised
from gatelab.report.record.model import Kind, Part, Question
from gatelab.report.record.points import less, number
from gatelab.text import LONGEST_SHOWN, shown

Piece = tuple[int, Text]  # indentation and text


def draw(student: ClassRow, only: str | None, console: Console) -> None:
    """Print what `screen` gives, each piece with its indentation."""
    for indent, text in screen(student, only):
        for line in text.wrap(console, max(20, console.width - indent)):
            console.print(Text.assemble(" " * indent, line), soft_wrap=True)


def screen(student: ClassRow, only: str | None = None) -> Iterator[Piece]:
    """The result, piece by piece. `only`: the ID of a question; then also its traceback, code and output."""
    report = student.report
    name = shown(display_name(student.name))
    if student.called and student.called != display_name(student.name):
        name = f"{shown(student.called)} ({name})"
    if report is None:
        yield _line((name, "bold"), f"  {shown(student.status)}. {shown(student.reason)}")
        return
    if report.status != "graded":
        yield _line((name, "bold"), f"  {shown(report.shown_status)}. {shown(report.reason)}")
        for remark in remarks_on(report):
            yield _below(1, shown(remark), "cyan")
        return
    counted = [q for q in report.questions if not q.by_hand or q.parts]
    most = number(sum(q.max_points for q in counted))
    yield _line(
        (name, "bold"),
        f"  {number(report.points)} of {most}",
        (f"  seed {report.seed} · file {report.sha256[:12]}", "dim"),
    )
    for note in [*report.notes, *(f"Hint: {hint}" for hint in report.hints)]:
        yield _below(1, shown(note))
    for remark in remarks_on(report):
        yield _below(1, shown(remark), "cyan")
    stopped = [cell for cell in report.cells if cell.what != "skipped"]
    cells = [f"{shown(cell.name)} {cell.what}: {shown(cell.message)}" for cell in stopped]
    for line in first_lines(cells, CELLS_SHOWN, "cells"):
        yield _below(1, line, "yellow")
    off = [piece for piece, on in report.protection.items() if not on]
    if off:
        yield _below(1, f"Protection that was off: {', '.join(off)}.", "yellow")
    for question in report.questions:
        if only in (None, question.id):
            yield from _question(student, question, detailed=only is not None)


def _question(student: ClassRow, question: Question, detailed: bool) -> Iterator[Piece]:
    head = f"{question.id}  {shown(question.title)}"
    if question.by_hand and not question.parts:
        was = student.again.get(question.id)
        state = f"to be marked again, was {shown(was)}" if was else "no mark yet"
        yield _line("\n", (head, "bold"), f"  {state} (of {number(question.max_points)})")
        yield from _staff_remarks(question)
        return
    full = not less(question.points, question.max_points)
    points = f"  {number(question.points)} of {number(question.max_points)}"
    by = "  marked by hand" if question.by_hand else ""
    if question.by_hand and not question.attempted:
        by = "  nothing was written"
    if question.followed_through:
        by = f"  follow-through credit; the parts give {number(question.earned)}"
    yield _line("\n", (head, "bold"), (points, "green" if full else "red"), (by, "dim"))
    yield from _staff_remarks(question)
    if question.by_hand:
        return
    for says, hint in question.explained:
        mistake = f"{shown(question.recognised)}: {shown(says)}" + (f" Hint: {shown(hint)}" if hint else "")
        yield _below(1, mistake, "magenta")
    if question.signature:
        yield _below(1, "no known mistake explains this (gatelab misses groups what has no name)", "dim")
    if question.own:
        yield _below(1, f"graded with the student's own {', '.join(map(shown, question.own))}", "dim")
    right = [part for part in question.parts if part.passed]
    if right:
        yield _below(1, "✓ " + ", ".join(f"{part.name} {number(part.points)}" for part in right), "green")
    wrong = [part for part in question.parts if not part.passed]
    failed = [list(run) for _, run in groupby(wrong, key=lambda part: (part.student_text, part.kind))]
    for k, parts in enumerate(failed):
        yield from _failed(parts, detailed) if detailed or k == 0 else _failed_in_short(parts)
    if len(failed) > 1 and not detailed:
        yield _below(3, f"more: gatelab show NAME {question.id}", "dim")
    if question.second_grading is not None and detailed:
        others = ", ".join(
            f"{'✓' if part.passed else '✗'} {part.name}" for part in question.second_grading.parts
        )
        over = ", ".join(map(shown, question.second_grading.own)) or "the references alone"
        yield _below(1, f"also graded with {over}, which earned no more: {others}", "dim")
    if detailed and question.code:
        yield _below(1, "the student's code:", "dim")
        yield _below(2, "\n".join(first_lines(shown(question.code).splitlines(), CODE_LINES, "lines")))
    if detailed and question.output.strip():
        yield _below(1, "printed, its end:", "dim")
        yield _below(
            2, "\n".join(shown(question.output.rstrip()[-LONGEST_SHOWN:]).splitlines()[-OUTPUT_LINES:])
        )


def _staff_remarks(question: Question) -> Iterator[Piece]:
    """What staff gave and wrote."""
    for remark in remarks_on_question(question):
        yield _below(1, shown(remark), "cyan")


def _failed_in_short(parts: list[Part]) -> Iterator[Piece]:
    """The same in at most two lines: the first failure of a question is enough in an overview of all of them."""
    message = shown(parts[0].student_text).replace("\n", " ")
    message = message if len(message) <= PART_MESSAGE else message[:PART_MESSAGE].rsplit(" ", 1)[0] + " …"
    yield _below(1, Text.assemble(("✗ ", "red"), (_names(parts), "bold"), f"  {message}"))


def _names(parts: list[Part]) -> str:
    return listed((f"{part.name} 0/{number(part.max_points)}" for part in parts), PARTS_SHOWN)


def _failed(parts: list[Part], detailed: bool) -> Iterator[Piece]:
    """Neighbouring checks that failed with the same words."""
    yield _below(1, Text.assemble(("✗ ", "red"), (_names(parts), "bold")))
    yield _below(3, shown(parts[0].student_text))
    if parts[0].kind is Kind.UNTOUCHED and not detailed:
        return
    suite, student = parts[0].suite_error, parts[0].student_error
    for label, frame in _lines(suite, student, detailed):
        yield _below(3, Text.assemble((f"{label:<8}", "dim"), (shown(frame.place), "cyan")))
        if frame.code:
            yield _below(11, shown(frame.code))
    if student is not None:
        yield _below(3, Text.assemble((f"{'raised':<8}", "dim"), shown(student.summary)))
    if suite is not None and not suite.frames and detailed:
        yield _below(3, Text.assemble((f"{'suite':<8}", "dim"), shown(suite.summary)))


def _lines(suite: Raised | None, student: Raised | None, detailed: bool) -> Iterator[tuple[str, Frame]]:
    """The suite's first line and the student's last; with details, all of both."""
    asked, own = suite.frames if suite else [], student.frames if student else []
    yield from (("" if k else "asked", frame) for k, frame in enumerate(asked if detailed else asked[:1]))
    yield from (("" if k else "line", frame) for k, frame in enumerate(own if detailed else own[-1:]))


def _line(*pieces: str | tuple[str, str]) -> Piece:
    return 0, Text.assemble(*pieces)


def _below(indent: int, text: str | Text, style: str = "") -> Piece:
    return indent, text if isinstance(text, Text) else Text(text, style=style)
