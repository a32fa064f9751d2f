"""grades.csv: a row for every submission that came in."""

from __future__ import annotations

import csv
import io
import re

from gatelab.lab.spec import Lab
from gatelab.report.classbook import Row

# A spreadsheet runs a cell that starts with one of the last as a formula, and one that splits at semicolons or tabs
# begins a cell in the middle of ours. A mark of quotation or a space in between may be dropped.
FORMULA = re.compile(r"""(^|[;\t])(?=["'\s]*[=+\-@＝＋－＠])""")

CAME = ("name", "email", "id", "handed_in", "attempts")  # columns of how it came in


def grades_csv(lab: Lab, rows: list[Row], chosen: list[str]) -> str:
    """The grade table as CSV text, UTF-8, a header row first.

    Columns: submission, file (stem of its report and feedback page), status, reason, one per graded question,
    one per question to mark by hand, total and what the total is out of, old marks that were given to something else, and the
    hash of what came in; then name, e-mail address and ID of the person or team, time and number of attempts as the platform
    knows them. Points stand only in rows whose status is "graded"; what is not marked yet is in neither total nor out_of.
    """
    by_hand = [id for id, spec in lab.questions.items() if spec.by_hand]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(columns(lab, chosen))
    for row in rows:
        head = [escape_formula(row.name), escape_formula(row.file), row.status, escape_formula(row.reason)]
        points = {q.id: q.points for q in row.report.questions} if row.report and row.graded else {}
        total = number(row.report.points + sum(row.marks.values())) if row.report and row.graded else ""
        out_of = sum(lab.questions[id].points for id in [*chosen, *row.marks])
        table.writerow(
            [
                *head,
                *(number(points[id]) if id in points else "" for id in chosen),
                *(number(row.marks[id]) if id in row.marks else "" for id in by_hand),
                total,
                number(out_of),
                escape_formula("; ".join(f"{id} was {was}" for id, was in row.again.items())),
                row.sha256,
                *_came(row),
            ]
        )
    return text.getvalue()


def _came(row: Row) -> list[str]:
    came = row.came
    if came is None:
        return [""] * len(CAME)
    time = came.handed_in.isoformat(sep=" ", timespec="seconds") if came.handed_in else ""
    emails = "; ".join(filter(None, (one.email for one in came.people)))
    ids = "; ".join(filter(None, (one.id for one in came.people)))
    return [*map(escape_formula, (row.called, emails, ids)), time, str(came.attempts)]


def columns(lab: Lab, chosen: list[str]) -> list[str]:
    """The header of grades.csv."""
    return titles(chosen, [id for id, spec in lab.questions.items() if spec.by_hand])


def titles(chosen: list[str], by_hand: list[str]) -> list[str]:
    """The same, of the IDs of the questions."""
    return [
        "submission",
        "file",
        "status",
        "reason",
        *chosen,
        *by_hand,
        "total",
        "out_of",
        "mark_again",
        "sha256",
        *CAME,
    ]


def escape_formula(cell: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before it. One line only."""
    return FORMULA.sub(r"\1'", " ".join(cell.splitlines()))


def number(points: float) -> str:
    """Points to two decimals, without needless zeros: 14, 7.5, 3.43."""
    return f"{points:.2f}".rstrip("0").rstrip(".")
