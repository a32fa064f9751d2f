"""What `gatelab grade` wrote is read back for an export, with the marks by hand that are in grades.csv now."""

from __future__ import annotations

import json
from pathlib import Path

from gatelab.classrun.given import as_counted, mark_book
from gatelab.classrun.store import QUICK
from gatelab.report.classbook import MISSING, PENDING, came_of
from gatelab.report.graded import ExportError, Graded, GradedClass
from gatelab.report.marks import MarksError, Work
from gatelab.report.model import Report
from gatelab.text import visible


def read_graded(folder: Path) -> GradedClass:
    """What lies in a folder that `gatelab grade` wrote. Raises ExportError when that is none, or not all is graded."""
    try:
        table = json.loads((folder / "class.json").read_text(encoding="utf-8"))
        rows = [row for row in table["submissions"] if not row.get("newest")]
        came = [row for row in rows if row["status"] not in (PENDING, MISSING)]
        read = {
            row["name"]: Report.from_json(
                (folder / "reports" / f"{row['file']}.json").read_text(encoding="utf-8")
            )
            for row in came
        }
        waiting = sum(row["status"] == PENDING for row in table["submissions"])
        questions = [
            {
                "id": q["id"],
                "title": q["title"],
                "points": q["points" if by_hand else "max_points"],
                "by_hand": by_hand,
            }
            for by_hand, found in ((False, table["questions"]), (True, table["by_hand"]))
            for q in found
        ]
        all_questions = table["all_questions"]
        people = {row["name"]: came_of(row, folder).people for row in rows}
        book = mark_book(folder, table)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportError(_no_class(folder, error)) from error
    if waiting:
        raise ExportError(f"{folder}: {waiting} submissions are not graded yet; run gatelab grade again.")
    if table.get(QUICK):
        raise ExportError(
            f"{folder}: {table[QUICK]} Grade without --quick, into another -o, and export that."
        )
    automatic = [q["id"] for q in questions if not q["by_hand"]]
    if not all_questions:
        raise ExportError(
            f"{folder}: only {', '.join(automatic)} was graded here; grade without --question, into another -o, "
            "and export that."
        )
    works = {
        row["name"]: Work.of(row["name"], row["file"], row.get("sha256") or _sha256(read.get(row["name"])))
        for row in table["submissions"]
    }
    try:
        book.read(list(works.values()))
    except MarksError as error:
        raise ExportError(str(error)) from error
    found = []
    for row in rows:
        name = row["name"]
        report = read.get(name)
        if report is not None:
            report = as_counted(book, works[name], row, report)
        found.append(
            Graded(
                name, row.get("called") or name, row["file"], row["status"], report, people[name],
                row.get("entry") or "", row.get("handed_in") or "", row.get("attempts", 1),
            )
        )  # fmt: skip
    return GradedClass(
        folder, table["lab"], sum(q["points"] for q in questions), found, questions, book.notes
    )


def _sha256(report: Report | None) -> str:
    return report.sha256 if report else ""


def _no_class(graded: Path, error: Exception) -> str:
    """Why there are no reports to be had here, in a sentence."""
    name = visible(str(graded))
    grade = f"run gatelab grade FOLDER -o {name}."
    if not graded.is_dir():
        return f"{name}: there is no such folder; name the one that gatelab grade wrote with -o."
    if isinstance(error, FileNotFoundError):
        return f"{name}: there is no graded class in it, or not all of one; {grade}"
    if isinstance(error, OSError):
        return f"{name}: cannot be read ({error.strerror}); fix its permissions."
    return f"{name}: its tables and reports are none of this version; {grade}"
