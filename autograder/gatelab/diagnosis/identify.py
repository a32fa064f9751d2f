"""Name the misconception: which chaff gives the numbers that the submission gave?

The calls of a question were recorded (suite/trace.py). They are made again on each chaff of that question, here
in the examiner, since staff wrote the chaff. The chaff whose answers agree everywhere is the mistake that was
made. Nothing has to be stored, and every input of the hidden suite serves as a fingerprint.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import torch

from gatelab.bank.load import Chaff
from gatelab.suite.local import LocalBackend
from gatelab.suite.trace import Trace

TOLERANCE = {torch.float64: 1e-7, torch.float32: 1e-4}


def agrees(trace: Trace, backend: Callable[[], LocalBackend], tests: set[str] | None = None) -> bool:
    """Whether a chaff answers as the submission did: on all calls, or on those of `tests` only."""
    local, fork = None, None
    for exchange in trace.exchanges:
        if not exchange.replay:
            continue
        if exchange.fork != fork:
            try:
                local, fork = backend(), exchange.fork
            except Exception:
                return False  # a chaff (or a pair of them) that does not even load
        try:
            answer = local.request(exchange.request)
        except Exception:
            return False
        if (tests is None or exchange.test in tests) and not equal_answers(
            answer, exchange.answer, loosely=exchange.request["op"] == "state_dict"
        ):
            return False
    return True


def equal_answers(mine: dict[str, Any], theirs: dict[str, Any], loosely: bool = False) -> bool:
    """Whether two answers to the same request say the same. `loosely`: of tensors, shapes and dtypes only."""
    if bool(mine.get("error")) != bool(theirs.get("error")):
        return False
    if mine.get("error"):
        return mine["error"]["type"] == theirs["error"]["type"]
    return all(
        _equal(mine.get(key), theirs.get(key), loosely) for key in ("value", "grads", "after")
    ) and bool(mine.get("grad_error")) == bool(theirs.get("grad_error"))


def _equal(a: Any, b: Any, loosely: bool) -> bool:
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        # Which random numbers a layer starts with depends on the order of drawing; their shapes do not.
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
) -> list[Chaff]:
    """The chaffs whose mistake a submission made: one, a pair made at once, or none (`[]`).

    Args:
        trace: what the submission answered in the question.
        chaffs: the question's chaffs (bank/load.py).
        under: sources of the references that the question builds on.
        reference: the question's correct solution; where it answers the same, there is no mistake to name.
        compose: makes one chaff of two, or None where they do not fit together.
    """
    if not trace.failed or not any(e.replay for e in trace.exchanges):
        return []
    errors = {e.answer["error"]["type"] for e in trace.exchanges if e.answer.get("error")}
    if errors & {"NotDefined", "NotImplementedError"}:
        return []  # nothing was written; that is said already
    chaffs = list(chaffs)

    def backend(source: str) -> Callable[[], LocalBackend]:
        return lambda: LocalBackend([*under, source])

    if reference is not None and agrees(trace, backend(reference)):
        return []
    for tests in (None, trace.failed):
        found = [chaff for chaff in chaffs if agrees(trace, backend(chaff.source), tests)]
        if tests is None and found:
            return found[:1]
        if len(found) == 1:
            return found
    for a, b in itertools.combinations(chaffs, 2) if compose and not errors else ():
        both = compose(a, b)
        if both is not None and agrees(trace, backend(both.source)):
            return [a, b]
    return []
