"""The pages: feedback for a student, the class report for staff.

Both are single files that load no scripts or fonts; their only links are to the lab's own released notebook. Everything
from a submission is inserted as text: Jinja2 escapes it, and the page's content security policy blocks anything that would still
get through.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from gatelab.lab.spec import Lab
from gatelab.limits import CELLS_SHOWN
from gatelab.report.by_hand.corrected_report import remarks_on, remarks_on_question
from gatelab.report.outputs.curve_picture import curve_picture
from gatelab.report.outputs.wording import display_name, sentence, words
from gatelab.report.record.model import Part, Question, Report
from gatelab.report.record.points import number, plural
from gatelab.submission.notebook_sections import sections
from gatelab.text import html_with_code, page_text, shown


def feedback_page(lab: Lab, report: Report, called: str = "", inputs_hash: str = "") -> str:
    """The page a student gets: points, parts, messages, hints. It shows nothing that is marked *staff* in the model. `called` is the
    student's name, if known; `inputs_hash` is put into the page's head, to find out later whether the page is out of date."""
    cells = [cell for cell in report.cells if cell.what != "skipped"]
    unmarked = [question for question in report.questions if question.by_hand and not question.parts]
    counted = [question for question in report.questions if question not in unmarked]
    return (
        _environment()
        .get_template("feedback.html")
        .render(
            title=lab.heading,
            inputs_hash=inputs_hash,
            name=called or display_name(report.submission),
            graded=report.status == "graded",
            our_fault=report.status == "failed",
            reason=report.student_reason or report.reason,
            notes=[shown(note) for note in [*report.notes, *remarks_on(report)]],
            file=report.sha256[:12],
            points=report.points,
            max_points=sum(question.max_points for question in counted),
            questions=[_question(question) for question in counted],
            sections=sections(lab),
            by_hand=[
                {
                    "id": q.id,
                    "max_points": q.max_points,
                    "remarks": [shown(line) for line in remarks_on_question(q)],
                }
                for q in unmarked
            ],
            cells=[
                {"name": sentence(shown(cell.name)), "what": cell.what, "message": shown(cell.message)}
                for cell in cells[:CELLS_SHOWN]
            ],
            more_cells=len(cells[CELLS_SHOWN:]),
        )
    )


def training_curve(question: Question) -> str:
    """The curve of a question that trains a model, as HTML for a page of another program; "" if it has none. Its numbers are ours to
    write, and no text in it is the student's."""
    curve = curve_picture(question.curve)
    return (
        _environment().get_template("curve_alone.html").render(curve=curve, id=question.id) if curve else ""
    )


def class_page(book: dict[str, Any]) -> str:
    """The class report, from the result of `class_content`. For staff: it names students and mistakes."""
    return _environment().get_template("class.html").render(book=book)


def written_page(lab: Lab, questions: list[dict[str, Any]]) -> str:
    """All written answers (collected by classrun/written.py), for staff to mark."""
    return _environment().get_template("written.html").render(title=lab.title, questions=questions)


def _question(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "title": question.title,
        "points": question.points,
        "max_points": question.max_points,
        "remarks": [shown(line) for line in remarks_on_question(question)],
        "notes": _notes(question),
        "by_hand": question.by_hand,
        "curve": curve_picture(question.curve),
        "parts": [_together(list(run)) for _, run in groupby(question.parts, key=_outcome)],
    }


def _outcome(part: Part) -> tuple[bool, str]:
    """Neighbouring parts with the same key become one entry: they failed for the same reason. Passed ones stay separate."""
    return part.passed, part.name if part.passed else part.student_text


def _together(parts: list[Part]) -> dict[str, Any]:
    return {
        "name": ", ".join(words(part.name) for part in parts),
        "points": sum(part.points for part in parts),
        "max_points": sum(part.max_points for part in parts),
        "passed": parts[0].passed,
        "message": "" if parts[0].passed else shown(parts[0].student_text),
    }


def _notes(question: Question) -> list[dict[str, str]]:
    """The mistakes that were recognised, each with its hint, and the credit for them, as paragraphs."""
    credited = [{"text": question.follow_through, "hint": ""}] if question.followed_through else []
    return [{"text": shown(says), "hint": shown(hint)} for says, hint in question.explained] + credited


def fewest(parts: list[dict[str, Any]], most: int = 5) -> list[dict[str, Any]]:
    """The parts that somebody failed, those passed least often first; at most `most`."""
    failed = [part for part in parts if part["passed"] < part["graded"]]
    return sorted(failed, key=lambda part: part["passed"] / part["graded"])[:most]


def percent(part: float, whole: float) -> int:
    """Share of the whole in percent, rounded; 0 of nothing is 0."""
    return round(100 * part / whole) if whole else 0


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gatelab.report.outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        number=number,
        html_with_code=html_with_code,
        percent=percent,
        plural=plural,
        words=words,
        shown=shown,
        page_text=page_text,
        fewest=fewest,
    )
    return environment
