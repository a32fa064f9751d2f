"""The grading that one pytest run does: verdicts by part, workers by question, the diagnosis at the end."""

from __future__ import annotations

import ast
import math
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from gatelab.bank.load import Bank, compose
from gatelab.diagnosis.identify import identify
from gatelab.diagnosis.signature import own_code, signature
from gatelab.lab import Lab, QuestionSpec
from gatelab.report.model import Part, Question

from .leftovers import costs, sentence
from .student import Backend, Student, WorkerLost
from .trace import Recording, Trace
from .words import Words

MAX_FORKS = 3  # workers that one question may use up


class Workers(Protocol):
    """Where the workers of a submission come from (LocalWorkers here, ConfinedWorkers in examiner/)."""

    sources: dict[int, str]  # the submission's code by cell, as it was handed in

    def open(self, question: QuestionSpec, own: set[str], deadline: float) -> Backend:
        """A fresh fork of the loaded notebook for this question, to be used until `deadline` (time.monotonic).

        `own` names what stays the student's although the question builds on it. Raises WorkerLost.
        """
        ...

    def close(self, backend: Backend) -> str:
        """End a worker and return what it printed."""
        ...


@dataclass(frozen=True)
class Share:
    """A part as its test function declares it."""

    question: str
    name: str
    points: float


@dataclass
class Verdict:
    """One test run: a part may have many."""

    passed: bool
    message: str = ""
    detail: str = ""
    left_changed: bool = False  # what is wrong is what a call left changed


@dataclass
class Running:
    """The question that is being graded."""

    spec: QuestionSpec
    trace: Trace
    backend: Backend | None = None
    forks: int = 0
    started: float = field(default_factory=time.monotonic)
    errors: dict[str, str] = field(default_factory=dict)  # test → its last exception, in the worker's words
    left: dict[str, list[tuple[str, str]]] = field(
        default_factory=dict
    )  # test → (function, what it left changed)
    output: str = ""
    lost: bool = False


