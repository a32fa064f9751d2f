"""Repeats the recorded calls of a submission on code that staff wrote.

The public checks recognise a mistake by stored fingerprints, because students get no wrong code to run. Here the wrong code is run on
the inputs that were actually drawn, and compared call by call, states included. So a new chaff in the bank needs no recording.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from gatelab.grading.alike import equal_answers
from gatelab.testkit.local import LocalBackend
from gatelab.testkit.trace import Trace


class Replay:
    """The answers of some code to the calls of a trace, computed once and only as far as needed."""

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
        """The first place where its answer differs from the submission's or it cannot continue; None if all answers are the same."""
        return next(
            (place for place, answer in self if not matches_submission(self.trace, place, answer)), None
        )

    def agrees_at(self, places: set[int]) -> bool:
        """Whether its answers at these places of the trace are the submission's."""
        agreed = set()
        for place, answer in self:
            if matches_submission(self.trace, place, answer):
                agreed.add(place)
            elif place in places:
                return False
        return places <= agreed


def answers(trace: Trace, backend: Callable[[], LocalBackend]) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """The answers of some code to the calls that can be repeated: (place in the trace, answer).

    If the code cannot continue, the last answer is None.
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
            local.runtime.count = forks[fork] - 1  # the same random numbers as for the call in the worker
            answer = local.request(exchange.request)
        except Exception:
            yield place, None  # a chaff (or a pair) that does not even load, or did not create the object
            return
        yield place, answer


def matches_submission(trace: Trace, place: int, answer: dict[str, Any] | None) -> bool:
    """Whether an answer at this place of the trace is the submission's. None: the code could not continue."""
    exchange = trace.exchanges[place]
    return answer is not None and equal_answers(answer, exchange.answer, exchange.request)


def called_functions(trace: Trace) -> dict[int, str]:
    """The notebook's functions that were called by name: place in the trace → name."""
    requests = {place: exchange.request for place, exchange in enumerate(trace.exchanges)}
    found = {
        place: request["arguments"].get("target")
        for place, request in requests.items()
        if request["op"] == "call"
    }
    return {place: str(name) for place, name in found.items() if isinstance(name, str)}


def random_places(trace: Trace, places: Iterable[int]) -> set[int]:
    """The places where the answer depends on random numbers, according to the driver (`draws`, testkit/steady.py).

    Students may draw as many as they like, so two submissions with the same mistake may differ there.
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
