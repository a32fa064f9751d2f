"""Right work passes the lab's public checks, its known mistakes do not, and what once passed in ambush no longer does."""

from __future__ import annotations

import pytest

from gatelab.audit.ambush import passes_public_check, wrong_work
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab


@pytest.mark.parametrize("question", ["q1", "q6", "q9"])
def test_right_work_passes_the_check_and_a_known_mistake_does_not(
    lab: Lab, bank: Bank, question: str
) -> None:
    assert passes_public_check(lab, question, lab.reference(question))
    assert not any(passes_public_check(lab, question, chaff.source) for chaff in bank.chaffs_of(question)[:6])
    assert not passes_public_check(lab, question, "raise ValueError")


@pytest.mark.parametrize(
    ("before", "after"),
    [("real = targets != pad", "real = targets > pad"), ("index).squeeze(-1)", "index).squeeze()")],
)
def test_a_former_ambush_is_detected(lab: Lab, before: str, after: str) -> None:
    source = lab.reference("q9")
    assert before in source
    assert not passes_public_check(lab, "q9", source.replace(before, after))


def test_chaff_and_mutants_are_tried(lab: Lab, bank: Bank) -> None:
    assert len(wrong_work(lab, bank, "q6")) > len(bank.chaffs_of("q6")) > 10
