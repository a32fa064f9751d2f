"""What hidden suites use: the fixtures `student`, `draw` and `seed` (grading/plugin.py), `part`, and assertions with messages
for the student.

    @part("q1", "probabilities", 4)
    def test_probabilities(student, draw):
        ...
        close(student.softmax(logits).value, want, "softmax(logits)", "R C")

A suite imports of gatelab this package alone: `gatelab.testkit.concepts` reads concept answers, `gatelab.testkit.curve` shows a training.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gatelab.handed_out.checking.findings import OF_GRADIENTS
from gatelab.handed_out.checking.grammar import Several
from gatelab.handed_out.checking.tensors import Tolerance, near, near_at
from gatelab.handed_out.limits import KEYS_SHOWN
from gatelab.limits import TYPED
from gatelab.testkit.compare import close, close_grads, kept, needs, same, unchanged
from gatelab.testkit.failed import Unanswered
from gatelab.testkit.student import few, kind

__all__ = [
    "KEYS_SHOWN", "OF_GRADIENTS", "TYPED", "Several", "Tolerance", "Unanswered", "close", "close_grads", "each_size", "few", "kept",
    "kind", "near", "near_at", "needs", "part", "same", "unchanged",
]  # fmt: skip


def part(question: str, name: str, points: float) -> pytest.MarkDecorator:
    """Mark a test function as one part of a question: it must pass with all its parameters to earn the points."""
    return pytest.mark.part(question=question, name=name, points=points)


def each_size(sizes: Sequence[tuple[int, ...]]) -> pytest.MarkDecorator:
    """Run a test once for each of these sizes, which it takes as one argument, `size`. (With one argument for each number, pytest
    would take half as long again for each test.)"""
    return pytest.mark.parametrize("size", sizes, ids=["-".join(map(str, size)) for size in sizes])
