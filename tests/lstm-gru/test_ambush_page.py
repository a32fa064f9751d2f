"""The page of wrong work that passes the public checks says which state of the kit it describes, and docs/quality.md repeats its numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gatelab.audit.ambush import stamp, wrong_work
from gatelab.cli.mutate import mutated
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab


@pytest.fixture
def rows(root: Path) -> dict[str, list[str]]:
    """The cells of the page's table, by question; "all" is their sum."""
    page = (root / "docs" / "lstm-gru" / "ambush.md").read_text(encoding="utf-8")
    return {
        question: row.split(" | ")
        for question, row in re.findall(r"^\| (q\d+|all) \| (.*) \|$", page, re.MULTILINE)
    }


def test_the_committed_page_is_of_the_present_state_or_the_questions_that_changed_are_named(
    root: Path, lab: Lab, bank: Bank, rows: dict[str, list[str]]
) -> None:
    """Where it is not, run `make ambush`, or name the questions in docs/quality.md."""
    total = rows.pop("all")
    assert list(rows) == mutated(lab)
    newer = [question for question, row in rows.items() if row[3] != stamp(lab, bank, question)]
    for question, row in rows.items():
        if question not in newer:
            assert int(row[0]) == len(wrong_work(lab, bank, question)), question
    assert [sum(int(row[k]) for row in rows.values()) for k in range(3)] == [int(n) for n in total[:3]]
    noted = re.search(r"^Since that run (.*) have changed", quality(root), re.MULTILINE)
    assert newer == (noted[1].split(", ") if noted else [])


def test_the_page_about_the_tests_repeats_its_sums(root: Path, rows: dict[str, list[str]]) -> None:
    wrong, green, ambushes = (int(n) for n in rows["all"][:3])
    said = f"Of {wrong:,} supposedly wrong solutions {green} pass every public check; "
    assert said + ("none of them loses points." if not ambushes else f"{ambushes} of them lose") in quality(
        root
    )


def test_another_public_check_or_chaff_makes_the_page_old(lab: Lab, bank: Bank) -> None:
    one, other = stamp(lab, bank, "q6"), Bank(bank.wheats, [c for c in bank.chaffs if c.question != "q6"])
    assert stamp(lab, other, "q6") != one == stamp(lab, bank, "q6") != stamp(lab, bank, "q9")


def quality(root: Path) -> str:
    return (root / "docs" / "quality.md").read_text(encoding="utf-8")
