"""Reports of earlier formats, as data of the present one.

Format 1 had no curves. Formats 1 and 2 had the IDs of two mistakes in one text, joined by a plus, both tracebacks of a part in
another, and no hints or kinds of mistakes: a part that failed by a mistake is "wrong" here, and its message holds the hint.
Formats 1 to 3 had the hashes of a class run among the versions: "graded with" was the whole report's, "graded with q1:" a
question's, "graded with:" that of what belongs to no question. A reader that looks for these hashes among the versions would find
none in format 4; therefore the field `signed` needed a new format number.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

EARLIER = (1, 2, 3)
OF_3 = 3  # in which a question has the present form
WORKER = "\nThe worker's last exception:\n"  # between the suite's traceback and the worker's
GRADED_WITH = "graded with"  # the beginning of a class run's keys
QUICK = "A quick look without trainings, no grade: "  # the beginning of its reason


def converted(data: dict[str, Any]) -> dict[str, Any]:
    """Raises ValueError if the data has not the form that it says."""
    try:
        if data["format"] < OF_3:
            quick = data["reason"].startswith(QUICK)
            data = data | {"quick": quick, "questions": [_question(row) for row in data["questions"]]}
        return data | _signed(data["versions"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"This is not a report of format {data['format']} ({error!r}).") from error


def _question(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in ("misconception", "note")}
    ids = row["misconception"].split("+") if row["misconception"] else []
    kept["mistakes"] = [
        {"id": id, "says": says, "hint": hint}
        for id, (says, hint) in zip_longest(ids, row["mistakes"], fillvalue=("", ""))
    ]
    kept["parts"] = [_part(part) for part in row["parts"]]
    if row["otherwise"]:
        kept["otherwise"] = row["otherwise"] | {"parts": [_part(part) for part in row["otherwise"]["parts"]]}
    return kept


def _part(row: dict[str, Any]) -> dict[str, Any]:
    detail, _, raised = row["detail"].partition(WORKER)
    kind = None if row["passed"] else row["kind"] or "wrong"
    return row | {"kind": kind, "detail": detail, "raised": raised}


def _signed(entries: dict[str, str]) -> dict[str, Any]:
    """`versions` and `signed`, from the versions that held both."""
    versions = {name: value for name, value in entries.items() if not name.startswith(GRADED_WITH)}
    keys = {name.removeprefix(GRADED_WITH): value for name, value in entries.items() if name not in versions}
    questions = {id.strip(" :"): digest for id, digest in keys.items() if id}
    return {
        "versions": versions,
        "signed": {"key": keys.get("", ""), "questions": questions} if keys else None,
    }
