"""Whether equal calls get equal answers: what "10 of 15 numbers differ" does not say.

A dropout that was left on, and a counter that is kept from one call to the next, look like wrong numbers and are
looked for in the equations. So when a question is over, the last call of every test that failed is made three times
more, in the worker that has answered it: twice from equal random numbers and once from others. No verdict hangs on it.
"""

from __future__ import annotations

import contextlib
from typing import Any

from gatelab.sandbox.lost import WorkerLost
from gatelab.testkit.student import Backend
from gatelab.testkit.trace import Exchange, Trace

# A driver may define `draws(**values)`: whether random numbers belong to what it asks for.
AGAIN = """
import random

import numpy


def fresh(value):
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(map(fresh, value))
    return {key: fresh(item) for key, item in value.items()} if isinstance(value, dict) else value


def alike(a, b):
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return bool(torch.allclose(a.detach().double(), b.detach().double(), 1e-4, 1e-6, equal_nan=True))
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or abs(a - b) <= 1e-6 + 1e-4 * abs(a) or a != a and b != b
    return a == b if isinstance(a, (bool, int, str, type(None))) else type(a) is type(b)


def asked(ns, op, given, seed):
    given = fresh(given)
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
    first, again, other = (asked(ns, op, given, seed) for seed in (1, 1, 2))
    return "kept" if not alike(first, again) else "random" if not alike(again, other) else ""
"""

RANDOM = (
    "Called twice with the same arguments, your code gives two different answers: something in it is drawn at random "
    "(a dropout that is left on? `rand`?). Here the answer must follow from the arguments and weights alone."
)
KEPT = (
    "Called twice with the same arguments and the same random numbers, your code gives two different answers: something "
    "is kept from one call to the next (a global variable, an attribute, a tensor that is changed in place?)."
)
MESSAGES = {"random": RANDOM, "kept": KEPT}


def unsteady(trace: Trace, test: str, fork: int, backend: Backend) -> str:
    """What must be said of the last call of a failed test: RANDOM, KEPT, or "" where equal calls get equal answers.

    `fork` counts the workers of the question; a call that another one has answered is not made again.
    """
    last = _last(trace, test)
    if last is None or last.fork != fork:
        return ""
    request = {
        "op": "run",
        "arguments": {"source": AGAIN, "values": {"op": last.request["op"], "given": _given(last)}},
    }
    with contextlib.suppress(WorkerLost):
        return MESSAGES.get(str(backend.request(request).get("value")), "")
    return ""


def _last(trace: Trace, test: str) -> Exchange | None:
    """The last call or run of a test that was answered and is worth asking again; a training is not."""
    for exchange in reversed(trace.exchanges):
        if exchange.test == test and exchange.request["op"] in ("call", "run"):
            return exchange if exchange.replay and not exchange.answer.get("error") else None
    return None


def _given(exchange: Exchange) -> dict[str, Any]:
    names = {"run": ("source", "values"), "call": ("target", "method", "args", "kwargs")}
    return {name: exchange.request["arguments"][name] for name in names[exchange.request["op"]]}
