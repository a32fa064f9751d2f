"""Name the misconception: which chaff gives the same numbers as the submission?

The calls of a question were recorded (testkit/trace.py). They are repeated on each chaff of that question, here in the
examiner, since staff wrote the chaff. The chaff whose answers agree everywhere is the mistake that was made. Nothing has
to be stored, and every input of the hidden suite serves as a fingerprint.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator

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
        return _named(Evidence(trace, list(chaffs), under, reference), compose)


class Evidence:
    """The answers of a submission, of the reference and of each chaff to the same calls. Sets of numbers are places in the trace."""

    def __init__(self, trace: Trace, chaffs: list[Chaff], under: list[str], reference: str | None) -> None:
        self.trace, self.chaffs, self.under = trace, chaffs, under
        self._played: dict[str, Replay] = {}
        self.replays = [self.replay(chaff.source) for chaff in chaffs]
        self.replayed = {place for place, exchange in enumerate(trace.exchanges) if exchange.replay}
        self.correct = {} if reference is None else dict(self.replay(reference))
        self.right = {place for place, answer in self.correct.items() if as_submitted(trace, place, answer)}

    def played_once(self, source: str) -> Replay:
        """The answers of this code."""
        return Replay(self.trace, functools.partial(LocalBackend, [*self.under, source]))

    def replay(self, source: str) -> Replay:
        """The same, kept: each mistake is examined in several ways."""
        if source not in self._played:
            self._played[source] = self.played_once(source)
        return self._played[source]

    def played(self) -> Iterator[tuple[Chaff, Replay]]:
        """Each chaff with its answers."""
        return zip(self.chaffs, self.replays, strict=True)

    @functools.cached_property
    def drawn(self) -> set[int]:
        """Where the answer depends on random numbers, if there is a reference to judge by."""
        return drawn_at(self.trace, self.replayed) if self.correct else set()

    @functools.cached_property
    def judged(self) -> set[int]:
        """The places that decide. If something else is wrong too, that takes precedence over what is drawn at random."""
        fixed = self.replayed - self.drawn
        return fixed if fixed - self.right else self.replayed


def _named(seen: Evidence, compose: Callable[[Chaff, Chaff], Chaff | None] | None) -> Mistakes:
    if seen.right == seen.replayed:
        return Mistakes()
    if one := _explains_all(seen) or _explains_all_but_draws(seen) or _explains_its_own_calls(seen):
        return Mistakes([one], full=True)
    found = _explain_failed_tests(seen)
    if len(found) == 1:
        return Mistakes(found)
    # Where every call fails, there are no numbers to tell two mistakes apart.
    if all(seen.trace.exchanges[place].answer.get("error") for place in seen.replayed):
        return Mistakes()
    two = _two_explain_all(seen, compose)
    return Mistakes(two, full=bool(two))


def _explains_all(seen: Evidence) -> Chaff | None:
    """The mistake that gives every answer of the submission."""
    for chaff, played in seen.played():
        if played.differs is None:
            return chaff
    # Made in only one of several definitions, it shows in some calls, and the answers to the others are right.
    for chaff, played in seen.played():
        for half in only_in_one(chaff) if played.differs in seen.right else ():
            if seen.replay(half.source).differs is None:
                return half
    return None


def _explains_all_but_draws(seen: Evidence) -> Chaff | None:
    """The mistake that gives every answer but those that depend on random numbers, of which two solutions may draw different ones."""
    if seen.judged != seen.replayed:
        for chaff, played in seen.played():
            if played.differs in seen.drawn and played.agrees_at(seen.judged):
                return chaff
    return None


def _explains_its_own_calls(seen: Evidence) -> Chaff | None:
    """The mistake in a function that the student's other code does not use, and that shows only in calls of its own name."""
    if seen.correct:
        calls, wrong = called(seen.trace), seen.judged - seen.right
        for chaff, played in seen.played():
            names = functions(chaff)
            own = {place for place in seen.judged if calls.get(place) in names}
            if wrong <= own and played.agrees_at(own):
                return chaff
    return None


def _explain_failed_tests(seen: Evidence) -> list[Chaff]:
    """The mistakes that give the answers of the tests that failed. The other answers do not decide, since some are free; but those that
    are right do, since a mistake that would have shown there was not made."""
    exchanges = seen.trace.exchanges
    failed = {place for place in seen.replayed if exchanges[place].test in seen.trace.failed}
    asked = (failed | seen.right) & seen.judged
    return [chaff for chaff, played in seen.played() if played.agrees_at(asked)]


def _two_explain_all(seen: Evidence, compose: Callable[[Chaff, Chaff], Chaff | None] | None) -> list[Chaff]:
    """Two mistakes that together give every answer; `[]` where there are none."""
    correct = {place: answer for place, answer in seen.correct.items() if place in seen.judged}
    if correct and (two := side_by_side(seen.trace, seen.chaffs, seen.replay, correct)):
        return two
    if not compose:
        return []
    pairs: Iterable[tuple[int, int]] = itertools.combinations(range(len(seen.chaffs)), 2)
    if correct:
        pairs = likely_pairs(seen.trace, seen.replays, correct)
    for a, b in pairs:
        both = compose(seen.chaffs[a], seen.chaffs[b])
        if both is not None and seen.played_once(both.source).agrees_at(seen.judged):
            return [seen.chaffs[a], seen.chaffs[b]]
    return []
