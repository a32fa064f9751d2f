"""Checks whether equal calls get equal answers.

Dropout that was left on, or a counter kept between calls, shows up as wrong numbers ("10 of 15 numbers differ"), and students would
look for the mistake in the equations. So after a question is graded, the last call of every failed test is repeated three times in the
worker that answered it: twice with the same random numbers and once with others. No verdict depends on it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from gatelab.handed_out.checking import equal
from gatelab.sandbox.lost import WorkerLost
from gatelab.testkit.student import Backend
from gatelab.testkit.trace import Exchange, Trace

# A driver may define `draws(**values)`, which says whether its answer depends on random numbers.
REPEAT = (
    Path(equal.__file__).read_text(encoding="utf-8")
    + """
import random

import numpy


def copied(value):
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, numpy.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return type(value)(map(copied, value))
    return {key: copied(item) for key, item in value.items()} if isinstance(value, dict) else value


def repeat(ns, op, given, seed):
    given = copied(given)
    torch.manual_seed(seed)
    random.seed(seed)
    numpy.random.seed(seed)
    if op == "run":
        driver = {"__name__": "driver", "torch": torch}
        exec(compile(given["source"], "<grader>", "exec"), driver)
        values = given["values"] | ({"seed": seed} if "seed" in given["values"] else {})
        return None if driver.get("draws", lambda **values: False)(**values) else driver["main"](ns, **values)
    function = given["target"] if not isinstance(given["target"], str) else ns[given["target"]]
    return (getattr(function, given["method"]) if given["method"] else function)(*given["args"], **given["kwargs"])


def main(ns, op, given):
    first, again, other = (repeat(ns, op, given, seed) for seed in (1, 1, 2))
    return "kept" if not alike(first, again) else "random" if not alike(again, other) else ""
"""
)

MESSAGES = {"random": equal.RANDOM.format(who="Your code"), "kept": equal.KEPT.format(who="Your code")}


def unsteady(trace: Trace, test: str, fork: int, backend: Backend) -> str:
    """A message about the last call of a failed test, one of MESSAGES; "" if equal calls get equal answers.

    `fork` counts the question's workers; a call that was answered by another worker is not repeated.
    """
    last = _last(trace, test)
    if last is None or last.fork != fork:
        return ""
    request = {
        "op": "run",
        "arguments": {"source": REPEAT, "values": {"op": last.request["op"], "given": _given(last)}},
    }
    with contextlib.suppress(WorkerLost):
        return MESSAGES.get(str(backend.request(request).get("value")), "")
    return ""


def _last(trace: Trace, test: str) -> Exchange | None:
    """The last call or run of a test that was answered and is worth repeating (training runs are not)."""
    for exchange in reversed(trace.exchanges):
        if exchange.test == test and exchange.request["op"] in ("call", "run"):
            return exchange if exchange.replay and not exchange.answer.get("error") else None
    return None


def _given(exchange: Exchange) -> dict[str, Any]:
    names = {"run": ("source", "values"), "call": ("target", "method", "args", "kwargs")}
    return {name: exchange.request["arguments"][name] for name in names[exchange.request["op"]]}
