"""Grading that loses no points to the clock of a busy machine: for the audit, whose processes have limits of their own."""

from __future__ import annotations

import math

from gatelab.grading.verdicts import Grading
from gatelab.testkit.student import Student


class GradingWithoutWallClock(Grading):
    """Only processor time and the answers decide."""

    def student_for(self, question: str, test: str) -> Student:
        student = super().student_for(question, test)
        self.attempt.started = math.inf
        return student
