"""No seed hides a mistake: a chaff loses the same parts whatever inputs are drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gatelab.audit.result_cache import ResultCache
from gatelab.audit.seeds import lost_at, lost_over_seeds, unstable
from gatelab.faults import GraderFault
from gatelab.lab.bank import Bank, Chaff
from gatelab.lab.spec import Lab
from gatelab.testkit.draw import Draw
from helpers.without_messages import loses_the_same_parts

pytestmark = pytest.mark.one_in(3, at=0)


def test_the_same_parts_are_lost_in_other_processes(lab: Lab, bank: Bank) -> None:
    chaffs = list(bank.chaffs)
    assert [chaff.key for chaff in chaffs] == ["q1/over-the-batch", "q2/summed"]
    found = lost_over_seeds(lab, chaffs, (11, 12), jobs=2)
    here = [Counter(lost_at(lab, chaff, (11, 12)).values()) for chaff in chaffs]
    assert here == list(found.values()) and [chaff.key for chaff in chaffs] == list(found)
    assert unstable(found, {}) == []


def test_a_repeated_run_computes_only_what_is_new(lab: Lab, bank: Bank, tmp_path: Path) -> None:
    chaff = next(c for c in bank.chaffs if c.key == "q2/summed")
    lines: list[str] = []

    def run(chaff: Chaff, seeds: tuple[int, ...]) -> dict[str, Counter[tuple[str, ...]]]:
        lines.clear()
        return lost_over_seeds(lab, [chaff], seeds, 1, lines.append, ResultCache(tmp_path / "kept.jsonl"))

    first = run(chaff, (11, 12))
    with (tmp_path / "kept.jsonl").open("a") as file:
        file.write('{"of": "cut o')
    assert lines and run(chaff, (11, 12)) == first and not lines
    assert sum(run(chaff, (11, 12, 13))[chaff.key].values()) == 3 and lines
    changed = replace(chaff, source=lab.reference("q2"))
    assert run(changed, (11, 12)) == {chaff.key: Counter({(): 2})}


def test_what_differs_is_reported_unless_it_is_listed() -> None:
    by_seed = {"q1/a": Counter({("outputs",): 49, (): 1}), "q1/b": Counter({("outputs",): 50})}
    assert unstable(by_seed, {}) == [
        "chaff q1/a loses other parts at other seeds: outputs at 49; nothing at 1"
    ]
    assert unstable(by_seed, {"q1/a": "drawn"}) == []
    assert "loses the same parts at every seed" in unstable(by_seed, {"q1/a": "drawn", "q1/b": "…"})[0]


@pytest.mark.parametrize("key", ["q1/over-the-batch", "q2/summed"])
def test_grading_without_messages_gives_the_same_points(lab: Lab, bank: Bank, key: str) -> None:
    loses_the_same_parts(lab, bank, key)


def test_a_search_is_made_once_for_a_seed_and_each_gets_a_copy() -> None:
    tried = []

    def found(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        draw = Draw(seed, "test_x.py::test_y")

        def good(numbers: torch.Tensor) -> bool:
            tried.append(seed)
            return bool(numbers[0] > 1)

        return draw.search(lambda: draw(3), good), draw(3)

    first, after = found(11)
    tries = len(tried)
    assert tries > 0
    again, after_again = found(11)
    assert len(tried) == tries
    assert torch.equal(first, again)
    assert torch.equal(after, after_again)  # what is drawn next is the same, too
    again.zero_()
    assert torch.equal(found(11)[0], first)
    assert not torch.equal(found(12)[0], first)
    draw = Draw(11, "test_x.py::test_z")
    with pytest.raises(GraderFault, match="no good inputs were drawn in 3 tries"):
        draw.search(lambda: draw(3), lambda numbers: False, tries=3)
