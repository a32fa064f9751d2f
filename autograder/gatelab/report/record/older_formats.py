"""Reports of earlier formats, as data of the present one.

Format 1 had no curves. Formats 1 and 2 had the IDs of two mistakes in one text, joined by a plus, both tracebacks of a part in
one text, and no hints or kinds of mistakes: a part that failed by a mistake is "wrong" here, and its message holds the hint.
Formats 1 to 3 had the hashes of a class run among the versions: "graded with" was the whole report's, "graded with q1:" a
question's, "graded with:" that of what belongs to no question. A reader that looks for these hashes among the versions would find
none in format 4, so giving them a field of their own took a new format number.
Formats 1 to 4 had an exception as one text, from which its type, its message and the lines that it came through are read here, and other
names for some fields: OLD_NAMES.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import PurePath
from typing import Any

EARLIER = (1, 2, 3, 4)
OF_3 = 3  # the first format with the mistakes of the present one
OF_4 = 4  # the first with hashes of their own
# Of formats 1 to 4: key → today's. `otherwise` is a question's, `says` a mistake's.
OLD_NAMES = {
    "told": "student_reason",
    "signed": "grading_hashes",
    "otherwise": "second_grading",
    "says": "message",
    "detail": "suite_error",
    "raised": "student_error",
}
WORKER = "\nThe worker's last exception:\n"  # between the suite's traceback and the worker's
GRADED_WITH = "graded with"  # the beginning of a class run's keys
QUICK = "A quick look without trainings, no grade: "  # the beginning of its reason

FRAME = re.compile(r'^  File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<function>.+)$')
CELL = re.compile(r"cell (\d+)")
MARKERS = set("^~ ")  # of the line below a statement
# `ValueError: no (cell 3, line 2: x = y)`; the place may be empty, or its code cut.
SUMMARY = re.compile(
    r"(?:(?P<type>[\w.]+): )?(?P<message>.*?)(?: \((?:cell (?P<cell>\d+), line (?P<line>\d+): (?P<code>.*))?\))?"
)


def converted(data: dict[str, Any]) -> dict[str, Any]:
    """Raises ValueError if the data does not have the form that it states."""
    try:
        if data["format"] < OF_3:
            quick = data["reason"].startswith(QUICK)
            data = data | {"quick": quick, "questions": [_question(row) for row in data["questions"]]}
        if data["format"] < OF_4:
            data = data | _hashes(data["versions"])
        return _renamed(data) | {"questions": [_with_exceptions(row) for row in data["questions"]]}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"This is not a report of format {data['format']} ({error!r}).") from error


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    return {OLD_NAMES.get(name, name): value for name, value in row.items()}


# Formats 1 and 2.


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


# Formats 1 to 3.


def _hashes(entries: dict[str, str]) -> dict[str, Any]:
    """`versions` and `signed`, from the versions that held both."""
    versions = {name: value for name, value in entries.items() if not name.startswith(GRADED_WITH)}
    keys = {name.removeprefix(GRADED_WITH): value for name, value in entries.items() if name not in versions}
    questions = {id.strip(" :"): digest for id, digest in keys.items() if id}
    return {
        "versions": versions,
        "signed": {"key": keys.get("", ""), "questions": questions} if keys else None,
    }


# Formats 1 to 4.


def _with_exceptions(row: dict[str, Any]) -> dict[str, Any]:
    question = _renamed(row) | {"mistakes": [_renamed(mistake) for mistake in row["mistakes"]]}
    question["parts"] = [_with_exception(part) for part in row["parts"]]
    if second := question["second_grading"]:
        question["second_grading"] = second | {"parts": [_with_exception(part) for part in second["parts"]]}
    return question


def _with_exception(row: dict[str, Any]) -> dict[str, Any]:
    return _renamed(row) | {
        "suite_error": _of_suite(row["detail"]),
        "student_error": _of_student(row["raised"]),
    }


def _of_suite(text: str) -> dict[str, Any] | None:
    """The suite's exception, of which the last line is the summary."""
    if not text.strip():
        return None
    frames = [frame for frame in _frames(text) if frame["file"].startswith("test_")]
    return _exception(text.strip().splitlines()[-1], frames, text)


def _of_student(text: str) -> dict[str, Any] | None:
    """The worker's exception, of which the first line is the summary."""
    if not text.strip():
        return None
    summary, _, traceback = text.lstrip().partition("\n")
    return _exception(summary, [frame for frame in _frames(traceback) if frame["cell"]], traceback)


def _exception(summary: str, frames: list[dict[str, Any]], traceback: str) -> dict[str, Any]:
    found = SUMMARY.fullmatch(summary)
    assert found is not None  # every part of it may be empty
    if found["cell"] and not frames:
        frames = [_frame(f"cell {found['cell']}", found["line"], "", found["code"])]
    return {
        "type": found["type"] or "",
        "message": found["message"],
        "frames": frames,
        "traceback": traceback,
    }


def _frames(traceback: str) -> list[dict[str, Any]]:
    """The lines of one of Python's tracebacks."""
    lines = traceback.splitlines()
    found = []
    for at, line in enumerate(lines):
        if frame := FRAME.match(line):
            below = lines[at + 1] if at + 1 < len(lines) else ""
            code = below.strip() if below.startswith("    ") and set(below) - MARKERS else ""
            found.append(_frame(frame["file"], frame["line"], frame["function"], code))
    return found


def _frame(file: str, line: str, function: str, code: str) -> dict[str, Any]:
    cell = CELL.fullmatch(file)
    where = {"cell": int(cell[1]), "file": ""} if cell else {"cell": 0, "file": PurePath(file).name}
    return {"line": int(line), **where, "function": function, "code": code}