class Grading:
    """Collects the verdicts of a run. `questions()` gives the finished questions, in the order of the lab."""

    def __init__(self, lab: Lab, seed: int, workers: Workers, bank: Bank | None) -> None:
        self.lab, self.seed, self.workers, self.bank = lab, seed, workers, bank
        self.shares: dict[tuple[str, str], Share] = {}
        self.verdicts: dict[tuple[str, str], list[Verdict]] = {}
        self.share_of: dict[str, Share] = {}
        self.finished: dict[str, Question] = {}
        self.running: Running | None = None
        names = (name for spec in lab.questions.values() for name in spec.names)
        self.words = Words(workers.sources, names)

    # The order of a test: enter → (the test runs) → verdict; finish after the last.

    def enter(self, question: str, test: str) -> Student:
        """The student for one test: the question's worker, or a fresh one where the last was lost."""
        if self.running is None or self.running.spec.id != question:
            self.finish()
            self.running = Running(self.lab.questions[question], Trace(question))
            self.words.given |= self._gives(question)
        return Student(_Timed(self, test), self.words)

    def request(self, request: dict[str, Any], replay: bool, test: str) -> dict[str, Any]:
        """Pass a request to the question's worker, within the question's time."""
        running = self.running
        deadline = running.started + running.spec.seconds
        if time.monotonic() > deadline:
            raise WorkerLost(
                f"The time for this question ({running.spec.seconds:g} s) was used up before this check."
            )
        try:
            if running.backend is None:
                if running.forks >= MAX_FORKS:
                    raise WorkerLost(
                        f"Your code brought its process down {MAX_FORKS} times; this check was not run."
                    )
                running.forks += 1
                running.backend = self.workers.open(running.spec, self._own(running.spec), deadline)
            self.words.given |= request["op"] in ("define", "run")
            recording = Recording(running.backend, running.trace, test, running.forks)
            answer = recording.request(request, replay)
            if answer.get("left"):
                running.left.setdefault(test, []).extend(answer["left"])
            return self._in_shown_words(answer, test)
        except WorkerLost:
            self._close_worker()
            running.lost = True
            raise

    def verdict(self, share: Share, test: str, verdict: Verdict) -> None:
        self.verdicts.setdefault((share.question, share.name), []).append(verdict)
        self.share_of[test] = share
        if self.running and not verdict.passed:
            self.running.trace.failed.add(test)
            if test in self.running.errors:
                verdict.detail += f"\nThe worker's last exception:\n{self.running.errors[test]}"

    def finish(self) -> None:
        """End the question that is being graded: its worker goes, its mistake gets a name."""
        running = self.running
        if running is None:
            return
        self._close_worker()
        self._charge_leftovers(running)
        question = self._sum_up(running)
        if self.bank is not None and not running.lost:
            self._name_mistake(running, question)
        self.finished[question.id] = question
        self.running = None

    def questions(self) -> list[Question]:
        """Every question of the lab; one that no test was run for has no parts."""
        self.finish()
        return [
            self.finished.get(id)
            or (
                Question(id, spec.title, spec.points, by_hand=spec.by_hand)
                if spec.by_hand
                else self._sum_up(Running(spec, Trace(id)))
            )
            for id, spec in self.lab.questions.items()
        ]

    def _gives(self, question: str) -> bool:
        """Whether reference code has been given by now: what one question keeps (in a file), a later one may say."""
        ids = list(self.lab.questions)
        specs = (self.lab.questions[id] for id in ids[: ids.index(question) + 1])
        return any(spec.builds_on or spec.own_if for spec in specs)

    def _in_shown_words(self, answer: dict[str, Any], test: str) -> dict[str, Any]:
        """The answer with the words of its errors as the student may see them; staff find the others in the detail."""
        if error := answer.get("error"):
            self.running.errors[test] = (
                f"{error['type']}: {error['message']} ({error['line']})\n{error['traceback']}"
            )
            return {"error": self.words.error(error)}
        if problem := answer.get("grad_error"):
            self.running.errors[test] = problem
            return answer | {"grad_error": self.words.message(problem)}
        return answer

    def _own(self, spec: QuestionSpec) -> set[str]:
        """Names that stay the student's: the questions they belong to are finished and full."""
        full = {id for id, q in self.finished.items() if abs(q.earned - q.max_points) < 1e-9}
        return {name for name, ids in spec.own_if.items() if full.issuperset(ids)}

    def _charge_leftovers(self, running: Running) -> None:
        """What calls left changed costs one part of the question, unless a check has found and charged it itself."""
        tests = {test: self.share_of[test] for test in running.left if test in self.share_of}
        own = (v for key, verdicts in self.verdicts.items() if key[0] == running.spec.id for v in verdicts)
        if any(verdict.left_changed for verdict in own):
            return
        points = {name: share.points for (id, name), share in self.shares.items() if id == running.spec.id}
        part = costs((share.name for share in tests.values()), points)
        test = next((test for test, share in tests.items() if share.name == part), None)
        if test is not None:
            name, kind = running.left[test][0]
            known = {name for spec in self.lab.questions.values() for name in spec.names}
            told = sentence(name if name in known else "", kind)
            self.verdict(tests[test], test, Verdict(False, told, left_changed=True))

    def _close_worker(self) -> None:
        running = self.running
        backend, running.backend = running.backend, None  # gone even when the closing fails
        if backend is not None:
            running.output += self.workers.close(backend)

    def _sum_up(self, running: Running) -> Question:
        spec = running.spec
        question = Question(
            spec.id,
            spec.title,
            spec.points,
            output=running.output,
            seconds=round(time.monotonic() - running.started, 3),
        )
        for key, share in self.shares.items():
            if share.question != spec.id:
                continue
            verdicts = self.verdicts.get(key, [])
            wrong = next((v for v in verdicts if not v.passed), None)
            passed = bool(verdicts) and wrong is None
            question.parts.append(
                Part(
                    share.name,
                    share.points if passed else 0,
                    share.points,
                    passed,
                    wrong.message if wrong else "" if verdicts else "This check was not run.",
                    wrong.detail if wrong else "",
                )
            )
        return question

    def _name_mistake(self, running: Running, question: Question) -> None:
        chaffs = [chaff for chaff in self.bank.chaffs if chaff.question == question.id]
        found = identify(
            running.trace,
            chaffs,
            references_before(self.lab, question.id),
            self.lab.reference(question.id) if self.lab.has_reference(question.id) else None,
            compose if running.spec.pairs else None,
            running.spec.library,
        )
        if not found and running.trace.failed and question.begun:
            names = {name for spec in self.lab.questions.values() for name in spec.names}
            own = running.spec.names
            question.signature = signature(running.trace)
            question.code = own_code(self.workers.sources, own, names.difference(own))
        if found:
            question.misconception = "+".join(chaff.id for chaff in found)
            if found.full:
                share = math.prod(chaff.credit for chaff in found) * self.lab.credit
                question.credit = round(share * question.max_points, 2)
            question.note = " And: ".join(f"{chaff.misconception} Hint: {chaff.hint}" for chaff in found)


def references_before(lab: Lab, question: str) -> list[str]:
    """Sources of the reference solutions of all questions before this one (what it may build on)."""
    sources = []
    for id in lab.questions:
        if id == question:
            break
        if lab.has_reference(id):
            sources.append(lab.reference(id))
    return sources


def injection(lab: Lab, question: QuestionSpec, own: set[str]) -> dict[str, Any] | None:
    """The request that puts into the notebook what the question builds on, and no reference that this does not use."""
    names = list(dict.fromkeys(name for name in (*question.builds_on, *question.own_if) if name not in own))
    if not names:
        return None
    needed: set[str] = set()
    todo = {lab.question_of(name) for name in names}
    while todo:
        needed |= todo
        used = set().union(*(_names_used(lab.reference(id)) for id in todo))
        todo = {id for id, spec in lab.questions.items() if used.intersection(spec.names)} - needed
    sources = [lab.reference(id) for id in lab.questions if id in needed]
    return {"op": "inject", "arguments": {"sources": sources, "names": names}}


@lru_cache(maxsize=64)
def _names_used(source: str) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name))


class _Timed:
    """The backend a test sees: the grading's current worker."""

    def __init__(self, grading: Grading, test: str) -> None:
        self._grading, self._test = grading, test

    def request(self, request: dict[str, Any], replay: bool = True) -> dict[str, Any]:
        return self._grading.request(request, replay, self._test)
