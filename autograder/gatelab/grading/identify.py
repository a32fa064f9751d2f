"""Names the misconception: which chaff gives the same numbers as the submission?

The calls of a question were recorded (testkit/trace.py). They are repeated on each chaff of that question; that
happens in the examiner, because the chaffs are staff's code. If a chaff gives the same answers everywhere, it is the mistake
that was made. Nothing has to be stored, and every input of the hidden suite serves as a fingerprint.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator

from gatelab.grading.pairs import functions, likely_pairs, side_by_side
from gatelab.grading.replay import Replay, called_functions, matches_submission, random_places
from gatelab.lab.bank import Chaff, only_in_one
from gatelab.lab.policy import Withheld
from gatelab.testkit.local import LocalBackend, withholding
from gatelab.testkit.trace import Trace


class Mistakes(list[Chaff]):
    """The chaffs that name a mistake; `full` if they explain every answer of the question."""

    def __init__(self, chaffs: Iterable[Chaff] = (), full: bool = False) -> None:
        super().__init__(chaffs)
        self.full = full


def identify(
    trace: Trace,
    chaffs: Iterable[Chaff],
    references: list[str],
    reference: str | None = None,
    compose: Callable[[Chaff, Chaff], Chaff | None] | None = None,
    without: Withheld | None = None,
) -> Mistakes:
    """The chaffs whose mistake a submission made: one, a pair made at once, or none (`[]`).

    Args:
        trace: what the submission answered in the question.
        chaffs: the question's chaffs (lab/bank.py).
        references: sources of the references that the question builds on.
        reference: the question's correct solution; if it gives the same answers, there is no mistake to name.
        compose: combines two chaffs into one; returns None if that is not possible.
        without: the parts of the library that the question does not allow.
    """
    if not trace.failed or not any(e.replay for e in trace.exchanges):
        return Mistakes()
    errors = {e.answer["error"]["type"] for e in trace.exchanges if e.answer.get("error")}
    if errors & {"NotDefined", "NotWritten"}:
        return Mistakes()  # nothing was written; another message says so
    # The library is withheld once for all replays; doing it for every call would cost more than the replays.
    with withholding(without):
        return _find_mistakes(Evidence(trace, list(chaffs), references, reference), compose)


class Evidence:
    """The answers of a submission, of the reference and of each chaff to the same calls. Sets of numbers are positions in the trace."""

    def __init__(
        self, trace: Trace, chaffs: list[Chaff], references: list[str], reference: str | None
    ) -> None:
        self.trace, self.chaffs, self.references = trace, chaffs, references
        self._cache: dict[str, Replay] = {}
        self.replays = [self.replay(chaff.source) for chaff in chaffs]
        self.replayed = {place for place, exchange in enumerate(trace.exchanges) if exchange.replay}
        self.correct = {} if reference is None else dict(self.replay(reference))
        self.right = {
            place for place, answer in self.correct.items() if matches_submission(trace, place, answer)
        }

    def replay_uncached(self, source: str) -> Replay:
        """The answers of this code."""
        return Replay(self.trace, functools.partial(LocalBackend, [*self.references, source]))

    def replay(self, source: str) -> Replay:
        """The same, cached, because each mistake is examined in several ways."""
        if source not in self._cache:
            self._cache[source] = self.replay_uncached(source)
        return self._cache[source]

    def played(self) -> Iterator[tuple[Chaff, Replay]]:
        """Each chaff with its answers."""
        return zip(self.chaffs, self.replays, strict=True)

    @functools.cached_property
    def drawn(self) -> set[int]:
        """The places at which the answer depends on random numbers; empty without a reference to compare with."""
        return random_places(self.trace, self.replayed) if self.correct else set()

    @functools.cached_property
    def deciding(self) -> set[int]:
        """The places that decide. Answers that depend on random numbers count only if no other answer is wrong."""
        fixed = self.replayed - self.drawn
        return fixed if fixed - self.right else self.replayed


def _find_mistakes(evidence: Evidence, compose: Callable[[Chaff, Chaff], Chaff | None] | None) -> Mistakes:
    if evidence.right == evidence.replayed:
        return Mistakes()
    if (
        one := _explains_all(evidence)
        or _explains_all_but_draws(evidence)
        or _explains_its_own_calls(evidence)
    ):
        return Mistakes([one], full=True)
    found = _explain_failed_tests(evidence)
    if len(found) == 1:
        return Mistakes(found)
    # If every call fails, there are no numbers to tell two mistakes apart.
    if all(evidence.trace.exchanges[place].answer.get("error") for place in evidence.replayed):
        return Mistakes()
    two = _two_explain_all(evidence, compose)
    return Mistakes(two, full=bool(two))


def _explains_all(evidence: Evidence) -> Chaff | None:
    """The mistake that reproduces every answer of the submission."""
    for chaff, played in evidence.played():
        if played.differs is None:
            return chaff
    # A mistake made in only one of several definitions shows in some calls; the answers to the others are right.
    for chaff, played in evidence.played():
        for half in only_in_one(chaff) if played.differs in evidence.right else ():
            if evidence.replay(half.source).differs is None:
                return half
    return None


def _explains_all_but_draws(evidence: Evidence) -> Chaff | None:
    """The mistake that reproduces every answer except those that depend on random numbers, which two solutions may draw differently."""
    if evidence.deciding != evidence.replayed:
        for chaff, played in evidence.played():
            if played.differs in evidence.drawn and played.agrees_at(evidence.deciding):
                return chaff
    return None


def _explains_its_own_calls(evidence: Evidence) -> Chaff | None:
    """A mistake in a function that the student's other code does not use, so that it shows only in direct calls of the function."""
    if evidence.correct:
        calls, wrong = called_functions(evidence.trace), evidence.deciding - evidence.right
        for chaff, played in evidence.played():
            names = functions(chaff)
            own = {place for place in evidence.deciding if calls.get(place) in names}
            if wrong <= own and played.agrees_at(own):
                return chaff
    return None


def _explain_failed_tests(evidence: Evidence) -> list[Chaff]:
    """The mistakes that reproduce the answers in the failed tests. Other answers do not count, because some are up to the student;
    but right answers do, because a mistake that would show there was not made."""
    exchanges = evidence.trace.exchanges
    failed = {place for place in evidence.replayed if exchanges[place].test in evidence.trace.failed}
    asked = (failed | evidence.right) & evidence.deciding
    return [chaff for chaff, played in evidence.played() if played.agrees_at(asked)]


def _two_explain_all(
    evidence: Evidence, compose: Callable[[Chaff, Chaff], Chaff | None] | None
) -> list[Chaff]:
    """Two mistakes that together reproduce every answer; `[]` if there are none."""
    correct = {place: answer for place, answer in evidence.correct.items() if place in evidence.deciding}
    if correct and (two := side_by_side(evidence.trace, evidence.chaffs, evidence.replay, correct)):
        return two
    if not compose:
        return []
    pairs: Iterable[tuple[int, int]] = itertools.combinations(range(len(evidence.chaffs)), 2)
    if correct:
        pairs = likely_pairs(evidence.trace, evidence.replays, correct)
    for a, b in pairs:
        both = compose(evidence.chaffs[a], evidence.chaffs[b])
        if both is not None and evidence.replay_uncached(both.source).agrees_at(evidence.deciding):
            return [evidence.chaffs[a], evidence.chaffs[b]]
    return []
