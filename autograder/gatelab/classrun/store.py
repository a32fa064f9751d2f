"""The output folder: where finished reports are, and which of them are still valid.

A report is written, whole or not at all, when its submission is done, so a run can be stopped at any
moment and resumed. It is valid as long as nothing that decides the grade has changed: the submission, the seed,
the kit, the lab. All of that is hashed into the report's key.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from gatelab.folders import make_writable, not_writable
from gatelab.report.record.hashes import grading_hash, hash_of
from gatelab.report.record.model import GradingHashes, Report
from gatelab.report.record.schema import is_of_a_class, read_json
from gatelab.report.whole_class.class_json import PreviousRun, head_of, read_previous_run
from gatelab.submission.collect import Submission

__all__ = ["FOLDER", "QUICK", "ROSTER", "Store", "StoreError", "grading_hash"]

QUICK: Final = "quick"  # entry of class.json: that nothing was trained, and what was therefore left out
ROSTER = "roster"  # entry of class.json: the list that the class was graded with, as seen from there; "" without one
PAGE_MARK = '<meta name="generator" content="gatelab">'  # in the head of every feedback page
DIGITS = 16  # that a report keeps of a question's hash
FOLDER: Final = "folder"  # entry of class.json: the submissions' place, as seen from the output folder


class StoreError(Exception):
    """The output folder cannot be used; the message says why and what to do."""


class Store:
    """The reports of one class under `out/reports/`. `grading` is what `grading_hash` gave, `folder` is where the
    submissions lie; `parts`, what `hashes` gave, shows afterwards what has changed; `lab` is the lab's name ("": any)."""

    def __init__(
        self, out: Path, grading: str, folder: Path, parts: dict[str, str] | None = None, lab: str = ""
    ) -> None:
        self.out = Path(out)
        self.grading, self.parts, self.lab = grading, parts or {}, lab
        # Relative, so that class and grades may be moved together.
        self.folder = self._from_here(folder)
        self.roster: str | None = None  # None: that of the last run
        # Which class.json was read, and its head.
        self._read: tuple[tuple[int, int, int], PreviousRun] | None = None

    def _from_here(self, path: Path) -> str:
        return os.path.relpath(Path(path).resolve(), self.out.resolve())

    def graded_with(self, roster: Path | None) -> None:
        """Record the list that this run is graded with."""
        self.roster = self._from_here(roster) if roster else ""

    @property
    def last_roster(self) -> Path | None:
        """The list that this class was graded with the last time."""
        class_file = self._head
        recorded = "" if self._is_of_another(class_file) else class_file.get("roster", "")
        return Path(os.path.normpath(self.out / recorded)) if recorded else None

    def open(self) -> None:
        """Make the folders. Raises StoreError when nothing can be written to them."""
        try:
            for folder in (self.reports, self.feedback):
                make_writable(folder)
        except OSError as error:
            raise StoreError(not_writable(self.out, error)) from error

    @property
    def reports(self) -> Path:
        return self.out / "reports"

    @property
    def feedback(self) -> Path:
        return self.out / "feedback"

    def check(self, questions: list[str] | None, quick: bool = False) -> None:
        """Raise StoreError when another class is here, a grading of other questions (None: of all), or a quick look where
        none is meant (and the other way round)."""
        class_file = self._head
        of = (
            [question["id"] for question in class_file["questions"]]
            if "questions" in class_file
            else questions
        )
        was = None if class_file.get("all_questions", True) else of
        if self._is_of_another_lab(class_file):
            what = f"of the lab {class_file['lab']}"
        elif self._is_of_another(class_file):
            what = f"of the folder {os.path.normpath(self.out / class_file['folder'])}"
        elif class_file and bool(class_file.get("quick")) != quick:
            what = (
                "with trainings, and this is a quick look" if quick else "of a quick look, without trainings"
            )
        elif class_file and was != questions:
            what = f"of {', '.join(was) if was else 'all questions'}"
        else:
            return
        raise StoreError(
            f"{self.out}: holds the grading {what}; choose another -o, or --fresh to replace it."
        )

    def last_class_file(self) -> PreviousRun:
        """What is left of the last run that wrote here, if of this class; otherwise empty."""
        class_file = read_previous_run(self.out / "class.json")
        return {} if self._is_of_another(class_file) else class_file

    @property
    def _head(self) -> PreviousRun:
        """The head of class.json: which class and which questions. The file is large, so it is reread only if it has changed."""
        path = self.out / "class.json"
        try:
            found = path.stat()
        except OSError:
            return {}
        now = found.st_ino, found.st_mtime_ns, found.st_size
        if self._read is None or self._read[0] != now:
            self._read = now, head_of(read_previous_run(path))
        return self._read[1]

    @property
    def is_of_another_class(self) -> bool:
        """Whether this is the grading of another folder, or of another lab. One that was moved alone (to a disk with room on it) names a place where
        nothing is, and is known by the folder's name."""
        return self._is_of_another(self._head)

    def _is_of_another_lab(self, class_file: PreviousRun) -> bool:
        return bool(self.lab) and class_file.get("lab", self.lab) != self.lab

    def _is_of_another(self, class_file: PreviousRun) -> bool:
        if self._is_of_another_lab(class_file):
            return True
        was = class_file.get("folder", self.folder)
        if was == self.folder:
            return False
        place = Path(os.path.normpath(self.out.resolve() / was))
        return place.exists() or place.name != Path(self.folder).name

    def bytes_graded(self, submission: Submission) -> str:
        """Hash of what the report on disk was made from, whether it still holds or not; without one, of what came in."""
        report = self.existing(submission)
        return (report.sha256 if report else "") or submission.sha256

    def report_path(self, submission: Submission) -> Path:
        return self.reports / f"{submission.file}.json"

    def feedback_path(self, submission: Submission) -> Path:
        return self.feedback / f"{submission.file}.html"

    def key(self, submission: Submission) -> str:
        """Everything that decides this submission's report, in one hash."""
        return hash_of(self.grading, submission.name, submission.sha256)

    def existing(self, submission: Submission) -> Report | None:
        """The existing report, whether it is still valid or not."""
        try:
            return read_json(self.report_path(submission).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def was_graded(self, submission: Submission) -> bool:
        """Whether these bytes were graded here before, by the present suites and settings or by earlier ones."""
        report = self.existing(submission)
        return report is not None and report.status == "graded" and report.sha256 == submission.sha256

    def load(self, submission: Submission) -> Report | None:
        """The finished report of an earlier run, or None when there is none that still holds."""
        report = self.current(submission)
        if report is None or report.sha256 != submission.sha256:
            return None
        return report if report.status != "failed" else None  # where the grader failed, it tries again

    def current(self, submission: Submission) -> Report | None:
        """The report, if it was made of these bytes with what decides grades now; also one that says that the grader failed."""
        report = self.existing(submission)
        holds = (
            report is not None and report.grading_hashes and report.grading_hashes.key == self.key(submission)
        )
        return report if holds else None

    def record_hashes(self, submission: Submission, report: Report) -> None:
        """Mark the report with everything that decides it, so that `load` can recognise it."""
        report.grading_hashes = GradingHashes(self.key(submission), self._of_questions(self.parts))

    def record_question_hashes(self, submission: Submission, report: Report, questions: list[str]) -> None:
        """Mark what of the report was graded now. It holds as a whole once everything in it was graded with what there is now."""
        was = report.grading_hashes or GradingHashes()
        report.grading_hashes = GradingHashes(was.key, was.questions | self._of_questions(questions))
        if not self.changed(report):
            self.record_hashes(submission, report)

    def changed(self, report: Report) -> list[str]:
        """What was changed since the report was made: question IDs, or REST where it may be anything."""
        was = (report.grading_hashes or GradingHashes()).questions
        return [id for id, digest in self._of_questions(self.parts).items() if was.get(id) != digest]

    def _of_questions(self, ids: Iterable[str]) -> dict[str, str]:
        return {id: self.parts[id][:DIGITS] for id in ids}

    def tidy(self, submissions: list[Submission]) -> None:
        """Remove what earlier runs wrote for submissions that are no longer in the class."""
        current = {submission.file for submission in submissions}
        for folder, suffix, is_ours in (
            (self.reports, ".json", is_of_a_class),
            (self.feedback, ".html", lambda text: PAGE_MARK in text),
        ):
            for path in folder.glob(f"*{suffix}"):
                # Only what the kit wrote may be removed.
                if path.name.removesuffix(suffix) not in current and is_ours(
                    path.read_text("utf-8", "replace")
                ):
                    path.unlink()
