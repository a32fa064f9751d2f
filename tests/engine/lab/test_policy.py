"""What a lab tells the engine besides its questions, and that the engine knows nothing of it by itself."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from notebooks import write_notebook
from tiny_lab import SETUP, tiny_lab

from gatelab.grading.engine import Engine
from gatelab.lab.policy import Policy
from gatelab.lab.spec import Lab, LabError

ROOT = Path(__file__).resolve().parents[3]
# Names of this lab's subject; PyTorch's names of parameters and of the RNN that its messages speak of are the field's.
LAB_WORDS = re.compile(
    r"lstm|(?<![a-z])gru(?![a-z])|seq2seq|teacher|forget.gate|greedy|\bq(?:[4-9]|1[0-2][ab]?)\b",
    re.IGNORECASE,
)
EXAMPLES = re.compile(r"lstm-gru|lstm_step|lstm_cell|LSTM\.forward|\"LSTM\"")  # in docstrings, to show a form


def test_the_engine_holds_no_word_of_the_lab() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "autograder" / "gatelab").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if LAB_WORDS.search(EXAMPLES.sub("", line))
    ]
    assert found == []


def test_a_lab_may_come_without_a_policy(tmp_path: Path) -> None:
    assert Policy.read(tmp_path / "policy.toml") == Policy()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("withheld = 3", "withheld must be a table; it is 3."),
        ("preload = 'torch'", "preload must be a list of texts; it is 'torch'."),
        (
            "shortcut = {}",
            "there is no key shortcut; there are preload, messages, shortcuts, withheld, bench.",
        ),
        ("[withheld]\noperator = {}", "[withheld]: there is no key operator"),
        ("[withheld.operators]\nsoftmax = 3", "[withheld]: operators must be a table of texts"),
        ("[withheld]\n[bench]\npart = ['q99']", "[bench]: q99: no such question"),
        ("messages = [", "policy.toml: "),
    ],
)
def test_a_broken_policy_is_reported_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    lab = tiny_lab(tmp_path)
    (lab.hidden / "policy.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=re.escape(says)):
        Lab.in_repository(lab.assignment.parents[1]).check()


def forbid_the_library(lab: Lab) -> None:
    """Let q1, the first of the table, withhold what its policy says."""
    table = lab.assignment / "lab.toml"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("points = 4\n", "points = 4\nlibrary = false\n"), encoding="utf-8")


def test_a_question_that_withholds_must_say_what(tmp_path: Path) -> None:
    lab = tiny_lab(tmp_path)
    forbid_the_library(lab)
    (lab.hidden / "policy.toml").unlink()
    with pytest.raises(LabError, match=r"library = false; write what that is under \[withheld\]"):
        Lab.in_repository(lab.assignment.parents[1]).check()


def test_another_lab_withholds_what_its_own_policy_says(tmp_path: Path) -> None:
    """Its operators refuse, with its own sentence, and those of a lab about LSTMs are at hand."""
    lab = tiny_lab(tmp_path)
    root = lab.assignment.parents[1]
    forbid_the_library(lab)
    (lab.hidden / "policy.toml").write_text(
        'preload = []\n[withheld]\nsays = "write the softmax out"\n'
        '[withheld.operators]\n"softmax.int" = "CompositeImplicitAutograd"\n',
        encoding="utf-8",
    )
    source = root / "ada.ipynb"
    calls = (
        "def softmax(logits):\n    torch.nn.LSTM(2, 3)(torch.ones(1, 1, 2))\n    return logits.softmax(1)\n"
    )
    write_notebook(source, SETUP, calls)
    with Engine(Lab.in_repository(root)) as engine:
        report = engine.grade(source)
    messages = " ".join(part.told for part in report.question("q1").parts)
    assert "write the softmax out" in messages, messages
    shutil.rmtree(root)
