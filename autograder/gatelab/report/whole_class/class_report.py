"""The class as a whole: one row per submission, and what staff want to know before the next lecture."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from statistics import mean, median
from typing import Any

from gatelab.handed_out.lists import first_lines
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from gatelab.limits import CELLS_SHOWN
from gatelab.report.by_hand.corrected_report import (
    CorrectedReport,
    StaffInput,
    apply_corrections,
    remarks_on,
    remarks_on_question,
    remarks_without_grade,
)
from gatelab.report.record.model import GradingHashes, Report
from gatelab.report.record.points import ROUNDING, less
from gatelab.report.whole_class.class_json import SubmissionRow
from gatelab.report.whole_class.item_analysis import item
from gatelab.report.whole_class.lesson_plan import slot_of, slots
from gatelab.submission.collect import Submission
from gatelab.submission.people import Person

PENDING = "not graded yet"
MISSING = "nothing handed in"  # somebody of the roster
# The end of a remark in a class.json of an earlier kit, which had no `called_late`.
CALLS_LATE = "calls it late."
BINS = 10  # bars of the distribution: tenths of the maximum


@dataclass(frozen=True)
class Row:
    """A submission's row in the grade book. `file` is the stem of its output files."""

    name: str
    file: str
    report: Report | None  # None: the run was stopped before this one
    problem: str = ""  # why there is no report
    given: StaffInput = field(default_factory=StaffInput)  # what people gave it
    again: dict[str, str] = field(default_factory=dict)  # to be marked again: question ID → the old mark
    sha256: str = ""  # of what came in
    submission: Submission | None = None  # how it was handed in, and by whom
    place: str = ""  # where the notebook is in the class's folder

    @cached_property
    def corrected(self) -> CorrectedReport | None:
        """The report as it counts."""
        return apply_corrections(self.report, self.given) if self.report else None

    @property
    def status(self) -> str:
        if self.missing:
            return MISSING
        return self.report.shown_status if self.report else PENDING

    @property
    def reason(self) -> str:
        """Why there is no grade, or what to know about a graded one."""
        report = self.corrected  # whose notes know what staff marked
        remarks = [report.reason, *report.notes] if report else [self.problem]
        return " ".join(filter(None, [*remarks, *(self.submission.notes if self.submission else ())]))

    @property
    def missing(self) -> bool:
        return self.submission is not None and self.submission.missing

    @property
    def unexplained(self) -> bool:
        """Whether nothing was handed in, and the reason says no more than that."""
        return self.submission is not None and self.submission.unexplained and not self.submission.notes

    @property
    def called(self) -> str:
        """The student's name, for staff to read in a list of the class."""
        return self.submission.listed if self.submission else self.name

    @property
    def graded(self) -> bool:
        return self.status == "graded"


def signature(report: Report) -> str:
    """Identifies the grading that made the report: with another suite, other points or another seed it differs."""
    hashes = report.grading_hashes or GradingHashes()
    # Named as in reports of format 3: the class.json of an older kit has this hash.
    entries = {f"graded with {id}".strip() + ":": digest for id, digest in hashes.questions.items()}
    if hashes.key:
        entries["graded with"] = hashes.key
    return hashlib.sha256(json.dumps(sorted(entries.items())).encode()).hexdigest()[:16]


def class_content(lab: Lab, rows: list[Row], chosen: list[str], seed: int, bank: Bank) -> dict[str, Any]:
    """Everything the class report says, as plain values: `class.json`, from which `index.html` is drawn.

    `chosen` are the question IDs that were graded, in the order of the lab.
    """
    reports = [row.report for row in rows if row.report is not None]
    graded = [row.report for row in rows if row.report is not None and row.graded]
    corrected = [row.corrected for row in rows if row.corrected is not None and row.graded]
    by_hand = [id for id in lab.questions if lab.questions[id].by_hand]
    return {
        "lab": lab.name,
        "title": lab.heading,
        "seed": seed,
        "versions": next((report.versions for report in graded), {}),
        "protection": _protection(graded),
        "max_points": sum(lab.questions[id].points for id in chosen),
        "by_hand": [
            {"id": id, "title": lab.questions[id].title, "points": lab.questions[id].points} for id in by_hand
        ],
        "all_questions": all(id in chosen or id in by_hand for id in lab.questions),
        "counts": dict(Counter(row.status for row in rows)),
        "late": bool(lab.late),
        "earlier_runs": [],  # names of folders in earlier/, if there are any
        "points": _points([automatic(report) for report in corrected]),
        "distribution": _distribution(corrected),
        "questions": [_question(lab, id, corrected) for id in chosen],
        "misconceptions": _misconceptions(lab, rows, bank),
        "submissions": [_submission(row) for row in rows],
        "identical": _identical(rows),
        "cpu_seconds": round(sum(report.cpu_seconds for report in reports), 1),
    }


