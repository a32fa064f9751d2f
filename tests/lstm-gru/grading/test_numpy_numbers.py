"""A number that numpy made is the number, in the hidden suites as in the public checks."""

from __future__ import annotations

import pytest

from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.verdicts import Grading
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab

CASES = [
    ("q5", "numpy_grid", "return int(widths[np.argmin(np.abs(counts - target_params))])", "return widths[np.argmin(np.abs(counts - target_params))]"),
    ("q5", "numpy_grid", "return len(parameters_to_vector(trainable))", "return np.sum([p.numel() for p in trainable])"),
    ("q5", "numpy_grid", "return len(parameters_to_vector(trainable))", "return np.array(len(parameters_to_vector(trainable)))"),
    ("q11", "foreach_clip", "return float(history[-1])", "return np.float32(history[-1])"),
    ("q11", "foreach_clip", "return float(history[-1])", "return loss.detach().numpy()"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "wheat", "plain", "numpy"), CASES, ids=lambda text: text[:24])
def test_a_numpy_number_costs_no_point(
    lab: Lab, bank: Bank, question: str, wheat: str, plain: str, numpy: str
) -> None:
    (source,) = [one.source for one in bank.wheats if (one.question, one.id) == (question, wheat)]
    assert plain in source
    grading = Grading(lab, 23, LocalWorkers(lab, [source.replace(plain, numpy)]), bank)
    run_suites(lab, grading, [question], training=False)
    lost = [part for part in grading.finished[question].parts if part.points < part.max_points]
    assert lost == []


def test_a_numpy_float_is_not_a_whole_number(lab: Lab, bank: Bank) -> None:
    (source,) = [one.source for one in bank.wheats if (one.question, one.id) == ("q5", "numpy_grid")]
    source = source.replace("return len(", "return np.float64(1) * len(")
    grading = Grading(lab, 23, LocalWorkers(lab, [source]), bank)
    run_suites(lab, grading, ["q5"], training=False)
    said = "should be a Python int; yours is a float."
    assert any(said in part.student_text for part in grading.finished["q5"].parts)
