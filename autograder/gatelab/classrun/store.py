"""The output folder: where finished reports lie, and which of them still hold.

A report is written, whole or not at all, when its submission is done, so a run can be stopped at any
moment and taken up again. It holds as long as nothing that decides the grade has changed: the submission, the seed,
the kit, the lab. All of that is hashed into the report's key.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gatelab
from gatelab.classrun.earlier import durable, sync
from gatelab.lab.spec import Lab
from gatelab.report.classbook import GRADED_WITH
from gatelab.report.model import Report
from gatelab.submission.collect import Submission

# Parts of the kit that do not take part in grading; a change to them leaves reports as they are.
NOT_GRADING = {"audit", "build", "classrun", "cli", "integrations", "report"}
GRADING = {"lab.toml", "seqlab"}
LIBRARIES = ("torch", "numpy", "pytest", "safetensors")  # whose version may move a number or a verdict
QUICK = "quick"  # entry of class.json: that nothing was trained, and what was left out therefore
FOLDER = "folder"  # entry of class.json: the submissions' place, as seen from the output folder


class StoreError(Exception):
    """The output folder cannot be used; the message says why and what to do."""


class Store:
    """The reports of one class under `out/reports/`. `grading` is what `grading_hash` gave, `folder` is where the
    submissions lie."""

    def __init__(self, out: Path, grading: str, folder: Path) -> None:
        self.out = Path(out)
        self.grading = grading
        # Relative, so that class and grades may be moved together.
        self.folder = os.path.relpath(Path(folder).resolve(), self.out.resolve())

    def open(self) -> None:
        """Make the folders. Raises StoreError when nothing can be written to them."""
        try:
            for folder in (self.reports, self.feedback):
                folder.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise StoreError(
                f"{self.out}: cannot be written to ({error.strerror}); choose another -o."
            ) from error

    @property
    def reports(self) -> Path:
        return self.out / "reports"

    @property
    def feedback(self) -> Path:
        return self.out / "feedback"

    def check(self, questions: list[str] | None, quick: bool = False) -> None:
        """Raise StoreError when another class lies here, a grading of other questions (None: of all), or a quick look where
        none is meant (and the other way round)."""
        book = self._book()
        was = None if book.get("all_questions", True) else [question["id"] for question in book["questions"]]
        if self.is_of_another_class:
            what = f"of the folder {os.path.normpath(self.out / book[FOLDER])}"
        elif book and bool(book.get(QUICK)) != quick:
            what = (
                "with trainings, and this is a quick look" if quick else "of a quick look, without trainings"
            )
        elif book and was != questions:
            what = f"of {', '.join(was) if was else 'all questions'}"
        else:
            return
        raise StoreError(
            f"{self.out}: holds the grading {what}; choose another -o, or --fresh to replace it."
        )

    def _book(self) -> dict[str, Any]:
        """class.json of the run that wrote here last; empty when there is none that can be read."""
        try:
            book = json.loads((self.out / "class.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return book if isinstance(book, dict) else {}

    @property
    def is_of_another_class(self) -> bool:
        """Whether what lies here is the grading of another folder."""
        return bool(self._book().get(FOLDER, self.folder) != self.folder)

    def bytes_graded(self, submission: Submission) -> str:
        """Hash of what the report on disk was made from, whether it still holds or not; without one, of what came in."""
        try:
            report = json.loads(self.report_path(submission).read_text(encoding="utf-8"))
            return str(report["sha256"]) or submission.sha256
        except (OSError, ValueError, TypeError, KeyError):
            return submission.sha256

    def report_path(self, submission: Submission) -> Path:
        return self.reports / f"{submission.file}.json"

    def feedback_path(self, submission: Submission) -> Path:
        return self.feedback / f"{submission.file}.html"

    def key(self, submission: Submission) -> str:
        """Everything that decides this submission's report, in one hash."""
        return _hash(self.grading, submission.name, submission.sha256)

    def load(self, submission: Submission) -> Report | None:
        """The finished report of an earlier run, or None when there is none that still holds."""
        try:
            report = Report.from_json(self.report_path(submission).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        # What the grader failed at is tried again.
        holds = (
            report.status != "failed"
            and report.sha256 == submission.sha256
            and report.versions.get(GRADED_WITH) == self.key(submission)
        )
        return report if holds else None

    def sign(self, submission: Submission, report: Report) -> None:
        """Mark the report with all that decides it, for `load` to know by."""
        report.versions[GRADED_WITH] = self.key(submission)

    def tidy(self, submissions: list[Submission]) -> None:
        """Remove what earlier runs wrote for submissions that are no longer in the class."""
        current = {submission.file for submission in submissions}
        for folder, suffix, mark in (
            (self.reports, ".json", f'"{GRADED_WITH}"'),
            (self.feedback, ".html", '<meta name="generator" content="gatelab">'),
        ):
            for path in folder.glob(f"*{suffix}"):
                # Only what carries the kit's mark is the kit's to remove.
                if path.name.removesuffix(suffix) not in current and mark in path.read_text(
                    "utf-8", "replace"
                ):
                    path.unlink()


def grading_hash(lab: Lab, seed: int, questions: list[str]) -> str:
    """Hash of all that decides grades besides the submission: kit, lab, libraries, seed, chosen questions."""
    digest = hashlib.sha256()
    kit = Path(gatelab.__file__).parent
    places = {"assignment": lab.assignment, "hidden": lab.hidden, "kit": kit}
    if lab.bank:
        places["chaff"] = lab.bank / "chaff"
    for place, folder in places.items():
        for path in sorted(path for path in folder.glob("**/*") if path.suffix in {".py", ".toml"}):
            name = path.relative_to(folder)
            # Of the assignment, the table and the students' package; notebooks' masters decide no grade.
            if name.parts[0] in NOT_GRADING or (place == "assignment" and name.parts[0] not in GRADING):
                continue
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{place}/{name.as_posix()}\0{content}\n".encode())
    libraries = [f"{name}=={version(name)}" for name in LIBRARIES]
    return _hash(gatelab.__version__, digest.hexdigest(), *libraries, str(seed), *questions)


def data(text: str) -> bytes:
    """The text as UTF-8. What that cannot hold (half a surrogate pair) becomes its escape."""
    return text.encode("utf-8", "backslashreplace")


def write(path: Path, text: str, lasting: bool = False) -> None:
    """Write a file whole or not at all; a `lasting` one is on the disk, whatever happens next, when this returns."""
    temporary = path.with_name(f".writing-{os.getpid()}-{hashlib.sha256(path.name.encode()).hexdigest()[:8]}")
    try:
        durable(temporary, data(text)) if lasting else temporary.write_bytes(data(text))
        os.replace(temporary, path)
        if lasting:
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _hash(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
