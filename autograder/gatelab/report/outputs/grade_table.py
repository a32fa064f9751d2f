"""grades.csv: a row for every submission."""

from __future__ import annotations

import csv
import io
import re

from gatelab.lab.spec import Lab
from gatelab.report.by_hand.corrected_report import CorrectedReport, StaffInput
from gatelab.report.by_hand.marks import Mark
from gatelab.report.record.points import instead_of, number
from gatelab.report.whole_class.class_report import Row
from gatelab.text import escape_formula

# Columns for people to fill, besides those of questions.
WHY, COMMENT, PENALTY = "override_reason", "comment_for_student", "late_penalty"
# Columns that look as if people could fill them.
OVERRIDES, QUESTION_COMMENTS = "overrides", "question_comments"
LATE_ENTRY, UNEXPLAINED = "late penalty", "no reason given"  # in the column of overrides

HAND_IN = ("name", "email", "id", "handed_in", "attempts")  # columns about the hand-in


def grades_csv(lab: Lab, rows: list[Row], chosen: list[str]) -> str:
    """The grade table as CSV text, UTF-8, a header row first.

    Columns: submission, file (stem of its report and feedback page), status, reason, one per graded question,
    one per question to mark by hand, the late penalty if the lab has a rule for it or one counts, total and maximum,
    overrides, a column for a new override's reason, comments, old marks that were given to another file, the hash of
    the file; then name, e-mail address and ID
    of the person or team, time and number of attempts from the platform. A question's column has the points that count. Only rows
    with the status "graded" have points, except for those given by people; what is not marked yet is in neither total nor out_of.
    """
    by_hand = lab.by_hand
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    order = columns(lab, chosen)
    titles = with_penalty(order) if any(map(penalty_of, rows)) else order
    table.writerow(titles)
    for row in rows:
        head = [escape_formula(row.name), escape_formula(row.file), row.status, escape_formula(row.reason)]
        report = row.corrected if row.graded else None
        points = {q.id: q.points for q in report.questions} if report else {}
        points |= {id: mark.points for id, mark in row.given.overrides.items()}
        late = [number(penalty) if (penalty := penalty_of(row)) else ""]
        out_of = (
            report.out_of if report else sum(lab.questions[id].points for id in [*chosen, *row.given.marks])
        )
        table.writerow(
            [
                *head,
                *(number(points[id]) if id in points else "" for id in chosen),
                *(number(row.given.marks[id]) if id in row.given.marks else "" for id in by_hand),
                *(late if PENALTY in titles else []),
                number(report.points) if report else "",
                number(out_of),
                escape_formula("; ".join(overridden(row.corrected, row.given))),
                "",
                escape_formula(row.given.comments.get("", "")),
                escape_formula("; ".join(f"{id}: {text}" for id, text in row.given.comments.items() if id)),
                escape_formula("; ".join(f"{id} was {was}" for id, was in row.again.items())),
                row.sha256,
                *_submission_cells(row),
            ]
        )
    return text.getvalue()


def penalty_of(row: Row) -> float:
    """The late penalty that counts, by the lab's rule or from staff."""
    return row.corrected.penalty if row.corrected and row.graded else 0.0


def overridden(report: CorrectedReport | None, given: StaffInput) -> list[str]:
    """`q1: 10 instead of 4 (regraded with her)`: all overrides of the grader's points or of the late penalty."""
    counts = report is not None and report.status == "graded"
    graded = {q.id: q.graded for q in report.questions} if report and counts else {}
    entries = []
    for id, mark in given.overrides.items():
        instead = instead_of(mark.points, graded[id]) if id in graded else ""
        entries.append(f"{id}: {number(mark.points)}{instead} ({mark.why or UNEXPLAINED})")
    if penalty := given.penalty:
        instead = instead_of(penalty.points, report.by_rule) if report and counts else ""
        entries.append(f"{LATE_ENTRY}: {number(penalty.points)}{instead} ({penalty.why or UNEXPLAINED})")
    entries += [f"{id}: marked by hand ({why})" for id, why in given.reasons.items()]
    return entries


def is_among_overrides(cell: str, column: str, mark: Mark) -> bool:
    """Whether a cell of `overrides` has this override with this reason, whatever it was instead of. `column`: where it is typed."""
    begin = re.escape(f"{LATE_ENTRY if column == PENALTY else column}: {number(mark.points)}")
    end = re.escape(f"({mark.why or UNEXPLAINED})")
    return re.search(rf"(?:^|; ){begin}(?: instead of [\d.]+)? {end}(?:; |$)", cell) is not None


def comments_of(given: StaffInput) -> list[str]:
    """All comments: on the whole as they are, on a question as `q1: well done`."""
    return [f"{id}: {text}" if id else text for id, text in given.comments.items()]


def _submission_cells(row: Row) -> list[str]:
    submission = row.submission
    if submission is None:
        return [""] * len(HAND_IN)
    time = submission.handed_in.isoformat(sep=" ", timespec="seconds") if submission.handed_in else ""
    emails = "; ".join(filter(None, (one.email for one in submission.people)))
    ids = "; ".join(filter(None, (one.id for one in submission.people)))
    return [*map(escape_formula, (row.called, emails, ids)), time, str(submission.attempts)]


def columns(lab: Lab, chosen: list[str]) -> list[str]:
    """The header of grades.csv."""
    by_hand = lab.by_hand
    return header(chosen, by_hand, lab.late is not None)


def with_penalty(titles: list[str]) -> list[str]:
    """The same header with a column for the late penalty: one from staff counts even where the lab has no rule any more."""
    if PENALTY in titles:
        return titles
    before = titles.index("total")
    return [*titles[:before], PENALTY, *titles[before:]]


def header(automatic: list[str], by_hand: list[str], late: bool) -> list[str]:
    """The same, from the graded questions, those marked by hand, and whether there is a late rule."""
    return [
        "submission",
        "file",
        "status",
        "reason",
        *automatic,
        *by_hand,
        *([PENALTY] if late else []),
        "total",
        "out_of",
        OVERRIDES,
        WHY,
        COMMENT,
        QUESTION_COMMENTS,
        "mark_again",
        "sha256",
        *HAND_IN,
    ]
