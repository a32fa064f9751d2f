"""Small mistakes made by rule: are they made, and is a suite that lets one through reported?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gatelab.audit.bank_lists import Listed
from gatelab.audit.mutate import OPERATORS, mutants
from gatelab.audit.mutate_run import ENDLESS, MutationResult
from gatelab.lab.spec import Lab
from helpers.gatelab_mutate import gatelab_mutate

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


def test_docstrings_imports_and_annotations_are_left_alone() -> None:
    source = '"""Text 1."""\nimport a\n\ndef f(x: "int | None") -> tuple[int, str]:\n    """Text 2."""\n    return x\n'
    assert [mutant.after for mutant in mutants(source)] == ["pass"]


@pytest.fixture
def weak(tmp_path: Path, lab: Lab) -> Path:
    """A kit with one question, whose suite misses mistakes; one of its listed mutants no longer exists."""
    assignment, hidden = tmp_path / "assignment" / "toy", tmp_path / "tests" / "toy" / "hidden"
    for folder in (assignment, hidden / "reference", tmp_path / "tests" / "toy" / "bank"):
        folder.mkdir(parents=True)
    (assignment / "lab.toml").write_text(
        'title = "t"\nname = "toy"\nnotebook = "lab.ipynb"\n[q1]\ntitle = "one"\npoints = 1\nnames = ["f"]\n'
    )
    (hidden / "conftest.py").write_text((lab.hidden / "conftest.py").read_text())
    (hidden / "reference" / "q1.py").write_text(
        "def f(n):\n    while n > 0:\n        n = n - 1\n    return n\n"
    )
    (hidden / "test_q1_toy.py").write_text(
        "from gatelab.testkit import part, same\n\n"
        '@part("q1", "ends", 1)\ndef test_ends(student):\n    same(student.f(4).value, 0, "f(4)")\n'
    )
    (tmp_path / "tests" / "toy" / "bank" / "equivalent.toml").write_text(
        '[[q1]]\nwhere = "f"\nbefore = "while n > 0:"\nafter = "while n != 0:"\nwhy = "gone"\n'
    )
    return tmp_path


@pytest.mark.one_in(3, at=1)
@pytest.mark.timeout(900)
def test_a_weak_suite_a_stale_list_and_an_endless_mutant_are_reported(weak: Path) -> None:
    said = gatelab_mutate("--root", weak, "--seconds", 1, "--out", weak)
    assert said.returncode == 1, said.stderr
    assert "q1 is listed as equivalent, but there is no such mutant: in f, `while n > 0:`" in said.stdout
    assert "q1 survives, and is not listed: in f, `return n` → `pass`" not in said.stdout
    row = re.search(r"^\| q1 \| (.*) \|$", (weak / "toy" / "mutation.md").read_text(), re.MULTILINE)
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
