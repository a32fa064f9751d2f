"""A grading that a busy machine's clock takes no points from: for the audit, whose processes have limits of their own."""

from __future__ import annotations

import math

from gatelab.grading.verdicts import Grading
from gatelab.testkit.student import Student


class Patient(Grading):
    """Only processor time and what the code answers decide."""

    def enter(self, question: str, test: str) -> Student:
        student = super().enter(question, test)
        self.attempt.started = math.inf
        return student
