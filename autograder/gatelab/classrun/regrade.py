"""Regrades what was graded with other suites, points or thresholds; the existing results stay until somebody has seen what changes."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gatelab.classrun.durable import write
from gatelab.classrun.earlier import RUN
from gatelab.classrun.folder import REPLACING, STAGE
from gatelab.classrun.run import ClassRun
from gatelab.classrun.store import Store
from gatelab.limits import CHANGED_MESSAGE
from gatelab.report.by_hand.corrected_report import StaffInput, apply_corrections, given_for
from gatelab.report.outputs.wording import words
from gatelab.report.record.hashes import REST, built_on, grading_hash
from gatelab.report.record.model import Question, Report
from gatelab.report.record.points import equal, number, plural
from gatelab.submission.collect import Submission
from gatelab.text import brief

NO_LONGER = "it is no longer a question"
KEPT = ("grades.csv", "marks.csv", "corrections.csv", "class.json", "index.html", "reports", "feedback")


@dataclass(frozen=True)
class Difference:
    """What changes for one submission in one question, or as a whole (question "")."""

    name: str
    question: str
    was: float | None  # None: it had no grade
    now: float | None
    why: str


class Regrade:
    """A class run over a class as it was graded. `run.reports` are the existing reports; `wanted` the questions to grade
    again, None for those that were changed; `available` the notebooks that can be, `before` what counted for each by the rules at that time."""

    def __init__(
        self,
        run: ClassRun,
        wanted: list[str] | None,
        only: list[Submission],
        fresh: bool,
        available: Mapping[str, Submission],
        before: Callable[[Submission], StaffInput],
    ) -> None:
        self.run, self.wanted, self.fresh = run, wanted, fresh
        self.only = only or run.submissions
        self.available, self.before = available, before
        self.new: dict[str, Report] = {}
        # Submission → questions graded again, in the order of the lab.
        self.questions: dict[str, list[str]] = {}
        self.skipped: list[str] = []  # one sentence each
        self.as_before: list[str] = []  # one sentence for each file that could not be graded, like last time

    def plan(self) -> list[Submission]:
        """The submissions to grade again; `questions` says which questions of each."""
        left = []
        for row in self.only:
            submission = self.available.get(row.name)
            if submission is None:
                if row.gradable:
                    self.skipped.append(
                        f"{row.name}: its result is unchanged, because its file was removed or changed; run gatelab grade to grade what is there now."
                    )
                continue
            old = self.run.reports.get(submission.name)
            whole = old is None or old.status != "graded" or old.sha256 != submission.sha256
            if whole and not self.fresh and self.run.store.load(submission) is not None:
                continue  # the file cannot be graded, and nothing has changed that could help
            if whole and self.wanted is not None:
                self.skipped.append(_without_grade(submission.name, old))
                continue
            assert old is not None or whole
            changed = self.run.store.changed(old) if old is not None and not whole else [REST]
            if REST in changed or self.fresh:
                changed = list(self.run.chosen)
            again = [
                id for id in self.run.chosen if id in changed and (self.wanted is None or id in self.wanted)
            ]
            missing = {question.id for question in old.questions} if old is not None else set()
            if not whole and self.wanted is None:
                again = [id for id in self.run.chosen if id in again or id not in missing]
            if again or whole:
                self.questions[submission.name] = list(self.run.chosen) if whole else again
                left.append(submission)
        return left

    def grade(
        self,
        left: list[Submission],
        jobs: int,
        accept_missing: Sequence[str],
        watch: Callable[[Report], None],
    ) -> None:
        """Grade them, each report on disk before the next thing happens; one that is there from an interrupted or refused
        regrading is taken as it is. Raises ProtectionMissing."""
        by_questions: dict[tuple[str, ...], list[Submission]] = {}
        for submission in left:
            by_questions.setdefault(tuple(self.questions[submission.name]), []).append(submission)
        for questions, group in by_questions.items():
            self._grade(list(questions), group, jobs, accept_missing, watch)

    def _grade(
        self,
        questions: list[str],
        group: list[Submission],
        jobs: int,
        accept_missing: Sequence[str],
        watch: Callable[[Report], None],
    ) -> None:
        run = self.run
        # What a question builds on is graded with it: whether the student's own versions are used depends on their points.
        below = set(questions).union(*(built_on(run.lab, id) for id in questions))
        with_these = [id for id in run.chosen if id in below]
        stage = Store(
            run.out / STAGE, grading_hash(run.lab, run.seed, with_these), run.out / run.store.folder
        )
        stage.folder = run.store.folder
        stage.reports.mkdir(parents=True, exist_ok=True)
        beside = ClassRun(run.lab, group, stage, with_these, run.seed)
        beside.pages = False
        waiting = beside.settle(self.fresh)
        for name in beside.reports:
            watch(beside.reports[name])
        if waiting:
            beside.grade(waiting, jobs, accept_missing, watch)
        for submission in group:
            if submission.name not in beside.reports:
                continue
            # Only what a class's tables need stays in memory; the messages are in the file.
            if (report := stage.current(submission)) is not None:
                self._keep_or_replace(submission, report, questions)
            else:
                own = f"{stage.report_path(submission)}: "
                why = next((line for line in beside.unwritten if line.startswith(own)), "")
                self.skipped.append(
                    f"{submission.name}: its result is unchanged, because the new report could not be saved. {why}".strip()
                )

    def _keep_or_replace(self, submission: Submission, report: Report, questions: list[str]) -> None:
        old = self.run.reports.get(submission.name)
        report.others = list(old.others if old else submission.others)
        if old is not None and _is_ungradable_as_before(old, report):
            self.as_before.append(f"{submission.name}: cannot be graded, as before. {report.reason}".strip())
            self.run.replace_report(submission, report, questions)  # so that the next regrade leaves it alone
        elif old is None or set(questions) == set(self.run.chosen):
            self.new[submission.name] = report
        elif report.status != "graded":
            self.skipped.append(
                f"{submission.name}: {report.shown_status}, so its earlier result stays. {report.reason}"
            )
        else:
            self.new[submission.name] = _merged(self.run, old, report, questions)

    def first_with_an_old_maximum(self, again: Mapping[str, Sequence[str]]) -> str:
        """The first student whose maximum would differ from lab.toml if only these questions of these submissions were graded again, as
        the beginning of a sentence; "" if there is none."""
        most = {id: self.run.lab.questions[id].points for id in self.run.chosen}
        for submission in self.run.submissions:
            old, replaced = self.run.reports.get(submission.name), set(again.get(submission.name, ()))
            if old is None or old.status != "graded" or replaced == set(self.run.chosen):
                continue
            has = {q.id: q.max_points for q in old.questions if not q.by_hand}
            for id in [id for id in most if id not in has and id not in replaced]:
                return f"{submission.name} would have no result for {id}, which is new"
            for id, points in has.items():
                if id not in most:
                    return f"{submission.name} would keep a result for {id}, which is no longer a question"
                if id not in replaced and not equal(points, most[id]):
                    return (
                        f"{submission.name} would keep a result for {id} out of {plural(points, 'point')}, but {id} is worth "
                        f"{number(most[id])} now"
                    )
        return ""

    def differences(self) -> list[Difference]:
        """What would change, in the order of the class, and marks by hand that would stop or start counting although nothing is graded again."""
        found = []
        for submission in self.run.submissions:
            if submission.name in self.new:
                found += self._differences(
                    submission, self.run.reports.get(submission.name), self.new[submission.name]
                )
            found += self._by_hand(submission)
        return found

    @property
    def affects_marks(self) -> bool:
        """Whether a mark by hand would stop or start counting although nobody gave or withdrew it."""
        return any(self._by_hand(submission) for submission in self.run.submissions)

    def _by_hand(self, submission: Submission) -> list[Difference]:
        was, now, questions = (
            self.before(submission).marks,
            self.run.given(submission).marks,
            self.run.lab.questions,
        )
        found = []
        for id in [id for id in {**was, **now} if was.get(id) != now.get(id)]:
            if id in now:
                why = f"it is worth {number(questions[id].points)} now, so the mark counts again"
            elif id in questions and questions[id].by_hand:
                why = f"it is worth {number(questions[id].points)} now, so it has to be marked again"
            else:
                why = "it is no longer marked by hand" if id in questions else NO_LONGER
            found.append(Difference(submission.name, id, was.get(id), now.get(id), why))
        return found

    def _differences(self, submission: Submission, old: Report | None, new: Report) -> list[Difference]:
        was = old.points if old and old.status == "graded" else None
        now = new.points if new.status == "graded" else None
        if was is None or now is None or old is None:
            if was is None and now is None:
                return []
            return [
                Difference(submission.name, "", was, now, new.reason if now is None else "it had no grade")
            ]
        given, first_given = self.run.given(submission), self.before(submission)
        before = {question.id: question for question in old.questions}
        still = {question.id for question in new.questions}
        found = [
            Difference(submission.name, first.id, first.points, None, _why_gone(first))
            for first in apply_corrections(old, first_given).questions
            if first.id not in still and not first.by_hand
        ]
        for question in apply_corrections(new, given).questions:
            if question.by_hand or question.id not in before:
                if not question.by_hand:
                    found.append(
                        Difference(
                            submission.name, question.id, None, question.points, "it is a new question"
                        )
                    )
                continue
            first = before[question.id]
            if not equal(question.graded, first.points) or not equal(question.max_points, first.max_points):
                why = _why(first, question)
                if over := given_for(question):
                    why += f"; overridden, so its {number(over.points)} points stand"
                elif lapsed := first_given.overrides.get(question.id):
                    why += f"; the override, {number(lapsed.points)}, is more than it is worth now and no longer counts"
                found.append(Difference(submission.name, question.id, first.points, question.graded, why))
        return found

    def totals(self, submission: Submission) -> tuple[float | None, float | None]:
        """A student's total before and after, as it counts."""
        old = self.run.reports.get(submission.name)
        pairs = (
            (old, self.before(submission)),
            (self.new.get(submission.name, old), self.run.given(submission)),
        )
        was, now = (
            apply_corrections(report, given).points if report and report.status == "graded" else None
            for report, given in pairs
        )
        return was, now

    def keep_earlier(self) -> Path:
        """Keep a copy of the whole run as it is; returns where. Raises OSError, and then there is none."""
        stamp = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime())
        place = self.run.out / "earlier" / f"{RUN}{stamp}"
        number = 2
        while place.exists():
            place, number = place.with_name(f"{RUN}{stamp}-{number}"), number + 1
        half = place.with_name(f".{place.name}-{os.getpid()}")
        try:
            half.mkdir(parents=True)
            for name in KEPT:
                path = self.run.out / name
                if path.is_dir():
                    shutil.copytree(path, half / name)
                elif path.is_file():
                    shutil.copy2(path, half / name)
            os.replace(half, place)
        finally:
            shutil.rmtree(half, ignore_errors=True)
        return place

    def accept(self) -> int:
        """Put the new reports in place of the old ones, and write everything again. Returns how many were replaced."""
        marker = self.run.out / REPLACING
        if self.new:
            marker.parent.mkdir(exist_ok=True)
            marker.touch()
        replaced = [
            self.run.replace_report(submission, self.new[submission.name], self.questions[submission.name])
            for submission in self.run.submissions
            if submission.name in self.new
        ]
        self.run.write_class()
        if not all(replaced):
            marker.touch()  # until this command has written the rest, the reports are from two gradings
        if self.run.unwritten:
            return sum(replaced)
        staged = self.run.out / STAGE / "reports"
        for submission in self.run.submissions:
            if submission.name in self.new:
                (staged / f"{submission.file}.json").unlink(missing_ok=True)
        if not any(staged.glob("*.json")):  # otherwise somebody's, not decided yet
            shutil.rmtree(self.run.out / STAGE, ignore_errors=True)
        return sum(replaced)


