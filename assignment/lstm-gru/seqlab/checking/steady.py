# Written by gatelab build from autograder/gatelab/handed_out/checking/steady.py; change it there.
"""Checks whether equal calls get equal answers. If not, wrong numbers do not lead to the mistake."""

from __future__ import annotations

from torch.optim import Optimizer

from ..limits import CALLS_REPEATED
from .equal import KEPT, RANDOM, alike
from .record import Call


def unsteady(record: list[Call], group: str) -> tuple[Call, str] | None:
    """The first call of a name that gives another answer when repeated, and the message about it."""
    calls = [call for call in record if call.group == group and call.again and not call.error]
    # A function that takes an optimiser is meant to change the model, so its next call gets a different model.
    repeated = [call for call in calls if not any(isinstance(given, Optimizer) for given in call.arguments)]
    for call in repeated[:CALLS_REPEATED]:
        assert call.again is not None
        first, same, other = call.again(), call.again(), call.again(seed=1)
        if any(twin.error for twin in (first, same, other)):
            continue
        if not _same_leaves(first, same):
            return call, KEPT.format(who=call.title)
        if not _same_leaves(same, other):
            return call, RANDOM.format(who=call.title)
    return None


def _same_leaves(a: Call, b: Call) -> bool:
    mine, other = a.leaves, b.leaves
    return mine.keys() == other.keys() and all(alike(mine[path], other[path]) for path in mine)
