"""Which part is lost by a call that leaves something changed, and where that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.verdicts import Grading
from gatelab.lab.spec import Lab
from gatelab.testkit.leftovers import part_to_charge
from helpers.tiny_lab import tiny_lab

SOFTMAX = "def softmax(logits):\n    {change}\n    powers = (logits - logits.amax(dim=1, keepdim=True)).exp()\n    return powers / powers.sum(dim={dim}, keepdim=True)\n"
IN_PLACE = "After a call of `softmax`, an argument is changed in place. Make a new tensor instead."
WITHOUT_GRADIENT = "logits.data.mul_(2)"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return tiny_lab(tmp_path)


def lost(lab: Lab, change: str, dim: int = 1) -> tuple[float, dict[str, str]]:
    """The points of q1 and what its lost parts say."""
    source = SOFTMAX.format(change=change, dim=dim)
    grading = Grading(lab, 11, LocalWorkers(lab, [source]), None)
    run_suites(lab, grading, ["q1"])
    parts = grading.finished["q1"].parts
    return sum(part.points for part in parts), {
        part.name: part.student_text for part in parts if not part.passed
    }


@pytest.mark.parametrize("dim", [0, 1])
def test_a_change_in_place_is_reported_before_the_wrong_numbers_that_it_may_explain(
    lab: Lab, dim: int
) -> None:
    """Once, and it costs what the numbers cost."""
    points, told = lost(lab, WITHOUT_GRADIENT, dim)
    assert told["probabilities"].startswith(f"{IN_PLACE} softmax(logits) has the right shape, but")
    assert sum(IN_PLACE in text for text in told.values()) == 1
    assert points == lost(lab, "logits = logits * 2", dim)[0]


def test_wrong_numbers_alone_say_nothing_of_a_change(lab: Lab) -> None:
    assert "After a call" not in "".join(lost(lab, "pass", dim=0)[1].values())


def test_a_change_beside_right_numbers_is_reported_by_the_check_that_looks_for_it(lab: Lab) -> None:
    _, told = lost(lab, "logits, given = logits.clone(), logits\n    given.data.mul_(2)")
    assert (
        told["arguments-kept"] == "The call changed its argument logits in place; make a new tensor instead."
    )
    assert "After a call" not in "".join(told.values())


def test_the_smallest_part_is_charged() -> None:
    points = {"a": 2.0, "b": 1.0, "c": 1.0, "d": 0.5}
    assert part_to_charge(["a", "b", "c"], points) == "c"
    assert part_to_charge(["a"], points) == "a"
    assert part_to_charge([], points) is None
