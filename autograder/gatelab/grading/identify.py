"""Name the misconception: which chaff gives the numbers that the submission gave?

The calls of a question were recorded (testkit/trace.py). They are made again on each chaff of that question, here
in the examiner, since staff wrote the chaff. The chaff whose answers agree everywhere is the mistake that was
made. Nothing has to be stored, and every input of the hidden suite serves as a fingerprint.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from gatelab.lab.bank import Chaff, made_in, only_in_one
from gatelab.lab.policy import Withheld
from gatelab.sandbox.worker.withheld import withheld
from gatelab.testkit.local import LocalBackend
from gatelab.testkit.trace import Trace

TOLERANCE = {torch.float64: 1e-7, torch.float32: 1e-4}
# A name in an exception's message, and whether it is the type of an object: that is nobody's own choice.
QUOTED = re.compile(r"""(["'`])([^"'`]*)\1( object\b)?""")


FEW = 8  # pairs of mistakes that are simply tried


def answers(trace: Trace, backend: Callable[[], LocalBackend]) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """What some code answers to the calls that can be made again: (place in the trace, answer).

    Ends with None for an answer where the code cannot go on.
    """
    local: LocalBackend | None = None
    fork, forks = None, Counter[int]()
    for place, exchange in enumerate(trace.exchanges):
        forks[exchange.fork] += 1
        if not exchange.replay:
            continue
        try:
            if local is None or exchange.fork != fork:
                local, fork = backend(), exchange.fork
            local.runtime.count = forks[fork] - 1  # its random numbers are those of the call in the worker
            answer = local.request(exchange.request)
        except Exception:
            yield place, None  # a chaff (or a pair of them) that does not even load, or made no such object
            return
        yield place, answer


class Replay:
    """What some code answers to the calls of a trace, worked out as far as it is asked for, and once."""

    def __init__(self, trace: Trace, backend: Callable[[], LocalBackend]) -> None:
        self.trace = trace
        self._done: list[tuple[int, dict[str, Any] | None]] = []
        self._rest = answers(trace, backend)

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """(place in the trace, answer), as from `answers`."""
        for k in itertools.count():
            if k == len(self._done):
                try:
                    self._done.append(next(self._rest))
                except StopIteration:
                    return
            yield self._done[k]

    @functools.cached_property
    def differs(self) -> int | None:
        """The first place where it does not answer as the submission did, or cannot go on; None: it always does."""
        return next((place for place, answer in self if not _as_submitted(self.trace, place, answer)), None)

    def agrees_at(self, places: set[int]) -> bool:
        """Whether it answers as the submission did at these places of the trace."""
        agreed = set()
        for place, answer in self:
            if _as_submitted(self.trace, place, answer):
                agreed.add(place)
            elif place in places:
                return False
        return places <= agreed


def _as_submitted(trace: Trace, place: int, answer: dict[str, Any] | None) -> bool:
    exchange = trace.exchanges[place]
    return answer is not None and equal_answers(answer, exchange.answer, exchange.request)


def likely_pairs(
    trace: Trace, replays: list[Replay], reference: dict[int, dict[str, Any] | None]
) -> list[tuple[int, int]]:
    """Which two of some mistakes may have been made at once; all pairs would be too many to try.

    Each mistake answers for itself. Where the submission is right, neither of the two may show; where it is wrong, one
    of them must, and if only one does, it gives what the submission gave. `reference` holds the correct answers.
    """
    alive = list(itertools.combinations(range(len(replays)), 2))
    running = {k: iter(replay) for k, replay in enumerate(replays)}
    for place, correct in reference.items():
        if len(alive) <= FEW:
            break
        request = trace.exchanges[place].request
        right = _as_submitted(trace, place, correct)
        shows, gives = {}, {}
        for k in sorted({k for pair in alive for k in pair}):
            at, answer = next(running[k], (place, None))
            gives[k] = at == place and _as_submitted(trace, place, answer)
            shows[k] = (
                not gives[k]
                if right
                else answer is None or correct is None or not equal_answers(answer, correct, request)
            )
        alive = [
            (a, b)
            for a, b in alive
            if (shows[a] or shows[b]) != right and (right or (shows[a] and shows[b]) or gives[a] or gives[b])
        ]
    return alive


def functions(chaff: Chaff) -> set[str]:
    """Of what a chaff is made in, the functions; a class is called to make an object, whose methods are called then."""
    return {
        name
        for name in made_in(chaff)
        if re.search(rf"^def {re.escape(name)}\b", chaff.reference, re.MULTILINE)
    }


def called(trace: Trace) -> dict[int, str]:
    """The functions of the notebook that were called by name: place in the trace → name."""
    requests = {place: exchange.request for place, exchange in enumerate(trace.exchanges)}
    found = {
        place: request["arguments"].get("target")
        for place, request in requests.items()
        if request["op"] == "call"
    }
    return {place: str(name) for place, name in found.items() if isinstance(name, str)}


def drawn_at(trace: Trace, places: Iterable[int]) -> set[int]:
    """Those places where random numbers belong to the answer, by the driver's own word (`draws`, testkit/steady.py).

    How many are drawn is the student's business, so that two with the same mistake may answer differently there.
    """
    found = set()
    for place in places:
        request = trace.exchanges[place].request
        given = request["arguments"] if request["op"] == "run" else {}
        if "def draws(" in given.get("source", ""):
            driver: dict[str, Any] = {"__name__": "driver", "torch": torch}
            exec(compile(given["source"], "<grader>", "exec"), driver)
            if driver["draws"](**given["values"]):
                found.add(place)
    return found


def side_by_side(
    trace: Trace,
    chaffs: list[Chaff],
    replay: Callable[[str], Replay],
    correct: dict[int, dict[str, Any] | None],
) -> list[Chaff]:
    """Two mistakes, each in a definition of its own, that together give every wrong answer; `[]` where there are none.

    Each is replayed alone: where it shows, it must give what was submitted, and what it does not give the other one must.
    `correct` holds the right answers.
    """
    requests = {place: trace.exchanges[place].request for place in correct}
    wrong = {place for place, answer in correct.items() if not _as_submitted(trace, place, answer)}
    calls = called(trace)
    explained: list[tuple[Chaff, frozenset[str], set[int]]] = []
    for one in (half for chaff in chaffs for half in only_in_one(chaff) or (chaff,)):
        if len(where := made_in(one)) != 1:
            continue
        own = {place for place in correct if calls.get(place) in functions(one)}  # empty for a class
        shows = set()
        for place, answer in replay(one.source):
            right = correct.get(place)
            if place not in correct or (own and place not in own):
                continue
            if answer is not None and right is not None and equal_answers(answer, right, requests[place]):
                continue
            if not _as_submitted(trace, place, answer):
                break
            shows.add(place)
        else:
            explained += [(one, where, shows)] if shows else []
    for (a, in_a, shows_a), (b, in_b, shows_b) in itertools.combinations(explained, 2):
        if in_a != in_b and shows_a | shows_b == wrong:
            return [a, b]
    return []


def equal_answers(
    mine: dict[str, Any], theirs: dict[str, Any], request: dict[str, Any] | None = None
) -> bool:
    """Whether two answers to the same request say the same."""
    if bool(mine.get("error")) != bool(theirs.get("error")) or mine.get("left") != theirs.get("left"):
        return False
    if mine.get("error"):
        return _said(mine["error"], request) == _said(theirs["error"], request)
    # Which random numbers a new layer holds depends on the order of drawing; their shapes do not.
    loosely = request is not None and request["op"] == "state_dict"
    return all(
        _equal(mine.get(key), theirs.get(key), loosely) for key in ("value", "grads", "after")
    ) and bool(mine.get("grad_error")) == bool(theirs.get("grad_error"))


def _said(error: dict[str, str], request: dict[str, Any] | None) -> tuple[str, str]:
    """Type and message of an exception. Names that the request does not speak of are the writer's own: any will do."""
    asked = set(_texts(request))

    def anybodys(name: re.Match[str]) -> str:
        return name[0] if name[3] or name[2] in asked else '"…"'

    return error["type"], QUOTED.sub(anybodys, error["message"])


def _texts(value: Any) -> Iterator[str]:
    """The keys and texts in a nested value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _equal(a: Any, b: Any, loosely: bool) -> bool:
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        tolerance = TOLERANCE.get(a.dtype, 0.0)
        return loosely or torch.allclose(
            a.double(), b.double(), rtol=tolerance, atol=tolerance, equal_nan=True
        )
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key], loosely) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return (
            type(a) is type(b)
            and len(a) == len(b)
            and all(_equal(x, y, loosely) for x, y in zip(a, b, strict=True))
        )
    if isinstance(a, float) and isinstance(b, float):
        return a == b or abs(a - b) <= 1e-6 * max(abs(a), abs(b)) or (a != a and b != b)
    return type(a) is type(b) and a == b


class Mistakes(list[Chaff]):
    """The chaffs that name a mistake; `full` when every answer of the question is what they give."""

    def __init__(self, chaffs: Iterable[Chaff] = (), full: bool = False) -> None:
        super().__init__(chaffs)
        self.full = full


def identify(
    trace: Trace,
    chaffs: Iterable[Chaff],
    under: list[str],
    reference: str | None = None,
    compose: Callable[[Chaff, Chaff], Chaff | None] | None = None,
    without: Withheld | None = None,
) -> Mistakes:
    """The chaffs whose mistake a submission made: one, a pair made at once, or none (`[]`).

    Args:
        trace: what the submission answered in the question.
        chaffs: the question's chaffs (lab/bank.py).
        under: sources of the references that the question builds on.
        reference: the question's correct solution; where it answers the same, there is no mistake to name.
        compose: makes one chaff of two, or None where they do not fit together.
        without: what of the library the question does not allow.
    """
    if not trace.failed or not any(e.replay for e in trace.exchanges):
        return Mistakes()
    errors = {e.answer["error"]["type"] for e in trace.exchanges if e.answer.get("error")}
    if errors & {"NotDefined", "NotWritten"}:
        return Mistakes()  # nothing was written; that is said already
    # The library is withheld from all of the replays at once: at every call of every one it would cost more than they do.
    with withheld(without.says, without.operators) if without else contextlib.nullcontext():
        return _named(trace, list(chaffs), under, reference, compose)


def _named(
    trace: Trace,
    chaffs: list[Chaff],
    under: list[str],
    reference: str | None,
    compose: Callable[[Chaff, Chaff], Chaff | None] | None,
) -> Mistakes:
    def replay(source: str) -> Replay:
        return Replay(trace, lambda: LocalBackend([*under, source]))

    replayed = {place for place, exchange in enumerate(trace.exchanges) if exchange.replay}
    correct = {} if reference is None else dict(replay(reference))
    right = {place for place, answer in correct.items() if _as_submitted(trace, place, answer)}
    if right == replayed:
        return Mistakes()
    replays = [replay(chaff.source) for chaff in chaffs]
    for chaff, played in zip(chaffs, replays, strict=True):
        if played.differs is None:
            return Mistakes([chaff], full=True)
    # Made in one definition of several it shows at some calls, and at the others the answer is right.
    for chaff, played in zip(chaffs, replays, strict=True):
        for half in only_in_one(chaff) if played.differs in right else ():
            if replay(half.source).differs is None:
                return Mistakes([half], full=True)
    drawn = drawn_at(trace, replayed) if correct else set()
    # Where something else is wrong, too, that decides.
    judged = replayed - drawn if replayed - drawn - right else replayed
    if judged != replayed:
        for chaff, played in zip(chaffs, replays, strict=True):
            if played.differs in drawn and played.agrees_at(judged):
                return Mistakes([chaff], full=True)
    if correct:
        # A function that the student's other code does not use shows in the calls of its own name alone.
        calls, wrong = called(trace), judged - right
        for chaff, played in zip(chaffs, replays, strict=True):
            own = {place for place in judged if calls.get(place) in functions(chaff)}
            if wrong <= own and played.agrees_at(own):
                return Mistakes([chaff], full=True)
    # Not told by all answers, since some are free. What remains: those of the tests that failed, and those that are
    # right, for a mistake that would have shown there is another one.
    failed = {place for place in replayed if trace.exchanges[place].test in trace.failed}
    asked = (failed | right) & judged
    found = [chaff for chaff, played in zip(chaffs, replays, strict=True) if played.agrees_at(asked)]
    if len(found) == 1:
        return Mistakes(found)
    # Where every call fails there are no numbers to tell two mistakes by.
    numbers = any(not trace.exchanges[place].answer.get("error") for place in replayed)
    if not numbers:
        return Mistakes()
    correct = {place: answer for place, answer in correct.items() if place in judged}
    if correct and (two := side_by_side(trace, chaffs, replay, correct)):
        return Mistakes(two, full=True)
    if not compose:
        return Mistakes()
    pairs: Iterable[tuple[int, int]] = itertools.combinations(range(len(chaffs)), 2)
    if correct:
        pairs = likely_pairs(trace, replays, correct)
    for a, b in pairs:
        both = compose(chaffs[a], chaffs[b])
        if both is not None and replay(both.source).agrees_at(judged):
            return Mistakes([chaffs[a], chaffs[b]], full=True)
    return Mistakes()
