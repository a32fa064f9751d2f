"""The grading of one pytest run: verdicts by part, workers by question, the diagnosis at the end."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from gatelab.did_you_mean import did_you_mean
from gatelab.faults import GraderFault
from gatelab.grading import gains, notes
from gatelab.grading.attempt import QuestionRun, Raised, Share, Verdict, Workers
from gatelab.grading.identify import identify
from gatelab.grading.references import references_before
from gatelab.grading.signature import own_code, signature
from gatelab.lab.bank import Bank, compose
from gatelab.lab.spec import Lab
from gatelab.limits import MAX_FORKS
from gatelab.report.model import Kind, Mistake, Part, Question, SecondGrading
from gatelab.report.points import equal
from gatelab.sandbox.lost import WorkerLost
from gatelab.testkit.leftovers import costs, sentence
from gatelab.testkit.steady import unsteady
from gatelab.testkit.student import Student
from gatelab.testkit.trace import Recording, Trace
from gatelab.testkit.words import Words

# What is raised when something is missing: an argument, an attribute, an entry.
MISSED = ("TypeError", "AttributeError", "KeyError")


class Grading:
    """Collects the verdicts of a run. `questions()` gives the finished questions, in the order of the lab.

    A question that builds on earlier ones is graded with the references to them. If it loses points with those, it is
    graded again, with the student's own versions of what earned full points, and the grading with more points counts.
    If they are equal, the one with the references counts, unless its mistake is not recognised and fewer tests end with
    an exception when the student's own versions are used.

    If it still loses points, and some of what it builds on is not right yet, it is graded with all of the student's own
    versions: a wrong answer may have something of the student's own that this one uses, and its mistake has cost its
    points already. That grading counts only if it earns more, and only with the parts that this answer deserves (gains.py).
    """

    def __init__(
        self, lab: Lab, seed: int, workers: Workers[Any], bank: Bank | None, messages: bool = True
    ) -> None:
        """`messages`: False where only points are wanted; then no call is repeated for a better sentence, no traceback is
        recorded, and no more of a part is run once it is lost."""
        self.lab, self.seed, self.workers, self.bank = lab, seed, workers, bank
        self.messages = messages
        self.shares: dict[tuple[str, str], Share] = {}
        self.training: set[tuple[str, str]] = set()  # the shares of parts whose tests train a model
        self.share_of: dict[str, Share] = {}
        self.finished: dict[str, Question] = {}
        self.running: QuestionRun | None = None
        self.earlier: list[QuestionRun] = []  # the attempts at the current question that have ended
        self.repeating = False  # whether its tests are being run again
        self.loading: bool | None = None  # with the library or without: each loading has its own folder
        self.on_question_start: Callable[[str], None] | None = None  # called for each question that begins
        self.fault: BaseException | None = (
            None  # a fault of the grader or its machine: then no verdict counts
        )
        self.until = math.inf  # by the monotonic clock; grading stops then
        names = (name for spec in lab.questions.values() for name in spec.names)
        held = lab.policy.withheld
        told = (*lab.policy.messages, *([held.says] if held else ()))
        self.words = Words(workers.sources, (*names, *lab.policy.names), told)

    @property
    def attempt(self) -> QuestionRun:
        """The current attempt: there is one from `begin` to `finish`."""
        assert self.running is not None
        return self.running

    # The order: begin → for each test: student_for → (the test runs) → verdict → start_another_grading, and while that has
    # begun one, again the tests that `can_still_help` → finish.

    def begin(self, question: str) -> None:
        """The next tests belong to this question; the previous one is finished."""
        if self.running is None or self.running.spec.id != question:
            self.finish()
            if self.on_question_start is not None:
                self.on_question_start(question)
            self.running = QuestionRun(self.lab.questions[question], frozenset(), Trace(question))
            # With reference code, what one question stores (in a file) a later one of the same loading may repeat.
            if self.running.spec.library != self.loading:
                self.loading, self.words.given = self.running.spec.library, False
            self.words.given |= bool(self.running.spec.builds_on)

    def student_for(self, question: str, test: str) -> Student:
        """The student for one test: the question's worker, or a fresh one if the last was lost."""
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
                if running.asked:
                    gains.put_reference(running.backend, self.lab.reference(running.spec.id))
            self.words.given |= request["op"] == "define"
            recording = Recording(running.backend, running.trace, test, running.forks)
            answer = recording.request(request, replay)
            if request["op"] == "has" and answer.get("value") is False:
                running.missing.add(request["arguments"]["name"])
            elif (answer.get("error") or {}).get("type") == "NotDefined":
                self._require_asked_name(request["arguments"].get("target"))
                running.missing |= {answer["error"]["message"]} & set(running.spec.names)
            if answer.get("left"):
                running.left.setdefault(test, []).extend(answer["left"])
            return self._in_shown_words(answer, test)
        except WorkerLost:
            self._close_worker()
            running.lost = True
            raise

    def _require_asked_name(self, target: Any) -> None:
        """A name that a submission lacks must be one that the lab asks for. Raises GraderFault."""
        asked = {name for spec in self.lab.questions.values() for name in spec.names}
        spec = self.attempt.spec
        if isinstance(target, str) and spec.names and target not in asked and not self.words.given:
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
                verdict.raised = error.text
                note = self._note_about_references(error.text) if error.type in MISSED else ""
            own = notes.on_own_versions(self._not_right(sorted(self.attempt.own)))
            verdict.hint = " ".join(filter(None, [verdict.hint, note, own, *self._why_missing()]))

    def start_another_grading(self) -> bool:
        """Whether the current question is graded again, with more of the student's own versions; if so, that has begun."""
        last = self.attempt
        first = self.earlier[0] if self.earlier else last
        full = math.fsum(share.points for share in self.shares.values() if share.question == first.spec.id)
        if self.time_up or last.asked or last.forks >= MAX_FORKS:
            return False
        if last.over_wrong:
            return self._start_control()
        if not first.wrong or first.unwritten or equal(self._points(last), full):
            return False
        for usable in (self._is_full, self._is_written):
            own = frozenset(name for name in first.spec.builds_on if usable(self.lab.question_of(name)))
            if own > last.own:
                break
        else:
            return False
        self._end_attempt()
        self.earlier.append(last)
        over_wrong = bool(self._not_right(own))
        # All share the question's time by the clock.
        self.running = QuestionRun(
            first.spec, own, Trace(first.spec.id), over_wrong=over_wrong, started=first.started
        )
        return True

    def _start_control(self) -> bool:
        """Whether the reference solution is run with the same wrong answers, to see which of the gain by them counts; if so, that has
        begun."""
        last, gain = self.attempt, self._gain()
        if self._points(last) <= self._points(gain.best) or not self.lab.has_reference(last.spec.id):
            return False
        if not (asked := gain.asked):
            return False
        self._end_attempt()
        self.earlier.append(last)
        self.running = QuestionRun(
            last.spec, last.own, Trace(last.spec.id), over_wrong=True, asked=asked, started=last.started
        )
        return True

    def _gain(self) -> gains.Gain:
        """What the attempt with answers that are not right has gained; there is one."""
        attempts = [*self.earlier, self.attempt]
        before = [attempt for attempt in attempts if not attempt.over_wrong]
        last = next(attempt for attempt in attempts if attempt.over_wrong)
        trained = {name for id, name in self.training if id == last.spec.id}
        return gains.Gain(before, max(before, key=self._rank), last, trained)

    def can_still_help(self, share: Share, test: str) -> bool:
        """Whether a test can still make the attempt with the student's own versions the better one.

        A model is trained again only if the other parts have shown that more is right than before, or if every
        training ended with an exception then.
        """
        if self.attempt.asked:
            return test in self.attempt.asked
        before = max(self.earlier, key=self._rank)
        best, reached = self._rank(self.attempt, best=True), self._rank(before)
        if best <= reached or (self.attempt.over_wrong and best[0] <= reached[0]):
            return False
        if (share.question, share.name) not in self.training:
            return True
        if test in self.earlier[0].errors and not any(attempt.ended(test) for attempt in self.earlier):
            return True
        return self._points(self.attempt, training=False) > self._points(before, training=False)

    def finish(self) -> None:
        """End the current question: its worker ends, the better attempt counts, and its mistake is named."""
        if self.running is None:
            return
        self._end_attempt()
        attempts = [*self.earlier, self.running]
        if attempts[-1].asked:
            control = attempts.pop()
            note = notes.on_taken_back(self._not_right(sorted(control.own)))
            self._gain().take_back(control, note)
        question = self._better(*(attempt for attempt in attempts if not attempt.over_wrong))
        if attempts[-1].over_wrong:
            question = self._or_over_wrong(question, attempts[0], attempts[-1])
        self.finished[question.id] = question
        self.running, self.earlier = None, []

    def _better(self, first: QuestionRun, last: QuestionRun | None = None) -> Question:
        """The question by the attempt with the references, or by the one with own versions that are right."""
        question = self._sum_up(first)
        if last is None:
            self._name_mistake(first, question)
            return question
        rank, over_references = self._rank(last), self._rank(first)
        if rank[0] <= over_references[0]:
            self._name_mistake(first, question)
        # A mistake that is recognised with the references is named, however many exceptions it caused there.
        if rank[0] > over_references[0] or (rank > over_references and not question.mistakes):
            question = self._sum_up(last)
            self._name_mistake(last, question)
            last = first
        question.second_grading = SecondGrading(sorted(last.own), self._parts(last))
        return question

    def _or_over_wrong(self, question: Question, first: QuestionRun, last: QuestionRun) -> Question:
        """The question by the attempt with own versions that are not all right, if that earns more; else as it is."""
        if self._points(last) > question.graded and not equal(self._points(last), question.graded):
            question = self._sum_up(last)
            self._name_mistake(last, question)
            last = first
        elif question.second_grading is not None:
            return question
        question.second_grading = SecondGrading(sorted(last.own), self._parts(last))
        return question

    def questions(self) -> list[Question]:
        """Every question of the lab; one that no test was run for has no parts."""
        self.finish()
        return [
            self.finished.get(id)
            or (
                Question(id, spec.title, spec.points, by_hand=spec.by_hand)
                if spec.by_hand
                else self._sum_up(QuestionRun(spec, frozenset(), Trace(id)))
            )
            for id, spec in self.lab.questions.items()
        ]

    def not_graded(self, question: str) -> list[str]:
        """The questions that this one builds on, if this run does not know whether they are right."""
        before = dict.fromkeys(map(self.lab.question_of, self.lab.questions[question].builds_on))
        return [id for id in before if id not in self.finished]

    def _in_shown_words(self, answer: dict[str, Any], test: str) -> dict[str, Any]:
        """The answer with its errors' messages as the student may see them; staff find the rest in the detail."""
        if error := answer.get("error"):
            text = f"{error['type']}: {error['message']} ({error['line']})\n{error['traceback']}"
            self.attempt.errors[test] = Raised(error["type"], text)
            return {"error": self.words.error(error)}
        if problem := answer.get("grad_error"):
            self.attempt.errors[test] = Raised("", problem)
            return answer | {"grad_error": self.words.message(problem)}
        return answer

    def _is_full(self, question: str) -> bool:
        found = self.finished.get(question)
        return found is not None and equal(found.earned, found.max_points)

    def _is_written(self, question: str) -> bool:
        found = self.finished.get(question)
        unwritten = (Kind.UNTOUCHED, Kind.NOT_DEFINED)
        return found is not None and any(part.passed or part.kind not in unwritten for part in found.parts)

    def _why_missing(self) -> Iterable[str]:
        """Which cells should have defined what a check did not find, and why they did not, as sentences; "" where none is known."""
        return dict.fromkeys(map(self.workers.why_missing, sorted(self.attempt.missing)))

    def _note_about_references(self, error: str) -> str:
        """Says which names in an exception are references to what is not right yet; "" for none. The exception is Python's or PyTorch's,
        which name what was missing only in their text."""
        mentioned = (
            name for name in self.attempt.spec.builds_on if re.search(rf"\b{re.escape(name)}\b", error)
        )
        return notes.on_references(
            self._not_right(name for name in mentioned if name not in self.attempt.own)
        )

    def _not_right(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Those of these names whose questions were graded and lost points, by question."""
        found: dict[str, list[str]] = {}
        for name in names:
            id = self.lab.question_of(name)
            if id in self.finished and not self._is_full(id):
                found.setdefault(id, []).append(name)
        return found

    def _rank(self, attempt: QuestionRun, best: bool = False) -> tuple[float, int]:
        """The key by which the better of two attempts is larger; with `best`, the largest it can still become."""
        shares = [share for share in self.shares.values() if share.question == attempt.spec.id]
        points = sum(share.points for share in shares if share.name not in attempt.wrong)
        return (round(points if best else self._points(attempt), 6), -attempt.stopped)

    def _points(self, attempt: QuestionRun, training: bool = True) -> float:
        """The points of an attempt; without `training`, only of the parts that train no model."""
        trained = {name for id, name in self.training if id == attempt.spec.id}
        parts = [part for part in self._parts(attempt) if training or part.name not in trained]
        return sum(part.points for part in parts)

    def _end_attempt(self) -> None:
        """What is done while an attempt's worker still runs, and then its end."""
        if self.attempt.asked:
            self._close_worker()
            return
        if self.messages and not self.time_up:
            self._report_unsteady()
        self._close_worker()
        self._charge_leftovers()

    def _report_unsteady(self) -> None:
        """Where equal calls get different answers, the messages say so instead of how the numbers differ."""
        running = self.attempt
        for verdicts in running.verdicts.values():
            wrong = next((v for v in verdicts if not v.passed), None)
            if wrong is not None and running.backend is not None:
                message = unsteady(running.trace, wrong.test, running.forks, running.backend)
                if message:
                    wrong.message, wrong.hint = message, ""

    def _charge_leftovers(self) -> None:
        """What calls left changed costs one part of the question, unless a check has already charged for it."""
        running = self.attempt
        tests = {test: self.share_of[test] for test in running.left if test in self.share_of}
        if any(
            verdict.kind is Kind.LEFT_CHANGED
            for verdicts in running.verdicts.values()
            for verdict in verdicts
        ):
            return
        id = running.spec.id
        points = {share.name: share.points for share in self.shares.values() if share.question == id}
        part = costs((share.name for share in tests.values()), points)
        test = next((test for test, share in tests.items() if share.name == part), None)
        if test is not None:
            name, kind = running.left[test][0]
            known = {name for spec in self.lab.questions.values() for name in spec.names}
            message = sentence(name if name in known else "", kind)
            self.verdict(tests[test], test, Verdict(Kind.LEFT_CHANGED, message))

    @property
    def time_up(self) -> bool:
        """Whether the time for the whole grading is up."""
        return time.monotonic() >= self.until

    def _close_worker(self) -> None:
        running = self.attempt
        backend, running.backend = running.backend, None  # forgotten even if closing fails
        if backend is not None:
            running.output += self.workers.close(backend)

    def _parts(self, attempt: QuestionRun) -> list[Part]:
        """The question's parts, with this attempt's results."""
        parts = []
        for share in self.shares.values():
            if share.question != attempt.spec.id:
                continue
            verdicts = attempt.verdicts.get(share.name, [])
            wrong = next((v for v in verdicts if not v.passed), None)
            passed = bool(verdicts) and wrong is None
            part = Part(share.name, share.points if passed else 0, share.points, None)
            if wrong is not None:
                part.kind, part.message, part.hint = wrong.kind, wrong.message, wrong.hint
                part.detail, part.raised = wrong.detail, wrong.raised
            elif not verdicts:
                part.kind, part.message = Kind.NOT_RUN, "This check was not run."
            if not passed and self.time_up and all(v.passed or v.time_up for v in verdicts):
                part.kind, part.message, part.hint = (
                    Kind.TIME_UP, "Time was up before this was graded to the end.", "",
                )  # fmt: skip
            parts.append(part)
        return parts

    def _sum_up(self, attempt: QuestionRun) -> Question:
        spec = attempt.spec
        return Question(
            spec.id,
            spec.title,
            spec.points,
            self._parts(attempt),
            own=sorted(attempt.own),
            output=attempt.output,
            seconds=round(time.monotonic() - attempt.started, 3),
            curve=attempt.curve,
        )

    def _name_mistake(self, attempt: QuestionRun, question: Question) -> None:
        if self.bank is None or attempt.lost or self.time_up:
            return
        # The bank's mistakes are replayed with the references, whatever the attempt was graded with: the student's own
        # versions that earned full points give the numbers that the contract fixes. A mistake in using something that
        # only they have gives other numbers, and stays without a name.
        chaffs = [chaff for chaff in self.bank.chaffs if chaff.question == question.id]
        found = None
        if not attempt.over_wrong:  # else the numbers are those of two mistakes
            found = identify(
                attempt.trace,
                chaffs,
                references_before(self.lab, question.id),
                self.lab.reference(question.id) if self.lab.has_reference(question.id) else None,
                compose if attempt.spec.pairs else None,
                self.lab.without(attempt.spec),
            )
        if not found and attempt.trace.failed and question.attempted:
            names = {name for spec in self.lab.questions.values() for name in spec.names}
            own = attempt.spec.names
            question.signature = signature(attempt.trace)
            question.code = own_code(self.workers.sources, own, names.difference(own))
        if found:
            question.mistakes = [Mistake(chaff.id, chaff.misconception, chaff.hint) for chaff in found]
            if found.full:
                share = math.prod(chaff.credit for chaff in found) * self.lab.settings.credit
                question.credit = round(share * question.max_points, 2)


class _Timed:
    """The backend a test sees: the grading's current worker."""

    def __init__(self, grading: Grading, test: str) -> None:
        self._grading, self._test = grading, test

    def request(self, request: dict[str, Any], replay: bool = True) -> dict[str, Any]:
        return self._grading.request(request, replay, self._test)
