"""A result as an e-mail to the student, in plain text.

Only the report's texts for students are used, nothing that the model marks *staff*.
"""

from __future__ import annotations

import textwrap
from itertools import groupby

from gatelab.handed_out.lists import first_lines
from gatelab.limits import MAIL_CELLS, MAIL_WIDTH
from gatelab.report.by_hand.corrected_report import remarks_on, remarks_on_question
from gatelab.report.outputs.wording import display_name, sentence, words
from gatelab.report.record.model import CellProblem, Question, Report
from gatelab.report.record.points import less, number, plural
from gatelab.text import shown


def mail(title: str, report: Report, questions: list[str], called: str = "") -> str:
    """The e-mail. `title` is the lab's. `questions` are the IDs it covers; empty: all in which points were lost or staff gave something.
    The report is one that `apply_corrections` returned; `called` is the student's name, if known.
    """
    name = shown(called or display_name(report.submission))
    lines = [f"Subject: {title}: your result", "", f"Hello {name},", ""]
    if report.status != "graded":
        for remark in [report.student_reason or report.reason, *remarks_on(report)]:
            lines += _wrapped(shown(remark))
        return _joined([*lines, "", *_end()])
    waiting = [q for q in report.questions if q.by_hand and not q.parts]
    counted = [q for q in report.questions if q not in waiting]
    points, most = report.points, sum(q.max_points for q in counted)
    lines += _wrapped(f"you have {number(points)} of {number(most)} points in “{title}”.")
    if waiting:
        ids = ", ".join(q.id for q in waiting)
        of = sum(q.max_points for q in waiting)
        verb = "is" if len(waiting) == 1 else "are"
        lines += _wrapped(
            f"{ids} ({plural(int(of) if of == int(of) else of, 'point')}) {verb} not marked yet."
        )
    for note in [*report.notes, *remarks_on(report)]:
        lines += _wrapped(shown(note))
    cells = [cell for cell in report.cells if cell.what != "skipped"]
    if cells:
        lines += ["", "These cells did not run to the end when your notebook was graded:", ""]
        for line in first_lines([_stopped(cell) for cell in cells], MAIL_CELLS):
            lines += _wrapped(line, "- ")
    lost = [q for q in counted if less(q.points, q.max_points)]
    covered = [
        q
        for q in report.questions
        if q.id in questions or (not questions and (q in lost or remarks_on_question(q)))
    ]
    for question in covered:
        lines += ["", *(_unmarked(question) if question in waiting else _question(question))]
    if not lost and not questions and not less(report.points, most):
        lines += ["", "You lost no points."]
    return _joined([*lines, "", *_end()])


def _unmarked(question: Question) -> list[str]:
    """A question that is marked by hand and has no mark yet."""
    lines = [f"{question.id}, {question.title}: not marked yet"]
    for remark in remarks_on_question(question):
        lines += _wrapped(shown(remark))
    return lines


def _question(question: Question) -> list[str]:
    lines = [
        f"{question.id}, {question.title}: {number(question.points)} of {number(question.max_points)} points"
    ]
    for remark in remarks_on_question(question):
        lines += _wrapped(shown(remark))
    for says, hint in question.explained:
        lines += _wrapped(shown(says))
        lines += _wrapped(f"Hint: {shown(hint)}") if hint else []
    if question.follow_through:
        lines += _wrapped(shown(question.follow_through))
    failed = [part for part in question.parts if not part.passed]
    for message, run in groupby(failed, key=lambda part: part.student_text):
        parts = list(run)
        names = ", ".join(words(part.name) for part in parts)
        of = sum(part.max_points for part in parts)
        text = f" {shown(message)}" if message else ""
        lines += _wrapped(
            f"{names} (0 of {number(of)}):{text}" if text else f"{names}: 0 of {number(of)}", "- "
        )
    passed = [words(part.name) for part in question.parts if part.passed and not question.by_hand]
    if passed and failed:
        lines += _wrapped(f"Right: {', '.join(passed)}.", "- ")
    return lines


def _stopped(cell: CellProblem) -> str:
    detail = f": {shown(cell.message)}" if cell.message else "."
    return f"{sentence(shown(cell.name))} {cell.what}{detail}"


def _wrapped(text: str, mark: str = "") -> list[str]:
    """Lines of a paragraph; the text's own line breaks are kept."""
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        first = mark if not lines else " " * len(mark)
        lines += textwrap.wrap(
            line, MAIL_WIDTH, initial_indent=first, subsequent_indent=" " * len(mark),
            break_long_words=False, break_on_hyphens=False,
        ) or [""]  # fmt: skip
    return lines


def _end() -> list[str]:
    return _wrapped(
        "If you think that this is not right, reply with the name of the question and what you would have expected."
    )


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"
