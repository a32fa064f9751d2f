"""Reopens a class from its output folder: what was graded, without grading anything, and without the folder of submissions."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from gatelab.classrun import nearby
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
from gatelab.report.cells import Names
from gatelab.report.classbook import MISSING, PENDING, submission_of
from gatelab.report.classfile import ClassFile
from gatelab.report.pages import display_name
from gatelab.submission.collect import Submission, mark_namesakes
from gatelab.text import escape_formula, visible


def read_class_file(out: Path) -> ClassFile:
    """class.json. Raises StoreError if no class was graded into this folder."""
    try:
        return class_table(out)
    except NoClass as error:
        raise StoreError(str(error)) from error


def reopen(out: Path, root: Path, lab_name: str | None = None) -> ClassRun:
    """The class in `out` with its reports as they are there. Raises StoreError, LabError.

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
                run.reports[submission.name] = report_needed(
                    out, row
                )  # without it a correction would lose the points
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
    """Who was graded, by class.json, `folder` being the class's."""
    return mark_namesakes([submission_of(row, folder) for row in class_file["submissions"]])


def recorded_lateness(class_file: ClassFile) -> dict[str, Lateness]:
    """By name, what the late rule said of each when the class was graded: another rule counts from the next grading on."""
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


def called(run: ClassRun, typed: str) -> Submission:
    """The submission meant: by its name in grades.csv, its file, or the student's name. Raises StoreError."""
    by_name = {escape_formula(submission.name): submission for submission in run.submissions}
    by_name |= {submission.name: submission for submission in run.submissions}
    found = Names(by_name).find(typed)
    if found is not None:
        return by_name[found]
    keys = (lambda s: s.file, lambda s: display_name(s.name), lambda s: s.called, lambda s: s.listed)
    for key in keys:
        matches = [
            submission for submission in run.submissions if key(submission).casefold() == typed.casefold()
        ]
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = ", ".join(visible(submission.name) for submission in matches)
            raise StoreError(
                f"{visible(typed)!r}: {len(matches)} submissions are called that; type one of {names}."
            )
    people = {s.name: s.called for s in run.submissions}
    rows, persons = nearby.starting_with(typed, people), nearby.starting_with(typed, people.values())
    fit = [name for name, person in people.items() if name in rows or person in persons]
    if len(fit) > 1:
        names = ", ".join(map(visible, fit[: nearby.MOST]))
        raise StoreError(
            f"{visible(typed)!r}: the names of {len(fit)} submissions begin so; type one of {names}."
        )
    near = fit or nearby.near(typed, by_name)
    hint = f"; did you mean {visible(near[0])!r}?" if near else "; the names are in grades.csv."
    raise StoreError(f"{visible(typed)!r}: no submission of this class has that name{hint}")
