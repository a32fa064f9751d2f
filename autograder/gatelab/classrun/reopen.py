"""Reopens a class from its output folder: what was graded, without grading anything, and without the folder of submissions."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from gatelab.classrun import typed_names
from gatelab.classrun.folder import (
    NoClass,
    class_table,
    report_needed,
    require_no_interrupted_regrade,
    require_one_run,
)
from gatelab.classrun.run import ClassRun
from gatelab.classrun.store import FOLDER, QUICK, Store, StoreError
from gatelab.lab.choose import agree, chosen_lab
from gatelab.lab.late import Lateness
from gatelab.lab.quick import quick_lab
from gatelab.lab.spec import Lab
from gatelab.report.whole_class.class_json import ClassFile
from gatelab.report.whole_class.class_report import MISSING, PENDING, submission_of
from gatelab.submission.collect import Submission, mark_namesakes


def read_class_file(out: Path) -> ClassFile:
    """class.json. Raises StoreError if no class was graded into this folder."""
    try:
        return class_table(out)
    except NoClass as error:
        raise StoreError(str(error)) from error


def reopen(out: Path, root: Path, lab_name: str | None = None) -> ClassRun:
    """The class in `out` with its existing reports. Raises StoreError, LabError.

    Its submissions have the path that they had; nothing is read there.
    """
    class_file = read_class_file(out)
    lab = lab_of(class_file, out, root, lab_name)
    folder = Path(os.path.normpath(out / class_file.get(FOLDER, ".")))
    submissions = graded_in(class_file, folder)
    chosen = [row["id"] for row in class_file["questions"]]
    gone = [id for id in chosen if id not in lab.questions or lab.questions[id].by_hand]
    if gone:
        raise StoreError(
            f"{out}: {gone[0]} was graded, which lab.toml no longer has for the grader; run gatelab grade again."
        )
    run = ClassRun(
        _as_graded(lab, class_file), submissions, Store(out, "", folder), chosen, int(class_file["seed"]), bool(class_file.get(QUICK)),
        lateness=recorded_lateness(class_file),
    )  # fmt: skip
    run.trouble = next(
        (row.get("reason", "") for row in class_file["submissions"] if row["status"] == PENDING), ""
    )
    try:
        for submission, row in zip(submissions, class_file["submissions"], strict=True):
            if row["status"] not in (PENDING, MISSING):
                # Without it a correction would lose the points.
                run.reports[submission.name] = report_needed(out, row)
        require_no_interrupted_regrade(out)
        require_one_run(out, class_file["submissions"], run.reports)
    except NoClass as error:
        raise StoreError(str(error)) from error
    return run


def lab_of(class_file: ClassFile, out: Path, root: Path, lab_name: str | None) -> Lab:
    """The lab of class.json; `--lab` may name that one and no other. Raises LabError."""
    agree(lab_name, class_file["lab"], out)
    return chosen_lab(root, class_file["lab"])


def graded_in(class_file: ClassFile, folder: Path) -> list[Submission]:
    """The submissions that were graded, from class.json; `folder` is the class's."""
    return mark_namesakes([submission_of(row, folder) for row in class_file["submissions"]])


def recorded_lateness(class_file: ClassFile) -> dict[str, Lateness]:
    """Name → what the late rule decided when the class was graded. A changed rule counts from the next grading on."""
    return {
        row["name"]: Lateness(**row["lateness"])
        for row in class_file["submissions"]
        if isinstance(row.get("lateness"), dict)
    }


def _as_graded(lab: Lab, class_file: ClassFile) -> Lab:
    """The lab with the questions and points that were graded, whatever lab.toml says now; questions marked by hand follow lab.toml as
    it is now."""
    graded = {row["id"]: float(row["max_points"]) for row in class_file["questions"]}
    found = {}
    for id, spec in lab.questions.items():
        if id in graded:
            found[id] = replace(spec, points=graded[id])
        elif spec.by_hand or not class_file["all_questions"]:
            found[id] = spec
    return (quick_lab(lab) if class_file.get(QUICK) else lab).with_questions(found)


def find_submission(run: ClassRun, typed: str) -> Submission:
    """The submission that is meant: by its name in grades.csv, its file, or the student's name. Raises StoreError."""
    by_name = {submission.name: submission for submission in run.submissions}
    try:
        return by_name[
            typed_names.one_of(typed, [typed_names.member(submission) for submission in by_name.values()])
        ]
    except typed_names.NotOne as error:
        raise StoreError(str(error)) from error
