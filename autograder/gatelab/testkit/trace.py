"""Records the requests to a submission and its answers, so that the same requests can be made to a chaff."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from gatelab.limits import TRACE_LIMIT
from gatelab.testkit.student import Backend


@dataclass(frozen=True)
class Exchange:
    """One request of a test and its answer. `fork` counts the workers of the question."""

    test: str
    fork: int
    request: dict[str, Any]
    answer: dict[str, Any]
    replay: bool


@dataclass
class Trace:
    """All exchanges of one question, in order; emptied if they become too large to be worth comparing."""

    question: str
    exchanges: list[Exchange] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)  # names of the tests that failed
    size: int = 0

    def keep(self, exchange: Exchange) -> None:
        """Add an exchange. If a submission's answers are too large, none is kept and its mistake is not named."""
        self.size += size(exchange.answer)
        if self.size <= TRACE_LIMIT:
            self.exchanges.append(exchange)
        else:
            self.exchanges.clear()


def size(value: Any) -> int:
    """Roughly how many bytes of memory a plain value takes."""
    if isinstance(value, torch.Tensor | np.ndarray):
        return 64 + value.nbytes
    if isinstance(value, str):
        return 64 + len(value)
    if isinstance(value, dict):
        return 64 + sum(size(key) + size(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return 64 + sum(map(size, value))
    return 64


class Recording:
    """A backend that records the requests and answers passing through it."""

    def __init__(self, backend: Backend, trace: Trace, test: str, fork: int) -> None:
        self._backend, self._trace, self._test, self._fork = backend, trace, test, fork

    def request(self, request: dict[str, Any], replay: bool = True) -> dict[str, Any]:
        answer = self._backend.request(request, replay)
        self._trace.keep(Exchange(self._test, self._fork, request, answer, replay))
        return answer
