"""Inputs for a hidden test, drawn from the grading seed and the test's own name."""

from __future__ import annotations

import copy
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch

from gatelab.faults import GraderFault
from gatelab.limits import DRAWS, SEARCHES_KEPT

_found: OrderedDict[tuple[Any, ...], tuple[Any, torch.Tensor]] = OrderedDict()


class Draw:
    """`draw(3, 4)` returns a (3, 4) float64 tensor of standard normal numbers; each call returns new ones."""

    def __init__(self, seed: int, name: str) -> None:
        self.key = f"{seed}/{name}"
        digest = hashlib.sha256(self.key.encode()).digest()
        self.generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))

    def __call__(self, *shape: int, dtype: torch.dtype = torch.float64, scale: float = 1.0) -> torch.Tensor:
        return torch.randn(*shape, generator=self.generator, dtype=torch.float64).mul(scale).to(dtype)

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor:
        """Random integers in [low, high), int64."""
        return torch.randint(low, high, shape, generator=self.generator)

    def search(self, make: Callable[[], Any], good: Callable[[Any], bool], tries: int = DRAWS) -> Any:
        """The first of `make`'s draws that is `good`: inputs that reveal every mistake.

        The result is cached, and the next submission gets a copy: all submissions graded with this seed get the same one.
        So neither function may depend on the student, and both must be deterministic.

        Raises GraderFault if nothing good is drawn in `tries`; no submission loses a point because of that.
        """
        at = self.key, _place(make), self.generator.get_state().numpy().tobytes()
        if at not in _found:
            for _ in range(tries):
                made = make()
                if good(made):
                    break
            else:
                raise GraderFault(
                    f"{self.key}: no good inputs were drawn in {tries} tries; grade with another --seed, and make the suite draw from a wider range"
                )
            _found[at] = copy.deepcopy(made), self.generator.get_state()
            while len(_found) > SEARCHES_KEPT:
                _found.popitem(last=False)
        made, state = _found[at]
        self.generator.set_state(state)
        return copy.deepcopy(made)


def _place(function: Callable[..., Any]) -> tuple[str, int]:
    """Where a function is defined; part of the cache key, because other labs' suites may have tests with the same name."""
    return function.__code__.co_filename, function.__code__.co_firstlineno
