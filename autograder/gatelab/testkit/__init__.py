"""What a hidden suite uses: the `student`, `draw` and `seed` fixtures (plugin.py), `part`, and the assertions whose messages
name the mistake.

    @part("q1", "probabilities", 4)
    def test_probabilities(student, draw):
        ...
        close(student.softmax(logits).value, want, "softmax(logits)", "R C")
"""

from __future__ import annotations

import pytest

from gatelab.testkit.compare import close, close_grads, kept, needs, same, unchanged
from gatelab.testkit.failed import Unanswered
from gatelab.testkit.student import kind

__all__ = ["Unanswered", "close", "close_grads", "kept", "kind", "needs", "part", "same", "unchanged"]


def part(question: str, name: str, points: float) -> pytest.MarkDecorator:
    """Mark a test function as one part of a question: all its parameters must pass for the points."""
    return pytest.mark.part(question=question, name=name, points=points)
