"""Reports of earlier formats, as data of the present one.

Format 1 had no curves. Formats 1 and 2 had the IDs of two mistakes in one text, joined by a plus, both tracebacks of a part in
another, and no hints or kinds of mistakes: a part that failed by a mistake is "wrong" here, and its message holds the hint.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

EARLIER = (1, 2)
WORKER = "\nThe worker's last exception:\n"  # between the suite's traceback and the worker's
QUICK = "A quick look without trainings, no grade: "  # the beginning of its reason


def converted(data: dict[str, Any]) -> dict[str, Any]:
    """Raises ValueError if the data has not the form that it says."""
    try:
        quick = data["reason"].startswith(QUICK)
        return data | {"quick": quick, "questions": [_question(row) for row in data["questions"]]}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"This is no report of format {data['format']} ({error!r}).") from error


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
