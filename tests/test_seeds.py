"""No seed hides a mistake: a chaff loses the same parts whatever inputs are drawn."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from gatelab.bank.load import Bank, Chaff
from gatelab.bank.seeds import listed, lost_at, over_seeds, unstable
from gatelab.lab import Lab, LabError

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
    assert len(lost) == 1
    assert "encode" in next(iter(lost))


def test_the_same_parts_are_lost_in_other_processes(lab: Lab, bank: Bank) -> None:
    chaffs = [
        next(c for c in bank.chaffs if c.key == key) for key in ("q6/index-clamped", "q9/sign-forgotten")
    ]
    found = over_seeds(lab, chaffs, (11, 12), jobs=2)
    assert {key: lost_at(lab, chaff, (11, 12)) for key, chaff in zip(found, chaffs, strict=True)} == found
    assert unstable(found, {}) == []


def test_what_differs_is_told_and_what_is_listed_has_a_reason(tmp_path: Path) -> None:
    by_seed = {"q1/a": Counter({("outputs",): 49, (): 1}), "q1/b": Counter({("outputs",): 50})}
    assert unstable(by_seed, {}) == [
        "chaff q1/a loses other parts at other seeds: outputs at 49; nothing at 1"
    ]
    assert unstable(by_seed, {"q1/a": "drawn"}) == []
    assert "loses the same parts at every seed" in unstable(by_seed, {"q1/a": "drawn", "q1/b": "…"})[0]
    (tmp_path / "chaff").mkdir()
    (tmp_path / "chaff" / "unstable.toml").write_text('"q1/a" = ""\n')
    with pytest.raises(LabError, match="needs its reason"):
        listed(SimpleNamespace(bank=tmp_path))


def test_every_listed_chaff_exists(lab: Lab, bank: Bank) -> None:
    assert set(listed(lab)) <= {chaff.key for chaff in bank.chaffs}
