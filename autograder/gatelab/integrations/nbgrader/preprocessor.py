"""nbgrader: the engine grades, nbgrader keeps the grade book.

Autograde reads submissions with `SubmissionExporter`, which passes each file to the engine and gives nbgrader a
clean copy. `GradeByEngine` replaces Execute: it writes the engine's points as the grade cells' outputs,
from which nbgrader reads them. No student code runs outside the engine's workers.
"""

from __future__ import annotations

import glob
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Dict, Integer, List, Unicode

from gatelab.faults import MESSAGE_TO_STUDENT
from gatelab.integrations.nbgrader.cells import read_submission
from gatelab.integrations.nbgrader.engines import engine_for
from gatelab.integrations.nbgrader.manual_scores import is_too_high, too_high
from gatelab.integrations.nbgrader.outdated import (
    GradingRecord,
    another_lab_in_the_book,
    grade_outdated,
    rules_of,
)
from gatelab.integrations.nbgrader.rubric import with_rubrics
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import EXCHANGE_LINE, LARGEST_SEED
from gatelab.report.outputs.gradescope import all_questions, feedback, summary
from gatelab.report.outputs.pages import training_curve
from gatelab.report.record.model import OUR_FAULT, Question, Report, Status
from gatelab.sandbox.confine import ProtectionMissing, pieces
from gatelab.sandbox.forkserver import ForkServerLost
from gatelab.submission.answers import WrittenAnswer
from gatelab.submission.collect import one
from gatelab.text import escaped, is_printable

# On nbgrader's pages, points given by a person may be shown above this.
BY_THE_CHECKS = "The automatic checks gave {} of {} points; the scores on this page also count what a person gave or changed."


class SubmissionDirectory(CourseDirectory):  # type: ignore[misc]  # nbgrader has no stubs
    """The course's folders as Autograde should see them.

    Files next to a submitted notebook are not copied: nobody reads them, links among them would be followed, and
    nbgrader would return the copies with the feedback.
    """

    def __init__(self, course: CourseDirectory) -> None:
        super().__init__(**{name: getattr(course, name) for name in course.trait_names(config=True)})
        self.ignore = ["*"]

    def get_existing_timestamp(self, dest_path: str) -> datetime | None:
        """The submission's time; None if its file is not a small regular file or cannot be parsed."""
        path = Path(dest_path, "timestamp.txt")
        if path.is_symlink() or not path.is_file() or path.stat().st_size > EXCHANGE_LINE:
            return None
        try:
            time: datetime | None = super().get_existing_timestamp(dest_path)
            return time
        except Exception:
            # dateutil may raise anything for a student's text, with messages that often do not help.
            self.log.warning(
                "%s/timestamp.txt holds no time that can be read; the submission is graded without one.",
                dest_path,
            )
            return None


