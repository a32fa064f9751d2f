"""The grading in one pytest run: the verdicts by part, and the workers that answer the tests, question by question."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from gatelab.did_you_mean import did_you_mean
from gatelab.faults import GraderFault
from gatelab.grading import gains, notes
from gatelab.grading.attempt import QuestionRun, Share, Verdict, Workers
from gatelab.grading.naming import name_mistake
from gatelab.grading.released import released
from gatelab.grading.scores import Scores
from gatelab.grading.unfinished import unfinished
from gatelab.grading.which_counts import Attempts
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from gatelab.limits import MAX_FORKS
from gatelab.report.record.exceptions import Frame, Raised
from gatelab.report.record.model import Kind, Question
from gatelab.report.record.points import equal
from gatelab.sandbox.lost import WorkerLost
from gatelab.testkit.leftovers import part_to_charge, sentence
from gatelab.testkit.steady import unsteady
from gatelab.testkit.student import NOT_WRITTEN, Student
from gatelab.testkit.trace import Recording, Trace
from gatelab.testkit.words import Words, line_of

# Exceptions that are raised if something is missing: an argument, an attribute, an entry.
MISSED = ("TypeError", "AttributeError", "KeyError")


class Grading:
    """Collects the verdicts of a run. `questions()` returns the finished questions, in the order of the lab.

    A question may be graded several times (which_counts.py).
    """

    def __init__(
        self, lab: Lab, seed: int, workers: Workers[Any], bank: Bank | None, messages: bool = True
    ) -> None:
        """`messages`: False if only points are wanted. Then no call is repeated for a better message, no traceback is recorded,
        and no more tests of a part are run once it is lost."""
        self.lab, self.seed, self.workers, self.bank = lab, seed, workers, bank
        self.messages = messages
        self.scores = Scores(lambda: self.time_up)
        self.share_of: dict[str, Share] = {}
        self.finished: dict[str, Question] = {}
        self.attempts: Attempts | None = None  # at the current question
        self.repeating = False  # whether its tests are being run again
        self.loading: bool | None = None  # whether the library can be used; each loading has its own folder
        self.on_question_start: Callable[[str], None] | None = None  # called for each question that begins
        # A fault of the grader or its machine; if there is one, no verdict counts.
        self.fault: BaseException | None = None
        self.until = math.inf  # by the monotonic clock; grading stops then
        held = lab.policy.withheld
        messages_shown = (*lab.policy.messages, *([held.says] if held else ()))
        self.words = Words(workers.sources, (*lab.names, *lab.policy.names), messages_shown)

    @property
    def attempt(self) -> QuestionRun:
        """The current attempt: there is one from `begin` to `finish`."""
        assert self.attempts is not None
        return self.attempts.last

    # The order: begin → for each test: student_for → (the test runs) → verdict → start_another_grading; while that returns
    # True, the tests that `can_still_help` are run again → finish.

    def begin(self, question: str) -> None:
        """The next tests belong to this question; the previous one is finished."""
        if self.attempts is None or self.attempt.spec.id != question:
            self.finish()
            if self.on_question_start is not None:
                self.on_question_start(question)
            spec = self.lab.questions[question]
            self.attempts = Attempts(QuestionRun(spec, frozenset(), Trace(question)), self.scores)
            # If a question with reference code stores it (in a file), a later question of the same loading may read it.
            if spec.library != self.loading:
                self.loading, self.words.restricted = spec.library, False
            self.words.restricted |= bool(spec.builds_on)

    def student_for(self, question: str, test: str) -> Student:
        """The student for one test: the question's worker, or a fresh one if the last worker was lost."""
        self.begin(question)
        student = Student(
            _Timed(self, test), self.words, self.attempt.own, self.attempt.spec.training_settings
        )
        self.attempt.students.append(student)
        return student

    def request(self, request: dict[str, Any], replay: bool, test: str) -> dict[str, Any]:
        """Pass a request to the question's worker, within the question's time."""
        if self.fault is not None:
            raise GraderFault("The grader failed at an earlier check.")
        running = self.attempt
        if self.time_up:
            raise WorkerLost("Time was up before this check was run.")
        deadline = min(running.started + running.spec.seconds, self.until)
        if time.monotonic() > deadline:
            raise WorkerLost(
                f"This check was not run: the question had taken more than {running.spec.seconds:g} s by the clock "
                "(its processor time was not used up: does the code wait for something?)."
            )
        try:
            if running.backend is None:
                if running.forks >= MAX_FORKS:
                    raise WorkerLost(
                        f"Your code brought its process down {MAX_FORKS} times; this check was not run."
                    )
                running.forks += 1
                running.backend = self.workers.open(running.spec, set(running.own), deadline)
                if running.control_tests:
                    gains.define_reference(running.backend, self.lab.reference(running.spec.id))
            self.words.restricted |= request["op"] == "define"
            recording = Recording(running.backend, running.trace, test, running.forks)
            answer = recording.request(request, replay)
            if request["op"] == "has" and answer.get("value") is False:
                running.missing.add(request["arguments"]["name"])
            elif (answer.get("error") or {}).get("type") == "NotDefined":
                self._require_asked_name(request["arguments"].get("target"))
                running.missing |= {answer["error"]["message"]} & set(running.spec.names)
            if answer.get("left"):
                running.leftovers.setdefault(test, []).extend(answer["left"])
            return self._as_student_sees_it(answer, test)
        except WorkerLost:
            self._close_worker()
            running.lost = True
            raise

    def _require_asked_name(self, target: Any) -> None:
        """Raise GraderFault if the suite uses a name that the lab does not ask for."""
        asked = self.lab.names
        spec = self.attempt.spec
        if isinstance(target, str) and spec.names and target not in asked and not self.words.restricted:
            raise GraderFault(
                f"The hidden suite of {spec.id} uses {target}, which no question of lab.toml asks for{did_you_mean(target, sorted(asked))}"
            )

    def verdict(self, share: Share, test: str, verdict: Verdict) -> None:
        self.begin(share.question)
        self.attempt.verdicts.setdefault(share.name, []).append(verdict)
        self.share_of[test] = share
        verdict.test = test
        verdict.time_up = not verdict.passed and self.time_up
        if not verdict.passed:
            self.attempt.trace.failed.add(test)
            note = ""
            if error := self.attempt.errors.get(test):
                verdict.student_error = error
                note = self._note_about_references(error) if error.type in MISSED else ""
            own = notes.on_own_versions(self._not_yet_right(sorted(self.attempt.own)))
            verdict.hint = " ".join(filter(None, [verdict.hint, note, own, *self._why_missing()]))

    def start_another_grading(self) -> bool:
        """Begin another grading of the current question, with more of the student's own versions. Returns whether there is one."""
        if self.attempts is None or self.time_up:
            return False
        attempt = self.attempts.next(
            [
                lambda name: self._is_full(self.lab.question_of(name)),
                lambda name: self._is_written(self.lab.question_of(name)),
            ],
            lambda name: not self._not_yet_right([name]),
            self.lab.has_reference(self.attempt.spec.id),
        )
        if attempt is None:
            return False
        self._end_attempt()
        self.attempts.add(attempt)
        return True

    def can_still_help(self, share: Share, test: str) -> bool:
        """Whether a test can still change which attempt counts."""
        assert self.attempts is not None
        return self.attempts.can_still_help(share, test)

    def finish(self) -> None:
        """End the current question: end its worker, let the better attempt count, and name the mistake."""
        if self.attempts is None:
            return
        self._end_attempt()
        question = self.attempts.question(
            self._name_mistake, lambda own: notes.on_discarded(self._not_yet_right(sorted(own)))
        )
        self.finished[question.id] = question
        self.attempts = None

    def _name_mistake(self, attempt: QuestionRun, question: Question) -> None:
        if self.bank is not None and not attempt.lost and not self.time_up:
            name_mistake(attempt, question, self.lab, self.bank, self.workers.sources)

    def questions(self) -> list[Question]:
        """Every question of the lab. If no test of a question was run, it has no parts."""
        self.finish()
        return [
            self.finished.get(id)
            or (
                Question(id, spec.title, spec.points, by_hand=spec.by_hand)
                if spec.by_hand
                else self.scores.question(QuestionRun(spec, frozenset(), Trace(id)))
            )
            for id, spec in self.lab.questions.items()
        ]

    def not_graded(self, question: str) -> list[str]:
        """The questions that this one builds on, if this run does not know whether they are right."""
        before = dict.fromkeys(map(self.lab.question_of, self.lab.questions[question].builds_on))
        return [id for id in before if id not in self.finished]

    def _as_student_sees_it(self, answer: dict[str, Any], test: str) -> dict[str, Any]:
        """The answer, with the messages of its errors as the student may see them; the report keeps the rest for staff."""
        if error := answer.get("error"):
            self.attempt.errors[test] = self._raised(error)
            shown = self.words.error(error)
            if error["type"] == NOT_WRITTEN:
                known = released(self.lab).around_answers
                shown["unfinished"] = unfinished(error, self.workers.sources, known)
            return {"error": shown}
        if problem := answer.get("grad_error"):
            self.attempt.errors[test] = Raised("", problem)
            return answer | {"grad_error": self.words.message(problem)}
        return answer

    def _raised(self, error: dict[str, Any]) -> Raised:
        """An exception as staff see it; the text of each line is from our copy of the notebook."""
        sources = self.workers.sources
        frames = [
            Frame(frame["line"], frame["cell"], "", frame["function"], code)
            for frame in error["frames"]
            if (code := line_of(sources, frame["cell"], frame["line"])) is not None
        ]
        return Raised(error["type"], error["message"], frames, error["traceback"])

    def _is_full(self, question: str) -> bool:
        found = self.finished.get(question)
        return found is not None and equal(found.earned, found.max_points)

    def _is_written(self, question: str) -> bool:
        found = self.finished.get(question)
        unwritten = (Kind.UNTOUCHED, Kind.NOT_DEFINED)
        return found is not None and any(part.passed or part.kind not in unwritten for part in found.parts)

    def _why_missing(self) -> Iterable[str]:
        """Sentences that say which cells should have defined what a check did not find, and why they did not; "" if that is unknown."""
        return dict.fromkeys(map(self.workers.why_missing, sorted(self.attempt.missing)))

    def _note_about_references(self, error: Raised) -> str:
        """A note on the names in an exception that are references to answers that are not right yet; "" for none. Python and PyTorch
        say only in their messages what was missing."""
        said = f"{error.message}\n{error.traceback}"
        mentioned = (
            name for name in self.attempt.spec.builds_on if re.search(rf"\b{re.escape(name)}\b", said)
        )
        return notes.on_references(
            self._not_yet_right(name for name in mentioned if name not in self.attempt.own)
        )

    def _not_yet_right(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The names whose questions were graded and lost points, by question."""
        found: dict[str, list[str]] = {}
        for name in names:
            id = self.lab.question_of(name)
            if id in self.finished and not self._is_full(id):
                found.setdefault(id, []).append(name)
        return found

    def _end_attempt(self) -> None:
        """Do what needs the attempt's worker, then end the worker."""
        if self.attempt.control_tests:
            self._close_worker()
            return
        if self.messages and not self.time_up:
            self._report_unsteady()
        self._close_worker()
        self._charge_leftovers()

    def _report_unsteady(self) -> None:
        """If equal calls get different answers, let the messages say that instead of how the numbers differ."""
        running = self.attempt
        for verdicts in running.verdicts.values():
            wrong = next((v for v in verdicts if not v.passed), None)
            if wrong is not None and running.backend is not None:
                message = unsteady(running.trace, wrong.test, running.forks, running.backend)
                if message:
                    wrong.message, wrong.hint = message, ""

    def _charge_leftovers(self) -> None:
        """If calls left something changed, one part of the question is lost, unless a check has already charged for it."""
        running = self.attempt
        self._mention_leftovers_first()
        tests = {test: self.share_of[test] for test in running.leftovers if test in self.share_of}
        if any(
            verdict.kind is Kind.LEFT_CHANGED
            for verdicts in running.verdicts.values()
            for verdict in verdicts
        ):
            return
        id = running.spec.id
        points = {share.name: share.points for share in self.scores.shares_of(id)}
        part = part_to_charge((share.name for share in tests.values()), points)
        test = next((test for test, share in tests.items() if share.name == part), None)
        if test is not None:
            message = self._first_leftover(test)
            self.verdict(tests[test], test, Verdict(Kind.LEFT_CHANGED, message))

    def _mention_leftovers_first(self) -> None:
        """If a part's numbers are wrong after a call that left something changed, the first such part says so before it says how they
        differ, because that may be the cause. A part has one message, so it could not be said by a later test of the part."""
        running = self.attempt
        for verdicts in running.verdicts.values():
            wrong = next((v for v in verdicts if not v.passed), None)
            if wrong is not None and wrong.kind is Kind.WRONG and wrong.test in running.leftovers:
                wrong.message = f"{self._first_leftover(wrong.test)} {wrong.message}"
                return

    def _first_leftover(self, test: str) -> str:
        """The message about the first thing that the calls of a test left changed."""
        name, kind = self.attempt.leftovers[test][0]
        return sentence(name if name in self.lab.names else "", kind)

    @property
    def time_up(self) -> bool:
        """Whether the time for the whole grading is up."""
        return time.monotonic() >= self.until

    def _close_worker(self) -> None:
        running = self.attempt
        backend, running.backend = running.backend, None  # dropped even if closing fails
        if backend is not None:
            running.output += self.workers.close(backend)


class _Timed:
    """The backend a test sees: the grading's current worker."""

    def __init__(self, grading: Grading, test: str) -> None:
        self._grading, self._test = grading, test

    def request(self, request: dict[str, Any], replay: bool = True) -> dict[str, Any]:
        return self._grading.request(request, replay, self._test)
