"""Grading in the tests' own process: no fork server, no worker, no confinement."""

from __future__ import annotations

from gatelab.grading.examiner import _pytest, run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.verdicts import Grading
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Question


def graded_here(lab: Lab, question: str, source: str, bank: Bank | None = None) -> Question:
    """Grade a question with this source as the answer, without the parts that train."""
    grading = Grading(lab, 11, LocalWorkers(lab, [source]), bank)
    run_suites(lab, grading, [question], training=False)
    return grading.finished[question]


def grading_order(lab: Lab, until: float) -> tuple[list[str], set[str]]:
    """The questions in the order in which they are graded with this deadline, and those that train a model."""
    grading = Grading(lab, 0, LocalWorkers(lab, []), None)
    grading.until = until
    _pytest(lab, grading, (), "--collect-only")
    return list(dict.fromkeys(id for id, _ in grading.scores.shares)), {
        id for id, _ in grading.scores.training
    }
