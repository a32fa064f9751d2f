"""`gatelab misses`: unnamed wrong answers are grouped by what they compute, and a group becomes a named mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.audit.misses import misses
from gatelab.grading.engine import Engine
from gatelab.grading.signature import own_code
from gatelab.lab.bank import BankError, load_bank
from gatelab.lab.spec import Lab
from gatelab.report.record.schema import read_json
from helpers.command import gatelab
from helpers.notebooks import write_notebook
from helpers.tiny_lab import RIGHT, SETUP, TINY, tiny_lab

pytestmark = pytest.mark.usefixtures("shared_server")

# One mistake that no file of the bank knows, written in two ways, and another one.
MISTAKES = {
    "ada": RIGHT["q1"].replace("return powers", "return 2 * powers"),
    "bob": "def twice(a):\n    return a + a\n\n" + RIGHT["q1"].replace("return powers", "return twice(powers)"),
    "cleo": RIGHT["q1"].replace("shifted.exp()", "shifted.exp() + 0.25"),
    "dora": RIGHT["q1"].replace("powers.sum", "powers.detach().sum"),
}  # fmt: skip
# No answer, or one under another name: nothing that a mistake could be named for.
ABSENT = {"eve": "", "finn": RIGHT["q1"].replace("def softmax", "def my_softmax")}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Path]:
    """A separate lab and a graded class."""
    root = tmp_path_factory.mktemp("kit")
    lab, out = tiny_lab(root), root / "out"
    (out / "reports").mkdir(parents=True)
    with Engine(lab) as engine:
        for name, source in (MISTAKES | ABSENT).items():
            path = write_notebook(root / f"{name}.ipynb", SETUP, source, RIGHT["q2"])
            (out / "reports" / f"{name}.json").write_text(engine.grade(path, name).to_json())
    return lab, out


def test_answers_that_compute_the_same_are_one_group_however_they_are_written(kit: tuple[Lab, Path]) -> None:
    found, _ = misses(kit[1])
    assert [(miss.question, miss.who) for miss in found if len(miss.who) > 1] == [("q1", ["ada", "bob"])]
    assert found[0].who == ["ada", "bob"]
    assert "return 2 * powers" in found[0].code
    assert {name for miss in found for name in miss.who} == set(MISTAKES)


def test_a_missing_definition_is_not_a_wrong_answer(kit: tuple[Lab, Path]) -> None:
    for name in ABSENT:
        report = read_json((kit[1] / "reports" / f"{name}.json").read_text())
        assert report.status == "graded" and not any(part.passed for part in report.question("q1").parts)
    assert not {name for miss in misses(kit[1])[0] for name in miss.who} & set(ABSENT)


def test_a_group_becomes_a_draft_and_then_a_name(kit: tuple[Lab, Path]) -> None:
    lab, out = kit
    root = lab.assignment.parents[1]
    shown = gatelab("misses", out, "--root", root)
    assert shown.exit_code == 0, shown.output
    assert "group 1: q1, 2 alike" in shown.output
    assert f"gatelab misses {out} --draft 1 --name" in shown.output
    shown = gatelab("misses", out, "--root", root, "--most", 1)
    assert "2 more groups: --most 3" in shown.output
    made = gatelab("misses", out, "--root", root, "--draft", 1, "--name", "twice-as-much")
    assert made.exit_code == 0, made.output
    path = root / "tests" / "softmax" / "bank" / "chaff" / "q1" / "twice-as-much.py"
    with pytest.raises(BankError, match="still a draft"):
        load_bank(lab)
    text = path.read_text().replace("FILL IN: ", "")
    path.write_text(text.replace("credit = 0.0", "credit = 0.5"))
    with Engine(lab) as engine:
        question = engine.grade(out.parent / "bob.ipynb", "bob").question("q1")
    assert (question.recognised, question.points) == ("twice-as-much", 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--draft", "99", "--name", "x"], "There is no group 99"),
        (["--draft", "1", "--name", "Not A Name"], "name the mistake in lower-case letters"),
    ],
)
def test_what_cannot_be_written_is_reported(kit: tuple[Lab, Path], arguments: list[str], said: str) -> None:
    lab, out = kit
    done = gatelab("misses", out, "--root", lab.assignment.parents[1], *arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_a_folder_without_reports_is_reported(tmp_path: Path) -> None:
    done = gatelab("misses", tmp_path, "--root", TINY)
    assert done.exit_code == 2
    assert "holds no reports" in done.output


def test_the_code_of_a_question_is_what_its_names_use() -> None:
    sources = {
        0: "import torch\n%magic",
        1: "import math\nimport os.path, sys\nfrom torch import nn as layers\ndef helper(x):\n    return math.sqrt(x)\ndef unused():\n    pass",
        2: "def f(x):\n    return other(helper(x))\nprint(f(1))",
        3: "def other(x):\n    return x\ndef f(x):\n    return helper(x) + other(1)",
    }
    assert own_code(sources, ["f"], ["other"]) == (
        "import math\n\n\ndef helper(x):\n    return math.sqrt(x)\n\n\ndef f(x):\n    return helper(x) + other(1)"
    )
    assert own_code(sources, ["g"], []) == ""
