"""Small mistakes made by rule in the lab's references: does no hidden suite let one through? (`make mutate` runs them all.)

Which mistakes there are: tests/engine/audit/test_mutate.py."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from gatelab.audit.bank_lists import equivalents
from gatelab.audit.mutate import OPERATORS, mutants
from gatelab.audit.mutate_run import stamp
from gatelab.cli.mutate import mutated
from gatelab.lab.spec import Lab
from helpers.gatelab_mutate import gatelab_mutate
from helpers.shares import share

pytestmark = pytest.mark.one_in(3, at=1)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # `0 is None`
def test_every_mutant_of_the_references_compiles_and_differs_and_has_a_name_of_its_own(lab: Lab) -> None:
    used = Counter()
    for question in mutated(lab):
        made = list(mutants(lab.reference(question)))
        for mutant in made:
            compile(mutant.source, "mutant", "exec", dont_inherit=True)
        assert len({mutant.source for mutant in made} | {lab.reference(question)}) == len(made) + 1
        assert [name for name, times in Counter(m.name for m in made).items() if times > 1] == []
        used.update(mutant.operator for mutant in made)
    assert set(used) == set(OPERATORS)


@pytest.mark.timeout(900)
def test_no_mutant_of_q7_or_q9_gets_through_unless_it_is_listed(root: Path, turn: int) -> None:
    """One of them in each run."""
    questions = [word for id in share(("q7", "q9"), 2, turn) for word in ("--question", id)]
    said = gatelab_mutate(*questions, "--root", root)
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_committed_page_belongs_to_the_present_references_and_suites(root: Path, lab: Lab) -> None:
    """Where it does not, run `make mutate`; until then docs/quality.md names the questions whose suites are newer."""
    rows = re.findall(
        r"^\| (q\d+) \| (.*) \|$", (root / "docs" / "lstm-gru" / "mutation.md").read_text(), re.MULTILINE
    )
    assert [question for question, _ in rows] == mutated(lab)
    noted = re.search(r"graded the suites of (.*) have changed", (root / "docs" / "quality.md").read_text())
    newer = []
    for question, row in rows:
        total, killed, _, equivalent, survived, stamped = row.split(" | ")
        newer += [] if stamped == stamp(lab, question) else [question]
        assert int(total) == len(list(mutants(lab.reference(question)))), question
        assert int(equivalent) == len(equivalents(lab, question)), question
        assert survived == "0" and int(killed) + int(equivalent) == int(total), question
    assert newer == (noted[1].split(", ") if noted else [])