def _without_grade(name: str, old: Report | None) -> str:
    """Why no single question of a submission can be graded again, in a sentence."""
    if old is not None and old.status == "ungradable":
        return f"{name}: cannot be graded, so no question of it is graded again. {old.reason}".strip()
    return f"{name}: has no grade to change; gatelab grade gives it one."


def _is_ungradable_as_before(old: Report, new: Report) -> bool:
    """Whether the same file cannot be graded for the same reason, which is its own and not the grader's."""
    same = (old.status, old.sha256, old.reason) == (new.status, new.sha256, new.reason)
    return same and new.status == "ungradable"


def differences_text(found: list[Difference]) -> str:
    """What changed, one line each, as kept with the earlier run."""
    return "".join(f"{line}\n" for line in map(sentence, found))


def sentence(found: Difference) -> str:
    """`ada q1: 10 → 6 (gradient: now failed)`."""
    return f"{found.name} {found.question}".strip() + f": {change(found)}"


def change(found: Difference) -> str:
    """`10 → 6 (gradient: now failed)`."""
    was, now = ("no grade" if points is None else number(points) for points in (found.was, found.now))
    return f"{was} → {now} ({found.why})"


def write_differences(place: Path, found: list[Difference]) -> None:
    """Write next to the earlier run what the one after it changed. Raises OSError."""
    write(place / "changes.txt", differences_text(found))