def _submission(row: Row) -> dict[str, Any]:
    report, corrected = row.report, row.corrected if row.graded else None
    staff_remarks = remarks_without_grade(row.given)
    if corrected:
        of_questions = [f"{id}: {line}" for id, line in _question_remarks(corrected)]
        staff_remarks = [*of_questions, *remarks_on(corrected)]
    return {
        "name": row.name,
        "called": row.called,
        **_submission_entry(row.submission),
        "file": row.file,
        "sha256": row.sha256,
        "graded_with": signature(report) if report else "",
        "status": row.status,
        "reason": row.reason,
        "has_pages": report is not None,
        "points": automatic(corrected) if corrected else None,
        "questions": {q.id: q.points for q in corrected.questions if not q.by_hand} if corrected else {},
        "notes": row.corrected.notes if row.corrected else [],
        "cells": _cells(report) if report else [],
        "hints": list(report.hints) if report else [],
        "marks": dict(row.given.marks),
        "again": dict(row.again),
        "place": row.place,
        "lateness": row.given.lateness.to_dict(),
        "penalty": corrected.penalty if corrected else 0.0,
        "overrides": {id: mark.points for id, mark in row.given.overrides.items()},
        "staff_remarks": staff_remarks,
    }


def _question_remarks(report: CorrectedReport) -> list[tuple[str, str]]:
    return [(question.id, line) for question in report.questions for line in remarks_on_question(question)]


def automatic(report: CorrectedReport) -> float:
    """The points that count in the questions graded automatically, minus their share of the late penalty: marks by hand bear the rest."""
    points = sum(question.points for question in report.questions if not question.by_hand)
    share = points / report.before_penalty if report.before_penalty else 0.0
    return round(points - report.penalty * share, 6)


def _submission_entry(submission: Submission | None) -> dict[str, Any]:
    """How it was handed in, for the delivery of grades and feedback."""
    if submission is None:
        return {}
    people = [
        {
            "name": one.called,
            "sheet": one.name,
            "email": one.email,
            "number": one.number,
            "ids": list(one.ids),
            "moodle": one.moodle,
            "canvas": one.canvas,
        }
        for one in submission.people
    ]
    return {
        "entry": submission.entry,
        "people": people,
        "handed_in": submission.handed_in.isoformat() if submission.handed_in else None,
        "attempts": submission.attempts,
        "newest": submission.newest,
        "attempt": submission.attempt,
        "remarks": list(submission.notes),
        "called_late": submission.called_late,
        "problem": submission.problem if submission.missing else "",
    }


def submission_of(row: SubmissionRow, folder: Path) -> Submission:
    """The submission that a row of class.json describes; `folder` is the class's."""
    handed_in, place = row.get("handed_in"), row.get("place")
    time = datetime.fromisoformat(handed_in) if handed_in else None
    notes = tuple(row.get("remarks", ()))
    people = tuple(
        Person(
            one["sheet"],
            one["email"],
            one["number"],
            tuple(one["ids"]),
            time,
            one.get("moodle", False),
            canvas=one.get("canvas", False),
        )
        for one in row.get("people", ())
    )
    return Submission(
        row["name"],
        row["file"],
        folder / place if place else None,
        # Earlier class.json files have no `problem`; who is missing had no remarks then, so it is the whole reason.
        row.get("problem", row.get("reason", "")) if row["status"] == MISSING else "",
        sha256=row.get("sha256", ""),
        entry=row.get("entry") or "",
        people=people,
        handed_in=time,
        attempts=row.get("attempts", 1),
        newest=row.get("newest") or "",
        attempt=row.get("attempt", 0),
        called_late=row.get("called_late", any(note.endswith(CALLS_LATE) for note in notes)),
        notes=notes,
    )


