"""What the public checks let pass, and the points that the hidden suites then take from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_class import gatelab

from gatelab.audit.ambush import SHARE, Tally, is_green, page, wrong_work
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab


@pytest.mark.parametrize("question", ["q1", "q6", "q9"])
def test_right_work_passes_the_check_and_a_known_mistake_does_not(
    lab: Lab, bank: Bank, question: str
) -> None:
    assert is_green(lab, question, lab.reference(question))
    assert not any(is_green(lab, question, chaff.source) for chaff in bank.chaffs_of(question)[:6])
    assert not is_green(lab, question, "raise ValueError")


@pytest.mark.parametrize(
    ("before", "after"),
    [("real = targets != pad", "real = targets > pad"), ("index).squeeze(-1)", "index).squeeze()")],
)
def test_a_former_ambush_is_detected(lab: Lab, before: str, after: str) -> None:
    source = lab.reference("q9")
    assert before in source
    assert not is_green(lab, "q9", source.replace(before, after))


def test_chaff_and_mutants_are_tried_and_the_page_counts_them(lab: Lab, bank: Bank) -> None:
    names = [wrong.name for wrong in wrong_work(lab, bank, "q6")]
    assert len(names) > len(bank.chaffs_of("q6")) > 10
    text = page(
        [Tally("q6", "abcdef01", 80, 3, [("in f, `a` → `b`", 1.0, 8.0)]), Tally("q9", "abcdef02", 70, 0)], 11
    )
    assert f"lose more than {SHARE:.0%}" in text
    assert "| all | 150 | 3 | 1 |  |" in text
    assert "| q9 | 70 | 0 | 0 | abcdef02 |" in text and "(seed 11)" in text
    assert "- loses 1 of 8: in f, `a` → `b`" in text


def test_a_page_of_some_questions_does_not_replace_that_of_all(root: Path, tmp_path: Path) -> None:
    words = "ambush", "--question", "q6", "--lab", "lstm-gru", "--root", root, "--out", tmp_path
    done = gatelab(*words)
    assert done.exit_code == 2 and "omit --question or --out" in " ".join(done.output.split())
    assert list(tmp_path.iterdir()) == []
