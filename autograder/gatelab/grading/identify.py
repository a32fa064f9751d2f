"""Name the misconception: which chaff gives the same numbers as the submission?

The calls of a question were recorded (testkit/trace.py). They are repeated on each chaff of that question, here in the
examiner, since staff wrote the chaff. The chaff whose answers agree everywhere is the mistake that was made. Nothing has
to be stored, and every input of the hidden suite serves as a fingerprint.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable

from gatelab.grading.pairs import functions, likely_pairs, side_by_side
from gatelab.grading.replay import Replay, as_submitted, called, drawn_at
from gatelab.lab.bank import Chaff, only_in_one
from gatelab.lab.policy import Withheld
from gatelab.testkit.local import LocalBackend, out_of_reach
from gatelab.testkit.trace import Trace


class Mistakes(list[Chaff]):
    """The chaffs that name a mistake; `full` when they explain every answer of the question."""

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
        reference: the question's correct solution; where it gives the same answers, there is no mistake to name.
        compose: makes one chaff of two, or returns None where they cannot be combined.
        without: what the question does not allow of the library.
    """
    if not trace.failed or not any(e.replay for e in trace.exchanges):
        return Mistakes()
    errors = {e.answer["error"]["type"] for e in trace.exchanges if e.answer.get("error")}
    if errors & {"NotDefined", "NotWritten"}:
        return Mistakes()  # nothing was written; another message says so
    # The library is withheld once for all replays: to do it for every call would cost more than the replays.
    with out_of_reach(without):
        return _named(trace, list(chaffs), under, reference, compose)


def _named(
    trace: Trace,
    chaffs: list[Chaff],
    under: list[str],
    reference: str | None,
    compose: Callable[[Chaff, Chaff], Chaff | None] | None,
) -> Mistakes:
    def played_once(source: str) -> Replay:
        return Replay(trace, lambda: LocalBackend([*under, source]))

    replay = functools.cache(played_once)  # each mistake is examined in several ways below
    replayed = {place for place, exchange in enumerate(trace.exchanges) if exchange.replay}
    correct = {} if reference is None else dict(replay(reference))
    right = {place for place, answer in correct.items() if as_submitted(trace, place, answer)}
    if right == replayed:
        return Mistakes()
    replays = [replay(chaff.source) for chaff in chaffs]
    for chaff, played in zip(chaffs, replays, strict=True):
        if played.differs is None:
            return Mistakes([chaff], full=True)
    # Made in only one of several definitions, it shows in some calls, and the answers to the others are right.
    for chaff, played in zip(chaffs, replays, strict=True):
        for half in only_in_one(chaff) if played.differs in right else ():
            if replay(half.source).differs is None:
                return Mistakes([half], full=True)
    drawn = drawn_at(trace, replayed) if correct else set()
    # Where something else is wrong too, that decides.
    judged = replayed - drawn if replayed - drawn - right else replayed
    if judged != replayed:
        for chaff, played in zip(chaffs, replays, strict=True):
            if played.differs in drawn and played.agrees_at(judged):
                return Mistakes([chaff], full=True)
    if correct:
        # A function that the student's other code does not use shows only in calls of its own name.
        calls, wrong = called(trace), judged - right
        for chaff, played in zip(chaffs, replays, strict=True):
            names = functions(chaff)
            own = {place for place in judged if calls.get(place) in names}
            if wrong <= own and played.agrees_at(own):
                return Mistakes([chaff], full=True)
    # Not all answers decide, since some are free. What remains: those of the tests that failed, and those that are
    # right, since a mistake that would have shown there was not made.
    failed = {place for place in replayed if trace.exchanges[place].test in trace.failed}
    asked = (failed | right) & judged
    found = [chaff for chaff, played in zip(chaffs, replays, strict=True) if played.agrees_at(asked)]
    if len(found) == 1:
        return Mistakes(found)
    # Where every call fails, there are no numbers to tell two mistakes apart.
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
        if both is not None and played_once(both.source).agrees_at(judged):
            return Mistakes([chaffs[a], chaffs[b]], full=True)
    return Mistakes()
