"""The class run: what is done already is kept, what is left is graded, all of it is written out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from gatelab.bank.load import load_bank
from gatelab.klass.collect import Submission
from gatelab.klass.names import visible
from gatelab.klass.store import FOLDER, Store, StoreError, write
from gatelab.lab import Lab
from gatelab.report.classbook import Row, class_book
from gatelab.report.export import BOM
from gatelab.report.marks import Marks, with_marks
from gatelab.report.model import Report
from gatelab.report.pages import class_page, feedback_page
from gatelab.report.table import grades_csv

STOPPED = "The run was stopped before this one; the same command again takes it up."


@dataclass
class ClassRun:
    """One class on its way through the engine. `reports` fills up by submission name and is never lost:
    every report is on disk before the next thing happens."""

    lab: Lab
    submissions: list[Submission]
    store: Store
    chosen: list[str]  # question IDs to grade, in the order of the lab
    seed: int
    reports: dict[str, Report] = field(default_factory=dict)
    marks: Marks = field(default_factory=dict)  # given by hand, in grades.csv
    trouble: str = ""  # why the engine gave up, in its own words
    unwritten: list[str] = field(default_factory=list)  # one sentence for each file that could not be written

    def read_marks(self) -> None:
        """Take in the marks by hand that stand in grades.csv now. Raises StoreError when one cannot be read."""
        by_hand = {id: spec.points for id, spec in self.lab.questions.items() if spec.by_hand}
        found = self.store.marks(by_hand, [submission.name for submission in self.submissions])
        self.marks = self.marks if found is None else found

    def take_up(self, fresh: bool = False) -> list[Submission]:
        """Settle what needs no engine: no notebook to grade, or graded by an earlier run. Returns the rest."""
        left = []
        for submission in self.submissions:
            report = None if fresh or not submission.gradable else self.store.load(submission)
            if not submission.gradable:
                report = Report(
                    submission.name,
                    "failed" if submission.ours else "ungradable",
                    submission.problem,
                    submission.told,
                    seed=self.seed,
                    lab=self.lab.name,
                )
            if report is None:
                left.append(submission)
            else:
                self._done(submission, report)
        return left

    def grade(
        self,
        left: list[Submission],
        jobs: int,
        accept_missing: Sequence[str],
        watch: Callable[[Report], None],
    ) -> None:
        """Grade the rest, `jobs` at once; `watch` hears of each that is done. One import of torch for all.

        Raises ProtectionMissing before anything is graded when the machine cannot confine submissions.
        """
        from gatelab.engine import Engine  # brings the fork server up; not needed to say what is done already

        waiting = {submission.name: submission for submission in left}
        with Engine(self.lab, self.seed, jobs, accept_missing) as engine:
            pairs = [(submission.name, submission.path) for submission in left]
            for report in engine.grade_all(pairs, self.chosen if self.is_part else ()):
                self._done(waiting.pop(report.submission), report)
                watch(self.reports[report.submission])

    @property
    def is_part(self) -> bool:
        """Whether questions were left out that the grader could have graded."""
        return any(id not in self.chosen for id, spec in self.lab.questions.items() if not spec.by_hand)

    def rows(self) -> list[Row]:
        """The grade book's rows, one per submission, in the order they were collected."""
        return [
            Row(
                s.name,
                s.file,
                self.reports.get(s.name),
                "" if s.name in self.reports else self.trouble or STOPPED,
                self.marks.get(s.name, {}),
            )
            for s in self.submissions
        ]

    def write_class(self) -> list[Row]:
        """Write what speaks of the class as a whole: grades.csv, class.json, index.html."""
        try:
            self.read_marks()  # a grading takes its time, and somebody may have marked meanwhile
        except StoreError as error:
            kept = self.store.set_aside("grades.csv")
            self.unwritten.append(f"{error} That table was kept as {kept}; the new one lacks its marks.")
        rows = self.rows()
        book = class_book(self.lab, rows, self.chosen, self.seed, load_bank(self.lab))
        book[FOLDER] = self.store.folder
        # The mark tells Excel that it is UTF-8.
        self._write(self.out / "grades.csv", BOM + grades_csv(self.lab, rows, self.chosen))
        self._write(self.out / "class.json", json.dumps(book, indent=1, ensure_ascii=False) + "\n")
        self._write(self.out / "index.html", class_page(book))
        for submission in self.submissions:
            if submission.name in self.marks and submission.name in self.reports:
                marked = with_marks(self.reports[submission.name], self.marks[submission.name])
                self._write(self.store.feedback_path(submission), feedback_page(self.lab, marked))
        with suppress(OSError):  # what is left over does no harm
            self.store.tidy(self.submissions)
        return rows

    @property
    def out(self) -> Path:
        return self.store.out

    def _done(self, submission: Submission, report: Report) -> None:
        if self.is_part:
            kept = [question for question in report.questions if question.id in self.chosen]
            report = replace(report, questions=kept)
        # Both may repeat the file's name, whatever that holds.
        report.reason, report.told = visible(report.reason), visible(report.told)
        report.others = list(submission.others)
        self.reports[submission.name] = report
        self.store.sign(submission, report)
        page = feedback_page(self.lab, report)
        problem = self._write(self.store.report_path(submission), report.to_json())
        problem = self._write(self.store.feedback_path(submission), page) or problem
        if problem:  # the grade stands in the table all the same
            report.reason = " ".join(filter(None, [report.reason, problem]))

    def _write(self, path: Path, text: str) -> str:
        """Write a file; what went wrong, as a sentence. One that cannot be written must not end the class."""
        try:
            write(path, text)
        except OSError as error:
            problem = f"{path}: could not be written ({error.strerror}); make room or rights and run the command again."
            self.unwritten.append(problem)
            return problem
        return ""
