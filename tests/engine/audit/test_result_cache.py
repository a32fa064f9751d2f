"""A matrix that was interrupted, or is made again, computes only what is new."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gatelab.audit.matrix import Matrix
from gatelab.audit.result_cache import ResultCache
from gatelab.audit.verify import verify
from gatelab.grading.engine import Engine
from gatelab.lab.bank import load_bank
from gatelab.lab.choose import chosen_lab

TINY = Path(__file__).parents[1] / "tiny-lab"


def test_a_chaff_is_named_once_and_again_after_the_bank_changes(tmp_path: Path) -> None:
    lab = chosen_lab(TINY, None)
    bank = load_bank(lab)

    def run(engine: Engine, chaffs: tuple) -> tuple[Matrix, set[str]]:
        graded: list[str] = []
        kept = ResultCache(tmp_path / "kept.jsonl")
        matrix = verify(engine, replace(bank, chaffs=chaffs), (11,), progress=graded.append, cache=kept)
        return matrix, {chaff.key for chaff in bank.chaffs} & set(graded)

    keys = {chaff.key for chaff in bank.chaffs}
    with Engine(lab) as engine:
        first, graded = run(engine, bank.chaffs)
        again, graded_again = run(engine, bank.chaffs)
        _, graded_fewer = run(engine, bank.chaffs[:1])
    assert graded == keys and graded_again == set() and graded_fewer == {bank.chaffs[0].key}
    assert first.chaffs == again.chaffs and first.outcomes == again.outcomes and first.faults == []