class SubmissionExporter(NotebookExporter):
    """Reads submissions for Autograde: graded by the engine, then cleaned for nbgrader."""

    kit = Unicode(help="Folder of the kit, with assignment/ and tests/.").tag(config=True)
    faulty = Dict(help="What is wrong with a lab, in a sentence, by the lab's name.").tag(config=True)
    seed = Integer(
        None,
        allow_none=True,
        min=0,
        max=LARGEST_SEED,
        help="The hidden tests draw their inputs from it; by default lab.toml's.",
    ).tag(config=True)
    accept_missing = List(
        Unicode(), help="Pieces of protection without which student code may run here all the same."
    ).tag(config=True)

    parent: Any  # nbgrader's Autograde
    report: Report  # of the submission being processed
    answers: dict[str, WrittenAnswer]  # its written answers, by question
    graded: GradingRecord  # the record of this grading
    before: GradingRecord | None = None  # the record of the previous one

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # nbconvert's
        converter: Autograde = self.parent
        converter.coursedir = SubmissionDirectory(converter.coursedir)
        # Started before the first submission, so that a machine that cannot grade says so only once.
        try:
            if why := self.faulty.get(converter.coursedir.assignment_id):
                raise LabError(why)
            self.lab = Lab.in_repository(Path(self.kit), converter.coursedir.assignment_id)
            self._seed: int = self.lab.settings.seed if self.seed is None else self.seed
            if why := another_lab_in_the_book(self.lab, converter.coursedir.db_url):
                raise LabError(why)
            self.engine = engine_for(self.lab, self._seed, pieces(self.accept_missing))
        except (LabError, ProtectionMissing, ForkServerLost, ValueError) as error:
            flags = (
                f"--SubmissionExporter.accept_missing={piece}" for piece in getattr(error, "missing", ())
            )
            self.log.error("%s%s", error, " (nbgrader's flags: " + " ".join(flags) + ")"
                           if isinstance(error, ProtectionMissing) else "")  # fmt: skip
            raise NbGraderException(str(error)) from error
        self._rules = rules_of(self.lab, self._seed)
        self._expect_every_folder()
        grade_outdated(converter, self._is_outdated)

    def _expect_every_folder(self) -> None:
        """Have nbgrader process each student's folder, under the notebook's right name, whatever is in it.

        Otherwise it would silently skip students who handed in no notebook or named it differently.
        """
        course = self.parent.coursedir
        if course.notebook_id != "*":
            return
        for folder in glob.glob(self.parent._format_source(course.assignment_id, course.student_id)):
            if os.path.isdir(folder):
                self.parent.assignments[folder] = [os.path.join(folder, self.lab.notebook)]

    def _is_outdated(self, student: str) -> bool:
        """Whether a student's grade is of another submission, or was made with other suites, points or dates."""
        assignment = self.lab.name
        folder = Path(self.parent._format_source(assignment, student))
        done = Path(self.parent._format_dest(assignment, student), self.lab.notebook)
        self.graded = GradingRecord.of(self._rules, one(folder, self.lab))
        self.before = GradingRecord.recorded(done)
        outdated = done.exists() and self.before != self.graded
        if outdated:
            self.log.info(
                "%s: graded again, since the submission, the suites, the points or the dates were changed.",
                student,
            )
        return outdated

    # nbconvert's signature says that it returns a notebook, but its NotebookExporter returns text.
    def from_filename(  # type: ignore[override]
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, ResourcesDict]:
        """Read the submission the first time, and nbgrader's copy of it the second time."""
        if not self.parent._sanitizing:
            return cast(tuple[str, ResourcesDict], super().from_filename(filename, resources, **kw))
        assert resources is not None
        student = resources["nbgrader"]["student"]
        folder = Path(filename).parent
        submission = one(folder, self.lab)
        if submission.path is not None:
            self.report = self._grade(submission.path, student)
            self.report.others = list(submission.others)
        else:
            status: Status = "failed" if submission.machine_fault else "ungradable"
            self.report = Report(
                student,
                status,
                submission.problem,
                submission.problem_for_student,
                seed=self._seed,
                lab=self.lab.name,
            )
        if self.report.status == "ungradable":
            self.log.warning("%s is not gradable: %s", student, self.report.reason)
        for note in self.report.notes:
            self.log.warning("%s: %s", student, note)
        notebook, self.answers = read_submission(submission.path, self.lab)
        for id, answer in self.answers.items():
            if answer.problem and self.report.status == "graded":
                self.log.warning("%s, %s: %s", student, id, answer.problem)
        self._keep_identifying_files(folder, resources)
        resources["metadata"] = ResourcesDict(name=resources["nbgrader"]["notebook"], path=str(folder))
        text: tuple[str, ResourcesDict] = self.from_notebook_node(  # type: ignore[no-untyped-call]  # nbconvert's
            notebook, resources, **kw
        )
        return text

    def _grade(self, path: Path, student: str) -> Report:
        try:
            return self.engine.grade(path, name=student)
        except ProtectionMissing as error:  # it was there when the run began
            return Report(
                student, "failed", str(error), MESSAGE_TO_STUDENT, seed=self._seed, lab=self.lab.name
            )

    def _keep_identifying_files(self, folder: Path, resources: dict[str, Any]) -> None:
        """Copy the files by which nbgrader identifies the submission next to the graded notebook, and nothing else: its time
        (to find out whether there is a newer one) and its secret in the exchange, without which feedback cannot be released."""
        ids = resources["nbgrader"]
        graded = Path(self.parent._format_dest(ids["assignment"], ids["student"]))
        papers = {"submission_secret.txt": _is_line(folder / "submission_secret.txt")}
        papers["timestamp.txt"] = self.parent.coursedir.get_existing_timestamp(str(folder)) is not None
        for name in (name for name, usable in papers.items() if usable):
            graded.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, graded / name)


