"""Name the misconception: which chaff gives the numbers that the submission gave?

The calls of a question were recorded (suite/trace.py). They are made again on each chaff of that question, here
in the examiner, since staff wrote the chaff. The chaff whose answers agree everywhere is the mistake that was
made. Nothing has to be stored, and every input of the hidden suite serves as a fingerprint.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from gatelab.bank.load import Chaff
from gatelab.suite.local import LocalBackend
from gatelab.suite.trace import Trace

TOLERANCE = {torch.float64: 1e-7, torch.float32: 1e-4}
QUOTED = re.compile(r"""(["'`])([^"'`]*)\1""")  # a name in an exception's message


def agreements(trace: Trace, backend: Callable[[], LocalBackend]) -> Iterator[tuple[int, bool]]:
    """Whether some code answers as the submission did, call by call: (place in the trace, whether it does).

    Ends with a disagreement where the code cannot go on.
    """
    local, fork = None, None
    for place, exchange in enumerate(trace.exchanges):
        if not exchange.replay:
            continue
        try:
            if exchange.fork != fork:
                local, fork = backend(), exchange.fork
            answer = local.request(exchange.request)
        except Exception:
            yield place, False  # a chaff (or a pair of them) that does not even load, or made no such object
            return
        yield place, equal_answers(answer, exchange.answer, exchange.request)


def agrees(trace: Trace, backend: Callable[[], LocalBackend], places: set[int] | None = None) -> bool:
    """Whether a chaff answers as the submission did: to all calls, or to those at `places` of the trace."""
    agreed = set()
    for place, same in agreements(trace, backend):
        if same:
            agreed.add(place)
        elif places is None or place in places:
            return False
    return places is None or places <= agreed


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
    return error["type"], QUOTED.sub(lambda name: name[0] if name[2] in asked else '"…"', error["message"])


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


def identify(
    trace: Trace,
    chaffs: Iterable[Chaff],
    under: list[str],
    reference: str | None = None,
    compose: Callable[[Chaff, Chaff], Chaff | None] | None = None,
    library: bool = True,
) -> list[Chaff]:
    """The chaffs whose mistake a submission made: one, a pair made at once, or none (`[]`).

    Args:
        trace: what the submission answered in the question.
        chaffs: the question's chaffs (bank/load.py).
        under: sources of the references that the question builds on.
        reference: the question's correct solution; where it answers the same, there is no mistake to name.
        compose: makes one chaff of two, or None where they do not fit together.
        library: whether the question allows PyTorch's own LSTM and GRU.
    """
    if not trace.failed or not any(e.replay for e in trace.exchanges):
        return []
    errors = {e.answer["error"]["type"] for e in trace.exchanges if e.answer.get("error")}
    if errors & {"NotDefined", "NotImplementedError"}:
        return []  # nothing was written; that is said already
    chaffs = list(chaffs)

    def backend(source: str) -> Callable[[], LocalBackend]:
        return lambda: LocalBackend([*under, source], library)

    replayed = {place for place, exchange in enumerate(trace.exchanges) if exchange.replay}
    right = set() if reference is None else {at for at, same in agreements(trace, backend(reference)) if same}
    if right == replayed:
        return []
    found = [chaff for chaff in chaffs if agrees(trace, backend(chaff.source))]
    if found:
        return found[:1]
    # Not told by all answers, since some are free. What remains: those of the tests that failed, and those that are
    # right, for a mistake that would have shown there is another one.
    failed = {place for place in replayed if trace.exchanges[place].test in trace.failed}
    found = [chaff for chaff in chaffs if agrees(trace, backend(chaff.source), failed | right)]
    if len(found) == 1:
        return found
    # Where every call fails there are no numbers to tell two mistakes by.
    numbers = any(not trace.exchanges[place].answer.get("error") for place in replayed)
    for a, b in itertools.combinations(chaffs, 2) if compose and numbers else ():
        both = compose(a, b)
        if both is not None and agrees(trace, backend(both.source)):
            return [a, b]
    return []
