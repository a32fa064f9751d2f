"""A grading that has so much time and no more: what is put off until the end?"""

from __future__ import annotations

import math

from gatelab.grading.examiner import _pytest
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.verdicts import Grading
from gatelab.lab.spec import Lab


def order(lab: Lab, until: float) -> tuple[list[str], set[str]]:
    """The questions in the order in which they would be graded, and those of them that train a model."""
    grading = Grading(lab, 0, LocalWorkers(lab, []), None)
    grading.until = until
    _pytest(lab, grading, (), "--collect-only")
    return list(dict.fromkeys(id for id, _ in grading.shares)), {id for id, _ in grading.training}


def test_training_comes_last_if_there_is_a_deadline_and_nothing_else_moves(lab: Lab) -> None:
    usual, train = order(lab, math.inf)
    pressed, _ = order(lab, 1e12)
    assert train and set(usual[-len(train) :]) != train, "there is nothing to move"
    assert pressed == [id for id in usual if id not in train] + [id for id in usual if id in train]
