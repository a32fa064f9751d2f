"""What was asked of a submission and what it answered, kept so that it can be asked of a chaff too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .student import Backend


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, of one test. `fork` counts the workers of the question."""

    test: str
    fork: int
    request: dict[str, Any]
    answer: dict[str, Any]
    replay: bool


@dataclass
class Trace:
    """All exchanges of one question, in order."""

    question: str
    exchanges: list[Exchange] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)  # names of the tests that failed


class Recording:
    """A backend that keeps what passes through it."""

    def __init__(self, backend: Backend, trace: Trace, test: str, fork: int) -> None:
        self._backend, self._trace, self._test, self._fork = backend, trace, test, fork

    def request(self, request: dict[str, Any], replay: bool = True) -> dict[str, Any]:
        answer = self._backend.request(request, replay)
        self._trace.exchanges.append(Exchange(self._test, self._fork, request, answer, replay))
        return answer
