"""Small mistakes made by rule: are they made, and does every hidden suite find them? (`make mutate` runs them all.)"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gatelab.audit.bank_lists import Listed, equivalents
from gatelab.audit.mutate import OPERATORS, mutants
from gatelab.audit.mutate_run import ENDLESS, MutationResult, stamp
from gatelab.cli.mutate import mutated
from gatelab.lab.spec import Lab
from helpers.shares import share

pytestmark = pytest.mark.one_in(3, at=1)

EXAMPLES = {  # operator → a statement and some of what must become of it
    "arithmetic": ("y = a - b", {"y = a + b", "y = a", "y = b", "y = b - a"}),
    "comparison": ("y = a < b", {"y = a <= b", "y = a >= b"}),
    "logic": ("y = -a if not b else c", {"y = a if not b else c", "y = -a if b else c", "y = c if not b else -a"}),
    "constant": ("y = f(1, 0.0, True, 'i')", {"y = f(2, 0.0, True, 'i')", "y = f(1, 0.5, True, 'i')",
                 "y = f(1, 0.0, False, 'i')", "y = f(1, 0.0, True, 'i_')"}),
    "call": ("y = torch.tanh(a, b, dim=1)", {"y = a", "y = torch.tanh(b, a, dim=1)", "y = torch.tanh(a, b)"}),
    "name": ("y = torch.sigmoid(w.T)", {"y = torch.tanh(w.T)", "y = torch.relu(w.T)", "y = torch.sigmoid(w)"}),
    "order": ("h, c = {'i': i, 'f': f}", {"c, h = {'i': i, 'f': f}", "h, c = {'i': f, 'f': i}", "h, c = {'f': f}"}),
    "bounds": ("y = x[:, t:t + 1]", {"y = x", "y = x[:, :t + 1]", "y = x[:, t - 1:t + 1]", "y = x[:, t:t + 1 + 1]"}),
    "statement": ("with torch.no_grad():\n    y = x", {"pass", "y = x"}),
    "graph": ("y = a * b", {"y = (a * b).detach()"}),
}  # fmt: skip


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_makes_its_mistakes(operator: str) -> None:
    statement, wanted = EXAMPLES[operator]
    made = {mutant.after for mutant in mutants(statement) if mutant.operator == operator}
    assert wanted <= made


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


def test_docstrings_imports_and_annotations_are_left_alone() -> None:
    source = '"""Text 1."""\nimport a\n\ndef f(x: "int | None") -> tuple[int, str]:\n    """Text 2."""\n    return x\n'
    assert [mutant.after for mutant in mutants(source)] == ["pass"]


def gatelab_mutate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("gatelab")), "mutate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.timeout(900)
def test_no_mutant_of_q7_or_q9_gets_through_unless_it_is_listed(root: Path, turn: int) -> None:
    """One of them in each run."""
    questions = [word for id in share(("q7", "q9"), 2, turn) for word in ("--question", id)]
    said = gatelab_mutate(*questions, "--root", root)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture
def weak(tmp_path: Path, lab: Lab) -> Path:
    """A kit with one question, whose suite misses mistakes; one of its listed mutants no longer exists."""
    assignment, hidden = tmp_path / "assignment" / "lstm-gru", tmp_path / "tests" / "lstm-gru" / "hidden"
    for folder in (assignment, hidden / "reference", tmp_path / "tests" / "lstm-gru" / "bank"):
        folder.mkdir(parents=True)
    (assignment / "lab.toml").write_text(
        'title = "t"\nname = "lstm-gru"\nnotebook = "lab.ipynb"\n[q1]\ntitle = "one"\npoints = 1\nnames = ["f"]\n'
    )
    (hidden / "conftest.py").write_text((lab.hidden / "conftest.py").read_text())
    (hidden / "reference" / "q1.py").write_text(
        "def f(n):\n    while n > 0:\n        n = n - 1\n    return n\n"
    )
    (hidden / "test_q1_toy.py").write_text(
        "from gatelab.testkit import part, same\n\n"
        '@part("q1", "ends", 1)\ndef test_ends(student):\n    same(student.f(4).value, 0, "f(4)")\n'
    )
    (tmp_path / "tests" / "lstm-gru" / "bank" / "equivalent.toml").write_text(
        '[[q1]]\nwhere = "f"\nbefore = "while n > 0:"\nafter = "while n != 0:"\nwhy = "gone"\n'
    )
    return tmp_path


@pytest.mark.timeout(900)
def test_a_weak_suite_a_stale_list_and_an_endless_mutant_are_reported(weak: Path) -> None:
    said = gatelab_mutate("--root", weak, "--seconds", 1, "--out", weak)
    assert said.returncode == 1, said.stderr
    assert "q1 is listed as equivalent, but there is no such mutant: in f, `while n > 0:`" in said.stdout
    assert "q1 survives, and is not listed: in f, `return n` → `pass`" not in said.stdout
    row = re.search(r"^\| q1 \| (.*) \|$", (weak / "lstm-gru" / "mutation.md").read_text(), re.MULTILINE)
    total, killed, endless, equivalent, survived, _ = row[1].split(" | ")
    assert int(endless) >= 2 and equivalent == "0" and int(killed) + int(survived) == int(total)


def test_a_survivor_must_be_listed_and_what_is_listed_must_survive() -> None:
    one, two, three = list(mutants("y = a - b"))[:3]
    found = MutationResult(
        "q1", "", {two: "part"}, [one], (Listed(one.name, "because"), Listed(two.name, "once"))
    )
    assert found.equivalent == [(one, "because")]
    assert [fault.split(":")[0] for fault in found.faults] == ["q1 is listed as equivalent, but is killed"]
    found = MutationResult("q1", "", {two: ENDLESS}, [three])
    assert [fault.split(":")[0] for fault in found.faults] == ["q1 survives, and is not listed"]


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