def _cells(report: Report) -> list[str]:
    stopped = [cell for cell in report.cells if cell.what != "skipped"]
    return first_lines([f"{cell.name} {cell.what}: {cell.message}" for cell in stopped], CELLS_SHOWN)


def _points(totals: list[float]) -> dict[str, float]:
    if not totals:
        return {}
    return {
        "mean": round(mean(totals), 2),
        "median": round(median(totals), 2),
        "least": min(totals),
        "most": max(totals),
    }


def _distribution(graded: list[CorrectedReport]) -> list[dict[str, float]]:
    """How many submissions earned what share of the points; full marks fall into the last bin."""
    counts = [0] * BINS
    for report in graded:
        share = automatic(report) / report.max_points if report.max_points else 0.0
        counts[min(int(share * BINS + ROUNDING), BINS - 1)] += 1
    return [{"from": 100 * k // BINS, "to": 100 * (k + 1) // BINS, "count": n} for k, n in enumerate(counts)]


def _question(lab: Lab, id: str, graded: list[CorrectedReport]) -> dict[str, Any]:
    spec = lab.questions[id]
    came_in = [question for report in graded for question in report.questions if question.id == id]
    # A stub says nothing about the question: it is counted, and left out of everything else.
    answers = [question for question in came_in if question.attempted]
    parts: dict[str, list[bool]] = defaultdict(list)
    for question in answers:
        for part in question.parts:
            parts[part.name].append(part.passed)
    points = [question.points for question in answers]
    return {
        "id": id,
        "title": spec.title,
        "max_points": spec.points,
        "mean": round(mean(points), 2) if points else 0.0,
        "graded": len(answers),
        "full": sum(not less(p, spec.points) for p in points),
        "none": sum(p == 0 for p in points),
        "credited": sum(question.followed_through for question in answers),
        "credit_points": round(sum(q.credit - q.earned for q in answers if q.followed_through), 2),
        "not_begun": len(came_in) - len(answers),
        "seconds": round(median(question.seconds for question in answers), 2) if answers else 0.0,
        **item(id, spec.points, graded),
        "parts": [{"name": name, "passed": sum(got), "graded": len(got)} for name, got in parts.items()],
    }


def _misconceptions(lab: Lab, rows: list[Row], bank: Bank) -> list[dict[str, Any]]:
    """Each mistake that was recognised, most frequent first; a pair counts for both."""
    words = {(chaff.question, chaff.id): chaff for chaff in bank.chaffs}
    who: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        for question in row.report.questions if row.report and row.graded else []:
            for mistake in question.mistakes:
                who[question.id, mistake.id].append(row.called)
    order = {id: k for k, id in enumerate(lab.questions)}
    plan = slots(lab)
    found = sorted(who.items(), key=lambda item: (-len(item[1]), order.get(item[0][0], 99), item[0][1]))
    return [
        {
            "question": question,
            "id": id,
            "misconception": words[question, id].misconception if (question, id) in words else id,
            "hint": words[question, id].hint if (question, id) in words else "",
            "slot": slot_of(plan, question, id).when,
            "say": slot_of(plan, question, id).say,
            "count": len(names),
            "who": names,
        }
        for (question, id), names in found
    ]


def _identical(rows: list[Row]) -> list[list[str]]:
    """Names under which the very same file was handed in."""
    same: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.report and row.report.sha256:
            same[row.report.sha256].append(row.name)
    return [names for names in same.values() if len(names) > 1]


def _protection(graded: list[Report]) -> dict[str, bool]:
    """Each piece of confinement: on only if it was on for every submission."""
    pieces: dict[str, bool] = {}
    for report in graded:
        for piece, on in report.protection.items():
            pieces[piece] = pieces.get(piece, True) and on
    return pieces
