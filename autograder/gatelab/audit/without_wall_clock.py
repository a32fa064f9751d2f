"""Grading in which a busy machine costs no points: for the audit, whose processes have limits of their own."""

from __future__ import annotations

import math

from gatelab.grading.verdicts import Grading
from gatelab.testkit.student import Student


class GradingWithoutWallClock(Grading):
    """A grading in which the answers and CPU time count, but not wall-clock time."""

    def student_for(self, question: str, test: str) -> Student:
        student = super().student_for(question, test)
        self.attempt.started = math.inf
        return student
