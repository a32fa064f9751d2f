"""Wrong work that passes the public checks, and the points that it then loses in the hidden suites."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.audit.ambush import SHARE, Tally, page, passes_public_check, wrong_work
from gatelab.build.checks import keep_up
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from helpers.tiny_class import gatelab
from helpers.tiny_lab import TINY, tiny_lab


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The lab, with what its public checks are made of."""
    lab = tiny_lab(tmp_path_factory.mktemp("ambush"))
    keep_up(lab)
    return lab


@pytest.mark.parametrize("question", ["q1", "q2"])
def test_right_work_passes_the_check_and_a_known_mistake_does_not(
    tiny: Lab, bank: Bank, question: str
) -> None:
    assert passes_public_check(tiny, question, tiny.reference(question))
    chaffs = bank.chaffs_of(question)
    assert chaffs and not any(passes_public_check(tiny, question, chaff.source) for chaff in chaffs)
    assert not passes_public_check(tiny, question, "raise ValueError")


def test_chaff_and_mutants_are_tried_and_the_page_counts_them(tiny: Lab, bank: Bank) -> None:
    names = [wrong.name for wrong in wrong_work(tiny, bank, "q1")]
    assert len(names) > len(bank.chaffs_of("q1")) > 0
    text = page(
        [Tally("q6", "abcdef01", 80, 3, [("in f, `a` → `b`", 1.0, 8.0)]), Tally("q9", "abcdef02", 70, 0)], 11
    )
    assert f"lose more than {SHARE:.0%}" in text
    assert "| all | 150 | 3 | 1 |  |" in text
    assert "| q9 | 70 | 0 | 0 | abcdef02 |" in text and "(seed 11)" in text
    assert "- loses 1 of 8: in f, `a` → `b`" in text


def test_a_page_of_some_questions_does_not_replace_that_of_all(tmp_path: Path) -> None:
    words = "ambush", "--question", "q1", "--root", TINY, "--out", tmp_path
    done = gatelab(*words)
    assert done.exit_code == 2 and "omit --question or --out" in " ".join(done.output.split())
    assert list(tmp_path.iterdir()) == []
