"""grades.csv: a row for every submission that came in."""

from __future__ import annotations

import csv
import io

from gatelab.lab import Lab
from gatelab.report.classbook import Row

# A spreadsheet runs a cell that starts with one of these as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def grades_csv(lab: Lab, rows: list[Row], chosen: list[str]) -> str:
    """The grade table as CSV text, UTF-8, a header row first.

    Columns: submission, file (stem of its report and feedback page), status, reason, one per graded question,
    one left empty per question to mark by hand, total and what the total is out of. Points stand only in rows
    whose status is "graded".
    """
    by_hand = [id for id, spec in lab.questions.items() if spec.by_hand]
    out_of = sum(lab.questions[id].points for id in chosen)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["submission", "file", "status", "reason", *chosen, *by_hand, "total", "out_of"])
    for row in rows:
        head = [harmless(row.name), harmless(row.file), row.status, harmless(row.reason)]
        points = {q.id: q.points for q in row.report.questions} if row.report and row.graded else {}
        total = number(row.report.points) if row.report and row.graded else ""
        table.writerow(
            [
                *head,
                *(number(points[id]) if id in points else "" for id in chosen),
                *("" for _ in by_hand),
                total,
                number(out_of),
            ]
        )
    return text.getvalue()


def harmless(cell: str) -> str:
    """Text that no spreadsheet takes for a formula: such a cell gets an apostrophe in front, one line only."""
    cell = " ".join(cell.splitlines()) if "\n" in cell or "\r" in cell else cell
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def number(points: float) -> str:
    """Points to two decimals, without needless zeros: 14, 7.5, 3.43."""
    return f"{points:.2f}".rstrip("0").rstrip(".")
