"""Runs a question's hidden suite on every mutant of its reference, and compares the survivors with the list of known ones.

Each mutant runs in a fork of this process, because it may loop forever, exhaust memory or end its process.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import resource
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, Protocol, TypeVar

from gatelab.audit import mutate
from gatelab.audit.bank_lists import Listed, equivalents
from gatelab.audit.mutate import Mutant, mutants
from gatelab.audit.without_wall_clock import GradingWithoutWallClock
from gatelab.grading.attempt import Share, Verdict
from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import WORKER_MEMORY
from gatelab.source_without_comments import without_comments

ENDLESS = "(never ends)"  # in place of a part


@dataclass
class MutationResult:
    """The results of the mutants of one question."""

    question: str
    stamp: str
    killed: dict[Mutant, str] = field(default_factory=dict)  # mutant → the part that killed it, or ENDLESS
    survived: list[Mutant] = field(default_factory=list)
    listed: tuple[Listed, ...] = ()

    @property
    def equivalent(self) -> list[tuple[Mutant, str]]:
        """The listed survivors, each with the reason."""
        why = {entry.name: entry.why for entry in self.listed}
        return [(mutant, why[mutant.name]) for mutant in self.survived if mutant.name in why]

    @property
    def faults(self) -> list[str]:
        """One sentence for each survivor that is not listed, and for each listed mutant that does not survive."""
        known = {entry.name for entry in self.listed}
        alive = {mutant.name for mutant in self.survived}
        return [
            f"{self.question} survives, and is not listed: {_mutant_name(mutant.name)} [{mutant.operator}]"
            for mutant in self.survived
            if mutant.name not in known
        ] + [
            f"{self.question} is listed as equivalent, but {how}: {_mutant_name(entry.name)}"
            for entry in self.listed
            if entry.name not in alive
            for how in [
                "is killed" if entry.name in {m.name for m in self.killed} else "there is no such mutant"
            ]
        ]


def run(
    lab: Lab,
    questions: list[str],
    jobs: int,
    seed: int,
    seconds: int,
    progress: Callable[[str], None] = lambda line: None,
) -> list[MutationResult]:
    """Run every mutant of these questions' references, `jobs` at once, each for at most `seconds` of CPU time."""
    import torch

    torch.set_num_threads(1)
    results = []
    for question in questions:
        reference = lab.reference(question)
        # In this process and not in a fork, so that every fork already has what the suite imports.
        lost = _first_lost(lab, question, reference, seed)
        if lost:
            raise LabError(f"the reference of {question} loses {lost} itself")
        found = MutationResult(question, stamp(lab, question), listed=equivalents(lab, question))
        judge = partial(_judge, lab, question, seed, seconds)
        for mutant, killer in outcomes(judge, list(mutants(reference)), jobs):
            if killer is None or killer:
                found.killed[mutant] = ENDLESS if killer is None else killer
            else:
                found.survived.append(mutant)
        found.survived.sort(key=lambda mutant: (mutant.line, mutant.name))
        progress(f"{question}: {len(found.killed)} killed, {len(found.survived)} survived")
        results.append(found)
    return results


def stamp(lab: Lab, question: str) -> str:
    """Eight digits that change whenever the code of the reference, its suite, the list or the mutator changes."""
    return sha256(code_of(lab, question) + repr(equivalents(lab, question)).encode()).hexdigest()[:8]


def code_of(lab: Lab, question: str) -> bytes:
    """The code that mutants are made from and graded by: reference, suite and mutator, without comments."""
    suites = sorted(lab.hidden.glob(f"test_{question}_*.py"))
    helpers = {
        name
        for path in suites
        for name in re.findall(r"^(?:from|import) (\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    files = [*suites, *sorted(lab.hidden / f"{name}.py" for name in helpers), Path(mutate.__file__)]
    code = [lab.reference(question), *(path.read_text("utf-8") for path in files if path.is_file())]
    return "".join(map(without_comments, code)).encode()


class _UntilLost(GradingWithoutWallClock):
    """A grading that reports the first part that is lost; the caller then ends the run."""

    def __init__(self, lab: Lab, seed: int, source: str, lost: Callable[[str], None]) -> None:
        super().__init__(lab, seed, LocalWorkers(lab, [source]), None)
        self._lost = lost

    def verdict(self, share: Share, test: str, verdict: Verdict) -> None:
        super().verdict(share, test, verdict)
        if not verdict.passed:
            self._lost(share.name)


def _first_lost(lab: Lab, question: str, source: str, seed: int) -> str:
    """The first part that this source fails, run in this process; "" if none."""
    lost: list[str] = []
    run_suites(lab, _UntilLost(lab, seed, source, lost.append), [question], training=False)
    return lost[0] if lost else ""


def _judge(lab: Lab, question: str, seed: int, seconds: int, source: str, line: Connection) -> None:
    """In a process of its own: send the first part that is lost, or "" if none is."""
    limit_this_process(seconds)

    def lost(part: str) -> None:
        line.send(part)
        os._exit(0)

    try:
        run_suites(lab, _UntilLost(lab, seed, source, lost), [question], training=False)
    except RuntimeError as error:
        line.send(error)
        raise
    lost("")


def limit_this_process(seconds: int) -> None:
    """Limit CPU time and memory of this process, and disconnect its standard streams."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (WORKER_MEMORY, WORKER_MEMORY))
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Judged(Protocol):
    """A mutant or another wrong solution."""

    @property
    def name(self) -> str | tuple[str, str, str]: ...

    @property
    def source(self) -> str: ...


J = TypeVar("J", bound=Judged)


def outcomes(
    judge: Callable[[str, Connection], None], waiting: list[J], jobs: int
) -> Iterator[tuple[J, Any]]:
    """Each mutant with what `judge` sent about it, as they finish; None if its limit stopped it."""
    context = multiprocessing.get_context("fork")
    waiting = waiting[::-1]
    running: dict[Connection, tuple[J, ForkProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                mutant = waiting.pop()
                near, far = context.Pipe(duplex=False)
                process = context.Process(target=_judge_ignoring_signals, args=(judge, mutant.source, far))
                with _signals_delayed():
                    process.start()
                    far.close()
                    running[near] = mutant, process
            for done in wait(list(running)):
                assert isinstance(done, Connection)
                mutant, process = running[done]
                sent = _result_of(done)
                process.join()
                del running[done]
                if isinstance(sent, RuntimeError):
                    raise sent
                if sent is None and process.exitcode not in (-signal.SIGXCPU, -signal.SIGKILL):
                    raise RuntimeError(f"exit code {process.exitcode} of {_mutant_name(mutant.name)}")
                yield mutant, sent
    finally:  # if this is stopped, the running processes are not waited for
        for _, process in running.values():
            process.kill()


@contextlib.contextmanager
def _signals_delayed() -> Iterator[None]:
    """Delay Ctrl-C and SIGTERM until the end of the `with`: an exception raised in the middle of a fork would be lost."""
    received: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: received.append(number)) for number in STOP_SIGNALS
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt


def _judge_ignoring_signals(judge: Callable[[str, Connection], None], source: str, far: Connection) -> None:
    """Judge in a process that ignores Ctrl-C: the command that started it receives Ctrl-C too, and ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    judge(source, far)


def _result_of(line: Connection) -> Any:
    """What the process sent; None if its limit stopped it."""
    with line, contextlib.suppress(EOFError):
        return line.recv()
    return None


def _mutant_name(name: str | tuple[str, str, str]) -> str:
    if isinstance(name, str):
        return name
    where, before, after = name
    return f"in {where}, `{before}` → `{after}`"