def _is_line(path: Path) -> bool:
    """Whether this is a small file with one line of text; nbgrader would fail at anything else."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > EXCHANGE_LINE:
        return False
    text = path.read_bytes().decode("utf-8", "replace").strip()
    return bool(text) and is_printable(text) and "\ufffd" not in text


class GradeByEngine(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no stubs
    """Write each grade cell's points and messages as its output, as if the cell had been run."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        exporter: SubmissionExporter = self.parent
        rows = all_questions(exporter.report, exporter.lab.questions.values())
        questions = {question.id: question for question in rows}
        head = summary(exporter.report, rows, BY_THE_CHECKS) + "\n\n"
        for cell in nb.cells:
            mark = cell.metadata.get("nbgrader", {})
            if cell.cell_type != "code" or not mark.get("grade"):
                continue
            question = questions.get(mark["grade_id"])
            if question is None or question.max_points != mark["points"]:
                raise NbGraderException(
                    f"The grade book's cell {mark['grade_id']} ({mark['points']:g} points) is not the lab's; "
                    f"run `nbgrader generate_assignment {exporter.lab.name}` again."
                )
            # The reason why nothing could be graded is stated once, at the top.
            text = head + feedback(question) if exporter.report.status == "graded" else head or "Not graded."
            cell.outputs = [
                new_output("display_data", data=_shown(text.rstrip(), question)),
                # nbgrader reads the number from the first execute_result. It rejects more than the cell's points, and
                # a sum of shares may differ from them in the last digit.
                new_output(
                    "execute_result",
                    data={"text/plain": repr(float(min(question.points, question.max_points)))},
                    execution_count=None,
                ),
            ]
            head = ""
        with_rubrics(nb, exporter.lab, {id: answer.problem for id, answer in exporter.answers.items()})
        exporter.graded.record(nb)
        return nb, resources


def _shown(text: str, question: Question) -> dict[str, str]:
    data = shown_text(text)
    return data | {"text/html": data["text/html"] + training_curve(question)}


def shown_text(text: str) -> dict[str, str]:
    """Text that wraps at the edge of the page; with nbgrader's own style long lines would overflow."""
    style = "white-space: pre-wrap; overflow-wrap: anywhere; font-family: monospace"
    return {"text/html": f'<div style="{style}">{escaped(text)}</div>', "text/plain": text}


class SaveGrades(SaveAutoGrades):  # type: ignore[misc]  # nbgrader has no stubs
    """nbgrader's step that enters the points. A submission that could not be graded gets 0 and waits for manual grading in formgrader;
    a written answer that a person must look for has no points and waits, too."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Enter the points. A submission on which the grader failed gets none: it is marked as waiting in the grade book, and the
        exception makes nbgrader remove its graded notebook, continue with the class, end with exit code 1, and grade
        this one again in the next run."""
        nb, resources = super().preprocess(nb, resources)
        report: Report = self.parent.report
        if report.status == "failed":
            raise NbGraderException(f"{report.submission}: {OUR_FAULT}. {report.reason}")
        return nb, resources

    def _add_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        """Enter a cell's points. Where a person has seen the same answer with the same automatic points, it does not wait for one again."""
        report: Report = self.parent.report
        looked_for = report.status == "graded" and bool(self._found(cell).problem)
        ids = (
            cell.metadata["nbgrader"]["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        grade = self.gradebook.find_grade(*ids)
        before, now = self.parent.before, self.parent.graded
        points, waits = grade.auto_score, grade.needs_manual_grade
        super()._add_score(cell, resources)
        if report.status == "failed" or looked_for:
            grade.auto_score = None
        if report.status != "graded" or looked_for:
            grade.needs_manual_grade = True
        if (
            report.status == "graded"
            and before is not None
            and before.work == now.work
            and grade.auto_score == points
        ):
            grade.needs_manual_grade = waits
        if is_too_high(grade):
            grade.needs_manual_grade = True
            self.log.warning("%s", too_high(self.student_id, grade))
        self.gradebook.db.commit()

    def _add_comment(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        """nbgrader's "No response.", only if nothing was written elsewhere either."""
        super()._add_comment(cell, resources)
        id = cell.metadata["nbgrader"]["grade_id"].removesuffix("-solution")
        report: Report = self.parent.report
        begun = any(
            one.id == id and one.parts and one.attempted for one in report.questions if not one.by_hand
        )
        if begun or self._found(cell).problem:
            ids = (self.notebook_id, self.assignment_id, self.student_id)
            self.gradebook.find_comment(cell.metadata["nbgrader"]["grade_id"], *ids).auto_comment = None
            self.gradebook.db.commit()

    def _found(self, cell: NotebookNode) -> WrittenAnswer:
        answers: dict[str, WrittenAnswer] = self.parent.answers
        return answers.get(cell.metadata["nbgrader"]["grade_id"], WrittenAnswer())
