"""Marks by hand: what a person wrote into the columns of grades.csv, in a spreadsheet or an editor."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from gatelab.klass.names import visible
from gatelab.report.model import Part, Report
from gatelab.report.table import harmless

Marks = dict[str, dict[str, float]]  # submission → question ID → points


class MarksError(Exception):
    """A mark cannot be read; the message names the file, the row, the column and what to do."""


def read_marks(path: Path, questions: dict[str, float], names: list[str]) -> Marks:
    """The marks that stand in grades.csv; nothing when there is no such file yet.

    `questions`: ID → points, of what is marked by hand; `names`: the submissions. Spreadsheets save with other separators and encodings than
    they were given, and a German one writes 1,5.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise MarksError(
            f"{path}: cannot be read ({error.strerror}), and the marks in it would be lost."
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")  # what Excel saves as plain CSV
    first = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    found: Marks = {}
    spelled = {harmless(name): name for name in names}
    for row in rows:
        name = row.get("submission") or ""
        given = {id: (row.get(id) or "").strip() for id in questions}
        marks = {id: _points(path, name, id, said, questions[id]) for id, said in given.items() if said}
        if marks and name not in spelled:
            # A spreadsheet may have made 7 of 007; the next grades.csv would have no row for the mark.
            raise MarksError(
                f"{path}: holds marks for {visible(name)[:40]!r}, and no submission is called so; "
                "correct the name there or take the marks out."
            )
        if marks:
            found[spelled[name]] = marks
    return found


def with_marks(report: Report, marks: dict[str, float]) -> Report:
    """The report with the marks among its points, each as the one part of its question."""
    questions = [
        replace(q, parts=[Part("by hand", marks[q.id], q.max_points, marks[q.id] > 0)])
        if q.by_hand and q.id in marks
        else q
        for q in report.questions
    ]
    return replace(report, questions=questions)


def _points(path: Path, name: str, id: str, said: str, most: float) -> float:
    try:
        points = float(said.replace(",", "."))
    except ValueError:
        points = -1.0
    if not 0 <= points <= most:
        raise MarksError(
            f"{path}: {name}, column {id}: {said[:40]!r} is no number from 0 to {most:g}; mend it there and save."
        )
    return points
