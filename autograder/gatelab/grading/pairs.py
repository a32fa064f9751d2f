"""Finds two mistakes that were made at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from gatelab.grading.alike import equal_answers
from gatelab.grading.replay import Replay, called_functions, matches_submission
from gatelab.lab.bank import Chaff, made_in, only_in_one
from gatelab.testkit.trace import Trace

FEW = 8  # up to this many pairs of mistakes are all tried


def likely_pairs(
    trace: Trace, replays: list[Replay], reference: dict[int, dict[str, Any] | None]
) -> list[tuple[int, int]]:
    """The pairs of these mistakes that may have been made at once; there are too many pairs to try them all.

    Each mistake is replayed alone. Where the submission is right, neither of the two may show. Where it is wrong, at least one
    must show, and if it is only one, its answer must be the submission's. Within one function two mistakes may interact, and
    then this last condition fails; the few such pairs that explain the most come last. `reference`: the correct answers.
    """
    candidates = list(itertools.combinations(range(len(replays)), 2))
    # Pair → number of places where one of the two explains a wrong answer.
    interacting: dict[tuple[int, int], int] = {}
    running = {k: iter(replay) for k, replay in enumerate(replays)}
    for place, correct in reference.items():
        narrowed = len(candidates) <= FEW
        if narrowed and len(interacting) <= FEW:
            break
        request = trace.exchanges[place].request
        right = matches_submission(trace, place, correct)
        shows, gives = {}, {}
        for k in sorted({k for pair in (*(() if narrowed else candidates), *interacting) for k in pair}):
            at, answer = next(running[k], (place, None))
            gives[k] = at == place and matches_submission(trace, place, answer)
            shows[k] = (
                not gives[k]
                if right
                else answer is None or correct is None or not equal_answers(answer, correct, request)
            )
        for (a, b), n in list(interacting.items()):
            if (shows[a] or shows[b]) == right:
                del interacting[a, b]
            else:
                interacting[a, b] = n + (not right and (gives[a] or gives[b]))
        if not narrowed:
            possible = [(a, b) for a, b in candidates if (shows[a] or shows[b]) != right]
            candidates = [
                (a, b) for a, b in possible if right or (shows[a] and shows[b]) or gives[a] or gives[b]
            ]
            interacting |= dict.fromkeys(set(possible) - set(candidates), 0)
    return candidates + sorted(interacting, key=lambda pair: (-interacting[pair], pair))[:FEW]


def side_by_side(
    trace: Trace,
    chaffs: list[Chaff],
    replay: Callable[[str], Replay],
    correct: dict[int, dict[str, Any] | None],
) -> list[Chaff]:
    """Two mistakes, in different definitions, that together explain every wrong answer; `[]` if there are none.

    Each is replayed alone. Where it shows, its answer must be the submission's, and the other one must explain the rest.
    `correct`: the right answers.
    """
    requests = {place: trace.exchanges[place].request for place in correct}
    wrong = {place for place, answer in correct.items() if not matches_submission(trace, place, answer)}
    calls = called_functions(trace)
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
            if not matches_submission(trace, place, answer):
                break
            shows.add(place)
        else:
            explained += [(one, where, shows)] if shows else []
    for (a, in_a, shows_a), (b, in_b, shows_b) in itertools.combinations(explained, 2):
        if in_a != in_b and shows_a | shows_b == wrong:
            return [a, b]
    return []


def functions(chaff: Chaff) -> set[str]:
    """The functions among the definitions that a chaff edits; classes are not included, because their methods are called on objects."""
    return {
        name
        for name in made_in(chaff)
        if re.search(rf"^def {re.escape(name)}\b", chaff.reference, re.MULTILINE)
    }
