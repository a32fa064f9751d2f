"""The report as Gradescope's `results.json`: one test per question, and one that only staff see.

Gradescope shows a student every test that is not `hidden`, so what the model marks *staff* is only in the one
hidden test. Questions that still have to be marked by hand are left out: they are manually graded questions in
the assignment's outline, and a test with 0 points here would count them twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from gatelab.lab.table import QuestionSpec
from gatelab.limits import GRADESCOPE_CELLS, STAFF_SHOWN
from gatelab.report.by_hand.corrected_report import CorrectedReport, remarks_on, remarks_on_question, waits
from gatelab.report.outputs.wording import sentence, words
from gatelab.report.record.model import CellProblem, Kind, Part, Question, Report
from gatelab.report.record.points import less, number, plural
from gatelab.text import last_part, shown

# Staff see only the end of a part's traceback and of a question's output, where the reason is.


def gradescope_results(report: Report, questions: Iterable[QuestionSpec] = ()) -> dict[str, Any]:
    """`results.json` of a report. `questions` (the lab's) fill in those for which an ungradable submission has no result.

    If the grader failed, there is no score at all: Gradescope then says that the autograder failed and does not enter a 0. A
    question that ran out of time has the points earned until then, or no score if there are none.
    """
    rows = all_questions(report, questions)
    marked_here = [question for question in rows if not waits(report, question)]
    failed = report.status == "failed"
    tests = [_test(question, not failed, question.id in report.unfinished) for question in marked_here]
    return {
        **({} if failed else {"score": report.points}),
        "execution_time": round(report.wall_seconds),
        "visibility": "visible",
        "stdout_visibility": "hidden",  # otter's own log; the student's results are the tests below
        "output": summary(report, rows),
        "output_format": "text",
        "tests": [*tests, _for_staff(report)],
        "extra_data": {
            "status": report.status,
            "unfinished": report.unfinished,
            "lab": report.lab,
            "seed": report.seed,
            "sha256": report.sha256,
            "protection": report.protection,
            "versions": report.versions,
            "questions": {
                question.id: {
                    "points": question.points,
                    "earned": question.earned,
                    "parts": {part.name: part.points for part in question.parts},
                    "misconceptions": [mistake.id for mistake in question.mistakes],
                }
                for question in marked_here
            },
        },
    }


def all_questions(report: Report, questions: Iterable[QuestionSpec] = ()) -> list[Question]:
    """The report's questions, completed by the lab's others.

    A question without parts (in an ungradable submission, say) gets one failed part that says why.
    """
    found = {question.id: question for question in report.questions}
    for spec in questions:
        found.setdefault(spec.id, Question(spec.id, spec.title, spec.points, by_hand=spec.by_hand))
    reason = (
        report.student_reason or report.reason or "Nothing was checked here. Please tell the course staff."
    )
    return [
        question
        if question.parts or question.by_hand
        else replace(question, parts=[Part("graded", 0, question.max_points, Kind.NOT_RUN, reason)])
        for question in found.values()
    ]


def summary(
    report: Report, questions: list[Question], points: str = "{} of {} points from the grader."
) -> str:
    """What goes above the questions: the points, or why there are none, and the cells that did not run to the end. `points`: the
    sentence about the points in a report without changes by staff."""
    counts = isinstance(report, CorrectedReport) and report.status == "graded"
    open_ = [question for question in questions if waits(report, question)]
    here = sum(question.max_points for question in questions if question not in open_)
    lines = []
    if report.unfinished:
        lines.append(
            f"Not finished: the grader's time was up before {', '.join(report.unfinished)} could be graded to the end. "
            "That is not your notebook's fault: it will be graded again and costs you no points. What is known so far:"
        )
    if report.status == "graded" and (here or not open_):
        sentence = "{} of {} points." if counts else points
        lines.append(sentence.format(number(report.points), number(here)))
    elif report.status != "graded":
        lines.append(f"Not graded. {shown(report.student_reason or report.reason)}")
    lines += [shown(note) for note in [*report.notes, *remarks_on(report)]]
    if open_:
        total = sum(question.max_points for question in open_)
        verb = "is" if len(open_) == 1 else "are"
        end = " and not counted here." if counts else "."
        lines.append(
            f"{', '.join(q.id for q in open_)} ({plural(total, 'point')}) {verb} marked by hand{end}"
        )
    lines += [shown(f"{question.id}: {line}") for question in open_ for line in remarks_on_question(question)]
    lines += [_cell(cell) for cell in report.cells if cell.what != "skipped"][:GRADESCOPE_CELLS]
    return "\n".join(lines)


def feedback(question: Question) -> str:
    """The feedback on a question as plain text: the note, then every part with its points."""
    remarks = [*remarks_on_question(question), question.note, question.follow_through]
    lines = [shown(line) for line in remarks if line]
    for part in question.parts if not question.by_hand or not question.attempted else ():
        lines.append(f"{words(part.name)}: {number(part.points)} of {number(part.max_points)}")
        if not part.passed and part.student_text:
            lines += [f"    {line}" for line in shown(part.student_text).splitlines()]
    return "\n".join(lines)


def plain_text(report: Report, questions: Iterable[QuestionSpec] = ()) -> str:
    """The whole result as plain text: the summary, missing protections, every question with its parts."""
    rows = all_questions(report, questions)
    lines = [summary(report, rows), missing_protection(report)]
    for question in rows:
        if not waits(report, question):
            lines.append(f"\n{question.id}: {number(question.points)} of {number(question.max_points)}")
            lines += [f"    {line}" for line in feedback(question).splitlines()]
    return "\n".join(line for line in lines if line)


def missing_protection(report: Report) -> str:
    """One line that names the protections that were off; "" if none was."""
    off = [name for name, on in report.protection.items() if not on]
    return f"Graded without full protection; off on this machine: {', '.join(off)}." if off else ""


def _test(question: Question, graded: bool, unfinished: bool) -> dict[str, Any]:
    full = not less(question.points, question.max_points)
    nothing = not graded or (unfinished and all(part.kind is Kind.TIME_UP for part in question.parts))
    verdict = {"score": question.points, "status": "passed" if full else "failed"}
    return {
        "name": f"{question.id}: {question.title}",
        **({} if nothing else verdict),
        "max_score": question.max_points,
        "output": ("Not graded to the end: the grader's time was up.\n" if unfinished else "")
        + (feedback(question) or "Marked by hand." if graded else "Not graded."),
        "output_format": "text",
        "tags": [question.id, *(mistake.id for mistake in question.mistakes)],
        "visibility": "visible",
    }


def _for_staff(report: Report) -> dict[str, Any]:
    """The hidden test: protections that were off, hints at shortcuts, output of the student's code, tracebacks."""
    lines = [missing_protection(report), report.reason if report.status == "failed" else "", *report.hints]
    if report.unfinished:
        lines.insert(
            0,
            f"Time was up; not graded to the end: {', '.join(report.unfinished)}. Give the container more processor "
            "or the assignment more time (`docs/gradescope.md`), and run the autograder again.",
        )
    for question in report.questions:
        lines += [
            f"{question.id} {words(part.name)}: {last_part(_tracebacks(part), STAFF_SHOWN)}"
            for part in question.parts
            if part.suite_error or part.student_error
        ]
        if question.output:
            lines.append(f"{question.id} printed: {last_part(question.output, STAFF_SHOWN)}")
    if report.output:
        lines.append(f"The cells printed: {last_part(report.output, STAFF_SHOWN)}")
    return {
        "name": "For staff",
        "output_format": "text",
        "output": "\n".join(shown(line) for line in lines if line) or "Nothing to note.",
        "visibility": "hidden",
    }


def _tracebacks(part: Part) -> str:
    """The suite's, and then the student's."""
    lines = [part.suite_error.traceback] if part.suite_error else []
    if raised := part.student_error:
        lines += ["The worker's last exception:", raised.summary, raised.traceback]
    return "\n".join(lines)


def _cell(cell: CellProblem) -> str:
    return (
        f"{sentence(shown(cell.name))} {cell.what}: {shown(cell.message)}"
        if cell.message
        else f"{sentence(shown(cell.name))} {cell.what}."
    )
