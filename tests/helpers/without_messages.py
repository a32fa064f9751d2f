"""A grading made only for its points gives the same points as one with messages."""

from __future__ import annotations

from gatelab.audit.seeds import lost_at
from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.verdicts import Grading
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab


def loses_the_same_parts(lab: Lab, bank: Bank, key: str) -> None:
    """`key`: of a chaff."""
    (chaff,) = [chaff for chaff in bank.chaffs if chaff.key == key]
    grading = Grading(lab, 11, LocalWorkers(lab, [chaff.source]), None)
    run_suites(lab, grading, [chaff.question], training=False)
    parts = grading.finished[chaff.question].parts
    assert lost_at(lab, chaff, [11]) == {11: tuple(part.name for part in parts if not part.passed)}
