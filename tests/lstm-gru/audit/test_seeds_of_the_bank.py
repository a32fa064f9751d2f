"""What the lab's mistakes lose at other seeds."""

from __future__ import annotations

import pytest

from gatelab.audit.seeds import listed, lost_at
from gatelab.lab.bank import Bank, Chaff
from gatelab.lab.spec import Lab
from helpers.without_messages import loses_the_same_parts

pytestmark = pytest.mark.one_in(3, at=0)

SORTED = """
class Seq2Seq(Seq2Seq):
    def encode(self, source, source_lengths):
        h, c = super().encode(source, source_lengths)
        order = source_lengths.argsort({descending}stable=True)
        return h[order], c[order]
"""


@pytest.mark.parametrize("descending", ["descending=True, ", ""])
def test_a_batch_that_is_sorted_and_not_restored_loses_its_part_at_every_seed(
    lab: Lab, descending: str
) -> None:
    """At seed 11 the lengths once came in order."""
    source = lab.reference("q8") + SORTED.format(descending=descending)
    lost = lost_at(lab, Chaff("sorted", "q8", "…", "…", source), range(8, 16))
    assert len(set(lost.values())) == 1
    assert "encode" in lost[8]


def test_every_listed_chaff_exists(lab: Lab, bank: Bank) -> None:
    assert set(listed(lab)) <= {chaff.key for chaff in bank.chaffs}


@pytest.mark.parametrize("key", ["q6/index-clamped", "q9/sign-forgotten", "q10/pad-taken-for-the-end"])
def test_grading_without_messages_gives_the_same_points(lab: Lab, bank: Bank, key: str) -> None:
    loses_the_same_parts(lab, bank, key)
