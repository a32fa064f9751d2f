"""Finds the grades that have changed since the last finished run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatelab.report.whole_class.class_json import LastRow, PreviousRun
from gatelab.report.whole_class.class_report import PENDING

LAST = "last"  # entry of class.json: the grades after the last finished run


@dataclass(frozen=True)
class Before:
    """The parts of the existing class.json (which is large) that are needed for the new one."""

    last: dict[str, LastRow]  # the result of `remember`
    similar: list[dict[str, Any]]  # pairs that were found close to each other (similar_answers.py)
    similar_of: str  # hash of the class they were found in

    @classmethod
    def of(cls, last_run: PreviousRun) -> Before:
        """The parts to keep; empty if there is no class.json."""
        return cls(remember(last_run), last_run.get("similar", []), last_run.get("similar_of", ""))


def remember(before: PreviousRun) -> dict[str, LastRow]:
    """The grades after the last finished run: name → status, points, hash of the file. `before` is the existing class.json;
    if its run was stopped, it contains those of the run before."""
    rows = before.get("submissions", [])
    if any(row["status"] == PENDING for row in rows):
        return before.get("last", {})
    return {
        row["name"]: {"status": row["status"], "points": row.get("points"), "sha256": row.get("sha256")}
        for row in rows
    }


def changes(last: dict[str, LastRow], submissions: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Who was added, was removed or has another grade: `{"name", "was", "now", "why"}`, in the order of the class. `submissions` are
    class.json's rows; those not graded yet are not changes."""
    found = []
    for row in submissions:
        was = last.get(row["name"])
        if row["status"] == PENDING:
            continue
        if was is None:
            found.append({"name": row["name"], "was": "", "now": _result(row), "why": "came in"})
        elif _result(was) != _result(row):
            why = "another file came in" if was["sha256"] != row["sha256"] else "graded again or corrected"
            found.append({"name": row["name"], "was": _result(was), "now": _result(row), "why": why})
    here = {row["name"] for row in submissions}
    gone = [
        {"name": name, "was": _result(was), "now": "", "why": "is no longer there"}
        for name, was in last.items()
        if name not in here
    ]
    return [*found, *gone]


def _result(row: Mapping[str, Any]) -> str:
    return f"{row['points']:g}" if row["points"] is not None else str(row["status"])
