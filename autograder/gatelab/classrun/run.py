"""The class run: finished work is kept, the rest is graded, and everything is written out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from gatelab.classrun.durable import write
from gatelab.classrun.earlier import earlier_runs
from gatelab.classrun.folder import REPLACING
from gatelab.classrun.ledger import Unreadable
from gatelab.classrun.markbook import MarkBook, SavedMeanwhile
from gatelab.classrun.page_inputs import is_current, page_inputs_hash
from gatelab.classrun.slim_reports import quickly_graded, slim
from gatelab.classrun.store import FOLDER, QUICK, ROSTER, Store
from gatelab.lab.bank import load_bank
from gatelab.lab.late import Lateness
from gatelab.lab.quick import QuickLab, quick_lab
from gatelab.lab.spec import Lab
from gatelab.limits import READINGS
from gatelab.report.by_hand.corrected_report import HandMarkedQuestion, StaffInput, apply_corrections
from gatelab.report.by_hand.marks import MarksError, Work
from gatelab.report.edited_table.table_cells import quoted
from gatelab.report.outputs.grade_table import columns, grades_csv
from gatelab.report.outputs.pages import class_page, feedback_page
from gatelab.report.record.model import Report, Status
from gatelab.report.whole_class.changes_and_similar import changes_and_similar
from gatelab.report.whole_class.class_report import Row, class_content
from gatelab.report.whole_class.grade_changes import Before
from gatelab.submission.collect import Submission
from gatelab.submission.spreadsheet import BOM
from gatelab.text import visible

STOPPED = "The run was stopped before this one; run the same command again to grade it."


class Grader(Protocol):
    """Grades a class: this machine's engine, or one like it elsewhere.

    `on_question_start`, where it is set, is called with the submission's name and the question whenever a question begins; a grader elsewhere may not know.
    """

    on_question_start: Callable[[str, str], None] | None

    def grade_all(
        self, submissions: Iterable[tuple[str, Path]], questions: Sequence[str] = (), training: bool = True
    ) -> Iterator[Report]:
        """Reports of (name, path) pairs as they come. `training`: also what trains a model."""


@dataclass
class ClassRun:
    """One class on its way through the engine. `reports` (by submission name) fills up and is never lost: every report is on disk
    before the next thing happens. Only what the class's tables need stays in memory."""

    lab: Lab
    submissions: list[Submission]
    store: Store
    chosen: list[str]  # question IDs to grade, in the order of the lab
    seed: int
    quick: bool = False  # a first look: nothing is trained, and no result can be taken for a grade
    reports: dict[str, Report] = field(default_factory=dict)
    trouble: str = ""  # why the engine gave up, in its words
    # Of a class as it was graded, by the rule at that time.
    lateness: dict[str, Lateness] = field(default_factory=dict)
    unwritten: list[str] = field(default_factory=list)  # one sentence for each file that could not be written
    written: set[Path] = field(default_factory=set)
    pages: bool = True  # whether feedback pages are written; not of a first look, nor for what is graded apart from the existing results

    def __post_init__(self) -> None:
        self.whole = self.lab
        if self.quick and not isinstance(self.lab, QuickLab):
            self.lab = quick_lab(self.lab)
        self.pages = self.pages and not self.quick
        by_hand = [
            HandMarkedQuestion(id, spec.title, spec.points)
            for id, spec in self.lab.questions.items()
            if spec.by_hand
        ]
        automatic = {id: self.lab.questions[id].points for id in self.chosen}
        most = {one.id: one.points for one in by_hand}
        order = columns(self.lab, self.chosen)
        self.book = MarkBook(self.out, most, order, automatic, tuple(by_hand), self.is_part)
        self._first: list[Work] | None = None  # the class for which the existing grades.csv was written
        self._on_page: dict[str, StaffInput] = {}  # what each feedback page was written with

    def read_marks(self) -> None:
        """Take in the marks by hand that are in grades.csv now. Raises MarksError when one cannot be read."""
        works = self.works()
        if self._first is None:
            self._first = works
            if not self.book.earlier.all("grades"):
                # The table is not one that was kept: its marks are for what the reports now next to it were made from.
                pairs = zip(works, self.submissions, strict=True)
                self._first = [
                    work._replace(sha256=self.store.bytes_graded(submission)) for work, submission in pairs
                ]
        self.book.read(self._first, works if self.store.is_of_another_class else None)
        self.book.follow(works)

    def keep_marks(self) -> None:
        """Save what was read before hours of grading. What cannot be saved now is tried again at the end."""
        with suppress(OSError, MarksError):
            self.book.keep()

    def works(self) -> list[Work]:
        """The submissions, as marks know them."""
        return [self.work(submission) for submission in self.submissions]

    def place(self, submission: Submission) -> str:
        """Where its notebook is in the class's folder; "" if it has none."""
        folder = os.path.normpath(self.out / self.store.folder)
        return visible(os.path.relpath(submission.path.absolute(), folder)) if submission.path else ""

    def work(self, submission: Submission) -> Work:
        """One submission, as marks know it: what its report was made of, if there is one."""
        report = self.reports.get(submission.name)
        sha256 = (report.sha256 if report else "") or submission.sha256
        return Work.of(submission.name, submission.file, sha256, self.place(submission))

    def settle(self, fresh: bool = False) -> list[Submission]:
        """Settle what needs no engine: no notebook to grade, or graded by an earlier run. Returns the rest."""
        left = []
        for submission in self.submissions:
            if submission.missing:
                continue
            report = None if fresh or not submission.gradable else self.store.load(submission)
            if not submission.gradable:
                report = self.not_gradable(submission)
            if report is None:
                left.append(submission)
            else:
                self._done(submission, report)
        return left

    def not_gradable(self, submission: Submission) -> Report:
        """The report of a submission without a notebook to grade."""
        status: Status = "failed" if submission.machine_fault else "ungradable"
        return Report(
            submission.name,
            status,
            submission.problem,
            submission.problem_for_student,
            seed=self.seed,
            lab=self.lab.name,
        )

    def keep_existing(self) -> None:
        """Take every report as it is, whatever has changed since it was made."""
        for submission in self.submissions:
            if not submission.missing and (report := self.store.existing(submission)) is not None:
                self.reports[submission.name] = report

    def grade(
        self,
        left: list[Submission],
        jobs: int,
        accept_missing: Sequence[str],
        watch: Callable[[Report], None],
        elsewhere: AbstractContextManager[Grader] | None = None,
        on_question_start: Callable[[str, str], None] | None = None,
    ) -> None:
        """Grade the rest, `jobs` at once; `watch` is called with each report, `on_question_start` with the submission's name and each
        question that begins. One import of torch for all. `elsewhere` grades in place of this machine's engine.

        Raises ProtectionMissing before anything is graded when the machine cannot confine submissions.
        """
        from gatelab.grading.engine import (
            Engine,  # starts the fork server, which is not needed where all is done already
        )

        waiting = {submission.name: submission for submission in left}
        with elsewhere or Engine(self.whole, self.seed, jobs, accept_missing) as engine:
            engine.on_question_start = on_question_start
            pairs = [(submission.name, submission.path) for submission in left if submission.path is not None]
            for report in engine.grade_all(pairs, self.chosen if self.is_part else (), not self.quick):
                self._done(waiting.pop(report.submission), report)
                watch(self.reports[report.submission])

    @property
    def is_part(self) -> bool:
        """Whether questions were left out that the grader can grade."""
        return any(id not in self.chosen for id in self.lab.automatic)

    def rows(self) -> list[Row]:
        """The grade book's rows, one per submission, in the order they were collected."""
        works = self.works()
        again, orphaned_comments = self.book.again(works), self.book.orphaned_comments(works)
        return [
            Row(
                s.name,
                s.file,
                self.reports.get(s.name),
                s.problem if s.missing else "" if s.name in self.reports else self.trouble or STOPPED,
                self._given(s, work),
                self.book.old_marks(work, old)
                | {f"{id} comment".strip(): quoted(text) for id, text in comments.items()},
                work.sha256,
                s,
                self.place(s),
            )
            for s, work, old, comments in zip(self.submissions, works, again, orphaned_comments, strict=True)
        ]

    def given(self, submission: Submission) -> StaffInput:
        """What people gave it, and what the late rule says about it."""
        return self._given(submission, self.work(submission))

    def replace_report(self, submission: Submission, report: Report, questions: list[str]) -> bool:
        """Put a report in place of the existing one; of its questions, these were graded now. Returns whether it could be written: if
        not, the existing one counts."""
        whole = set(questions) == set(self.chosen)
        self.store.record_hashes(submission, report) if whole else self.store.record_question_hashes(
            submission, report, questions
        )
        if self._write(self.store.report_path(submission), report.to_json()):
            return False
        self.reports[submission.name] = report
        self._write_page(submission, report, self.given(submission))
        return True

    def _given(self, submission: Submission, work: Work) -> StaffInput:
        """What people gave it, and what the late rule says about it."""
        lateness = self.lateness.get(submission.name)
        if lateness is None:
            lateness = self.lab.late.of(submission.handed_in) if self.lab.late else Lateness()
        return replace(self.book.given(work), lateness=lateness)

    def write_class(self) -> list[Row]:
        """Write what is about the class as a whole: marks.csv, grades.csv, class.json, index.html."""
        others, self.unwritten = self.unwritten, []
        last = self.store.last_class_file()  # first: it is large, and nothing else is in memory yet
        before, roster = Before.of(last), last.get("roster", "")
        del last
        rows = self._write_grades()
        bank = load_bank(self.lab)
        content = class_content(self.lab, rows, self.chosen, self.seed, bank)
        content[FOLDER] = self.store.folder
        content[ROSTER] = roster if self.store.roster is None else self.store.roster
        content["earlier_runs"] = [path.name for path in earlier_runs(self.out)]
        content |= changes_and_similar(self.lab, bank, self.submissions, before, content["submissions"])
        if isinstance(self.lab, QuickLab):
            content |= {"all_questions": False, QUICK: self.lab.says(self.chosen)}
            content["submissions"] = [row | {"has_pages": False} for row in content["submissions"]]
        if not self._write(self.out / "class.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n"):
            (self.out / REPLACING).unlink(missing_ok=True)
        self._write(self.out / "index.html", class_page(content))
        self.unwritten += others  # of one submission each: less important than the class's
        for submission, row in zip(self.submissions, rows, strict=True):
            if not self.pages or submission.name not in self.reports:
                continue
            if self._on_page.get(submission.name) != row.given:
                self._write_page(submission, None, row.given)
        with suppress(OSError):  # leftovers do no harm
            self.store.tidy(self.submissions)
        return rows

    def _write_grades(self) -> list[Row]:
        """Take in what was marked while this class was graded, then replace grades.csv; never one that is not kept."""
        path = self.book.grades_path
        problem = f"{path}: was saved again and again; close it and run the command again."
        aside: list[str] = []
        for _ in range(READINGS):
            rows = self.rows()
            try:
                try:
                    self.read_marks()
                except Unreadable as error:  # what was read at the start is kept all the same
                    kept = self.book.set_aside(error.path)
                    aside.append(f"{error} That table was kept as {kept}; the new one lacks its marks.")
                    if error.path != path:  # marks.csv: the newest copy of it counts
                        continue
                self.book.keep()
                rows = self.rows()
                self.book.write_grades(BOM + grades_csv(self.lab, rows, self.chosen))
                self.written.add(path)
                problem = ""
            except SavedMeanwhile:
                continue
            except MarksError as error:
                problem = str(error)
            except OSError as error:
                problem = _unwritten(path, error)
            break
        self.unwritten += [*filter(None, [problem]), *aside]
        return rows

    @property
    def out(self) -> Path:
        return self.store.out

    def _done(self, submission: Submission, report: Report) -> None:
        if self.is_part:
            kept = [question for question in report.questions if question.id in self.chosen]
            report = replace(report, questions=kept)
        if isinstance(self.lab, QuickLab) and not report.quick:
            report = quickly_graded(report, self.lab, self.chosen)
        # Both may repeat the file's name, whatever that contains.
        report.reason, report.student_reason = visible(report.reason), visible(report.student_reason)
        report.others = list(submission.others)
        self.store.record_hashes(submission, report)
        problem = self._write(self.store.report_path(submission), report.to_json())
        if self.pages:
            given = self.given(submission)
            problem = self._write_page(submission, report, given, kept=not problem) or problem
        self.reports[submission.name] = report = slim(report)
        if problem:  # the table has the grade all the same
            report.reason = " ".join(filter(None, [report.reason, problem]))

    def _write_page(
        self, submission: Submission, report: Report | None, given: StaffInput, kept: bool = True
    ) -> str:
        """The student's page with what people gave, unless it is there already as it would be written; what went wrong, as a sentence. The
        report is the existing one (None: it is to be read), or one that could not be `kept`."""
        self._on_page[submission.name] = given
        path = self.store.feedback_path(submission)
        source = self.store.report_path(submission)
        made = page_inputs_hash(self.lab, source, given, submission.called) if kept else ""
        if is_current(path, made):
            return ""
        # The page says what only the file keeps.
        report = report or self.store.existing(submission) or self.reports[submission.name]
        return self._write(
            path, feedback_page(self.lab, apply_corrections(report, given), submission.called, made)
        )

    def _write(self, path: Path, text: str) -> str:
        """Write a file; returns what went wrong, as a sentence. One that cannot be written must not stop the class."""
        try:
            write(path, text)
        except OSError as error:
            self.unwritten.append(_unwritten(path, error))
            return self.unwritten[-1]
        self.written.add(path)
        return ""


def _unwritten(path: Path, error: OSError) -> str:
    return f"{path}: could not be written ({error.strerror}); free some space or fix its permissions, and run the command again."
