"""Two mistakes made at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from gatelab.grading.alike import equal_answers
from gatelab.grading.replay import Replay, as_submitted, called
from gatelab.lab.bank import Chaff, made_in, only_in_one
from gatelab.testkit.trace import Trace

FEW = 8  # up to this many pairs of mistakes are all tried


def likely_pairs(
    trace: Trace, replays: list[Replay], reference: dict[int, dict[str, Any] | None]
) -> list[tuple[int, int]]:
    """Which pairs of these mistakes may have been made at once; all pairs would be too many to try.

    Each mistake is replayed alone. Where the submission is right, neither of the two may show; where it is wrong, one of
    them must, and if only one does, its answer must be the submission's. Within one function two mistakes may interact, so
    that this last condition fails: the few of those pairs that explain the most come last. `reference` holds the correct
    answers.
    """
    alive = list(itertools.combinations(range(len(replays)), 2))
    # Pair → number of places where one of the two explains a wrong answer.
    meddling: dict[tuple[int, int], int] = {}
    running = {k: iter(replay) for k, replay in enumerate(replays)}
    for place, correct in reference.items():
        narrowed = len(alive) <= FEW
        if narrowed and len(meddling) <= FEW:
            break
        request = trace.exchanges[place].request
        right = as_submitted(trace, place, correct)
        shows, gives = {}, {}
        for k in sorted({k for pair in (*(() if narrowed else alive), *meddling) for k in pair}):
            at, answer = next(running[k], (place, None))
            gives[k] = at == place and as_submitted(trace, place, answer)
            shows[k] = (
                not gives[k]
                if right
                else answer is None or correct is None or not equal_answers(answer, correct, request)
            )
        for (a, b), n in list(meddling.items()):
            if (shows[a] or shows[b]) == right:
                del meddling[a, b]
            else:
                meddling[a, b] = n + (not right and (gives[a] or gives[b]))
        if not narrowed:
            possible = [(a, b) for a, b in alive if (shows[a] or shows[b]) != right]
            alive = [(a, b) for a, b in possible if right or (shows[a] and shows[b]) or gives[a] or gives[b]]
            meddling |= dict.fromkeys(set(possible) - set(alive), 0)
    return alive + sorted(meddling, key=lambda pair: (-meddling[pair], pair))[:FEW]


def side_by_side(
    trace: Trace,
    chaffs: list[Chaff],
    replay: Callable[[str], Replay],
    correct: dict[int, dict[str, Any] | None],
) -> list[Chaff]:
    """Two mistakes, in different definitions, that together explain every wrong answer; `[]` where there are none.

    Each is replayed alone: where it shows, its answer must be the submission's, and what it does not explain the other one
    must. `correct` holds the right answers.
    """
    requests = {place: trace.exchanges[place].request for place in correct}
    wrong = {place for place, answer in correct.items() if not as_submitted(trace, place, answer)}
    calls = called(trace)
    explained: list[tuple[Chaff, frozenset[str], set[int]]] = []
    for one in (half for chaff in chaffs for half in only_in_one(chaff) or (chaff,)):
        if len(where := made_in(one)) != 1:
            continue
        names = functions(one)
        own = {place for place in correct if calls.get(place) in names}  # empty for a class
        shows = set()
        for place, answer in replay(one.source):
            right = correct.get(place)
            if place not in correct or (own and place not in own):
                continue
            if answer is not None and right is not None and equal_answers(answer, right, requests[place]):
                continue
            if not as_submitted(trace, place, answer):
                break
            shows.add(place)
        else:
            explained += [(one, where, shows)] if shows else []
    for (a, in_a, shows_a), (b, in_b, shows_b) in itertools.combinations(explained, 2):
        if in_a != in_b and shows_a | shows_b == wrong:
            return [a, b]
    return []


def functions(chaff: Chaff) -> set[str]:
    """The functions among the definitions that a chaff edits; a class is called to make an object, whose methods are then called."""
    return {
        name
        for name in made_in(chaff)
        if re.search(rf"^def {re.escape(name)}\b", chaff.reference, re.MULTILINE)
    }