def _merged(run: ClassRun, old: Report, new: Report, questions: list[str]) -> Report:
    """The old report with these questions as they were graded now."""
    found = {
        question.id: question
        for question in [*old.questions, *(q for q in new.questions if q.id in questions)]
    }
    order = [id for id in run.lab.questions if id in found]
    return replace(
        old,
        questions=[found[id] for id in order],
        cells=new.cells,
        protection=new.protection,
        versions=old.versions | new.versions,
    )


def _why_gone(question: Question) -> str:
    """Why a removed question no longer counts; its points are those that counted."""
    over = given_for(question)
    return f"{NO_LONGER}, and the override no longer counts" if over else NO_LONGER


def _why(old: Question, new: Question) -> str:
    """What changed in a question, in words."""
    changes = []
    if not equal(old.max_points, new.max_points):
        changes.append(f"worth {number(new.max_points)} now, was {number(old.max_points)}")
    before = {part.name: part for part in old.parts}
    after = {part.name: part for part in new.parts}
    for name, part in after.items():
        first = before.get(name)
        if first is None:
            changes.append(f"{words(name)}: a new part, {'passed' if part.passed else 'failed'}")
        elif first.passed != part.passed:
            message = "" if part.passed else brief(" ".join(part.student_text.split()), CHANGED_MESSAGE)
            changes.append(
                f"{words(name)}: {'passed now' if part.passed else 'failed now'}{f' ({message})' if message else ''}"
            )
        elif not equal(first.points, part.points):
            changes.append(f"{words(name)}: {number(first.points)} → {number(part.points)}")
    changes += [f"{words(name)}: no longer a part" for name in before if name not in after]
    if old.followed_through or Question.followed_through.fget(new):  # type: ignore[attr-defined]
        changes.append("follow-through credit")
    if new.recognised not in ("", old.recognised):
        changes.append(f"recognised as {new.recognised}")
    return ", ".join(changes) or (new.note or "the grader no longer says this")
