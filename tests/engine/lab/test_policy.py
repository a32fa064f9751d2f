"""What a lab tells the engine besides its questions, and that the engine knows nothing of it by itself."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from small_lab import small_lab

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
        ("[withheld.operators]\nlstm_cell = 3", "[withheld]: operators must be a table of texts"),
        ("[withheld]\n[bench]\npart = ['q99']", "[bench]: q99: no such question"),
        ("messages = [", "policy.toml: "),
    ],
)
def test_a_broken_policy_is_reported_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    lab = small_lab(tmp_path)
    (lab.hidden / "policy.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=re.escape(says)):
        Lab.in_repository(lab.assignment.parents[1]).check()


def test_a_question_that_withholds_must_say_what(tmp_path: Path) -> None:
    lab = small_lab(tmp_path)
    (lab.hidden / "policy.toml").unlink(missing_ok=True)
    with pytest.raises(LabError, match=r"library = false; write what that is under \[withheld\]"):
        Lab.in_repository(lab.assignment.parents[1]).check()


def test_another_lab_withholds_what_its_own_policy_says(tmp_path: Path) -> None:
    """A lab about something else: its operators refuse, with its own sentence, and this lab's are at hand."""
    lab = small_lab(tmp_path)
    root = lab.assignment.parents[1]
    table = lab.assignment / "lab.toml"
    text = re.sub(r"^library = .*\n", "", table.read_text(encoding="utf-8"), flags=re.M)
    table.write_text(
        re.sub(r"^(points = .*)$", r"\1\nlibrary = false", text, count=1, flags=re.M), encoding="utf-8"
    )
    (lab.hidden / "policy.toml").write_text(
        'preload = []\n[withheld]\nsays = "write the softmax out"\n'
        '[withheld.operators]\n"softmax.int" = "CompositeImplicitAutograd"\n',
        encoding="utf-8",
    )
    source = root / "ada.ipynb"
    from small_lab import SETUP, write_notebook

    calls = "import torch\ndef lstm_step(*_):\n    torch.nn.LSTM(2, 3)(torch.ones(1, 1, 2))\n    return torch.ones(2).softmax(0)\n"
    write_notebook(source, SETUP, calls)
    with Engine(Lab.in_repository(root)) as engine:
        report = engine.grade(source)
    messages = " ".join(part.message for part in report.question("q1").parts)
    assert "write the softmax out" in messages, messages
    shutil.rmtree(root)
