"""Runs the hidden checks the way other graders run tests: in the kernel that ran the student's cells.

Only the benchmark uses this, as the other side of its comparison: no worker, no confinement, and torch is imported for
each submission.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gatelab.grading.examiner import run_suites
from gatelab.grading.verdicts import Grading
from gatelab.lab.spec import Lab
from gatelab.lab.table import QuestionSpec
from gatelab.testkit.local import LocalBackend


class KernelWorkers:
    """Gives the kernel's own namespace to every question."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.sources: dict[int, str] = {}

    def open(self, question: QuestionSpec, own: set[str], deadline: float) -> LocalBackend:
        backend = LocalBackend([])
        # Not a copy, because a suite may replace a function that another function looks up.
        backend.runtime.namespace = self.namespace
        return backend

    def close(self, backend: LocalBackend) -> str:
        return ""

    def why_missing(self, name: str) -> str:
        return ""


def check(question: str, namespace: dict[str, Any]) -> None:
    """Run a question's hidden suite on a namespace. Raises AssertionError unless it earns full points."""
    assignment = Path(os.environ["GATELAB_BENCH_LAB"])
    lab = Lab.in_repository(assignment.parents[1], assignment.name)
    grading = Grading(lab, lab.settings.seed, KernelWorkers(namespace), None)
    run_suites(lab, grading, [question])
    result = next(q for q in grading.questions() if q.id == question)
    assert result.points == result.max_points, [part.student_text for part in result.parts if not part.passed]
