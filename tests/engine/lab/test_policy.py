"""What a lab tells the engine besides its questions; the engine itself contains none of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gatelab.grading.engine import Engine
from gatelab.lab.policy import Policy
from gatelab.lab.spec import Lab, LabError
from helpers.command import gatelab
from helpers.notebooks import write_notebook
from helpers.tiny_lab import RIGHT, SETUP, tiny_lab

ROOT = Path(__file__).resolve().parents[3]
ENGINE = ROOT / "autograder" / "gatelab"


def test_a_lab_may_come_without_a_policy(tmp_path: Path) -> None:
    assert Policy.read(tmp_path / "policy.toml") == Policy()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("withheld = 3", "withheld must be a table; it is 3."),
        ("preload = 'torch'", 'preload must be a list of texts; it is "torch".'),
        (
            "shortcut = {}",
            "there is no key shortcut (did you mean shortcuts?); there are preload, shows, messages, names, shortcuts, withheld, axes, "
            "meanings, bench; its value is {}.",
        ),
        ("preload = [3]", "preload must be a list of texts; it is [3]."),
        ("[withheld]\noperator = {}", "[withheld]: there is no key operator"),
        ("[withheld.operators]\nsoftmax = 3", "[withheld]: operators must be a table of texts"),
        ("[withheld]\n[bench]\npart = ['q99']", '[bench]: part names "q99"; q99: no such question'),
        (
            "[bench]\ncosts = { q1 = -1 }",
            "[bench]: costs must be a table of numbers, none negative; it is { q1 = -1 }.",
        ),
        ("[bench]\ncpu = -1", "[bench]: cpu must be a number, not negative; it is -1."),
        ("[bench]\ncosts = { q1 = true }", "[bench]: costs must be a table of numbers, none negative"),
        (
            "[axes]\nN = 'batch'",
            'policy.toml: axes must be tables named by the letter of an axis, as in [axes.N] with name = "batch"; '
            'it is { N = "batch" }.',
        ),
        (
            "[axes.N]\nplace = 'rows'",
            'policy.toml, [axes.N]: there is no key place (did you mean places?); there are name, places, step; its value is "rows".',
        ),
        ("[axes.N]\nname = 3", "policy.toml, [axes.N]: name must be a text in quotes; it is 3."),
        ("[axes.NM]\nname = 'none'", "policy.toml: axes must be tables named by the letter of an axis"),
        ("[axes.'?']\nname = 'none'", "policy.toml: axes must be tables named by the letter of an axis"),
        (
            "[axes.D]\nstep = 'day'",
            'policy.toml, [axes.D]: step is "day"; write as places what several of them are called.',
        ),
        (
            "[[meanings]]\npattern = 'a'\nsays = 'A.'\n[[meanings]]\npattern = '('\nsays = 'B.'",
            "policy.toml, [meanings.2]: pattern must be a regular expression of Python's in quotes, as in 'index out of range'; "
            'it is "(".',
        ),
        ("[[meanings]]\npattern = 'a'", "[meanings.1]: says is missing; it must be a text in quotes."),
        (
            "meanings = ['a']",
            'meanings must be a list of tables, each begun with [[meanings]], of pattern and says; it is ["a"].',
        ),
        ("messages = [", "policy.toml: "),
        ("preload = ['a b']", 'preload names "a b", which is not a module\'s name'),
        (
            "preload = ['softmax_lab.nothing']",
            'preload names "softmax_lab.nothing", which',
        ),
        ("bench.slow = ['q1/none']", '[bench]: slow names "q1/none", and'),
        ("bench.slow = ['q1/by_logsumexpp']", "(did you mean q1/by_logsumexp?); it must be"),
        (
            "bench.trained = ['q1']",
            '[bench]: trained names "q1", and q1 trains nothing: lab.toml has no [q1.training].',
        ),
        ("bench.costs = { q7 = 3, rest = 1 }", '[bench]: costs names "q7"; q7: no such question'),
        ("names = ['a b']", 'names holds "a b", which is not a name in Python.'),
        ("shows = ['a.b']", 'shows holds "a.b", which is not a name in Python.'),
        (
            "messages = ['hello {zz}']",
            'messages holds "hello {zz}", and there is no placeholder {zz}; there are {n}, {N}, {s}, {x}, {d}, {w}, {o}.',
        ),
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
    messages = " ".join(part.student_text for part in report.question("q1").parts)
    assert "write the softmax out" in messages, messages
    shutil.rmtree(root)


UNWORKABLE = {
    "a module that is not there": (
        'preload = ["nosuchmod"]',
        "policy.toml: preload names \"nosuchmod\", which cannot be imported (No module named 'nosuchmod'); it must be a module",
    ),
    "an operator that is not there": (
        '[withheld.operators]\n"_softmx" = "CPU"',
        'policy.toml, [withheld]: operators holds "_softmx" = "CPU", and PyTorch has no such operator (did you mean _softmax?)',
    ),
    "a dispatch key that is not there": (
        '[withheld.operators]\n"_softmax" = "GPU9"',
        '[withheld]: operators holds "_softmax" = "GPU9", which cannot be overridden (could not parse dispatch key: GPU9)',
    ),
    "a namespace that is not there": (
        '[withheld.operators]\n"atn::_softmax" = "CPU"',
        'operators holds "atn::_softmax" = "CPU", and PyTorch has no such operator; it must be',
    ),
    "a copy of a module that is not there": (
        '[withheld]\ncopies = ["torch._decompositions:softmax"]',
        '[withheld]: copies holds "torch._decompositions:softmax", which is no function here; it must be "module:name"',
    ),
    "a copy that is no function": (
        '[withheld]\ncopies = ["torch._decomp.decompositions:softmax_"]',
        '[withheld]: copies holds "torch._decomp.decompositions:softmax_", which is no function here',
    ),
}


@pytest.mark.parametrize("slip", UNWORKABLE)
def test_what_only_torch_can_tell_is_reported_before_the_first_submission(tmp_path: Path, slip: str) -> None:
    text, says = UNWORKABLE[slip]
    lab = tiny_lab(tmp_path)
    (lab.hidden / "policy.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=re.escape(says)) as caught:
        Engine(Lab.in_repository(tmp_path)).__enter__()
    assert "\n" not in str(caught.value)


def test_no_class_is_graded_with_a_misspelt_dispatch_key(tmp_path: Path) -> None:
    lab = tiny_lab(tmp_path / "kit")
    forbid_the_library(lab)
    (lab.hidden / "policy.toml").write_text('[withheld.operators]\n"_softmax" = "GPU9"\n', encoding="utf-8")
    handed = tmp_path / "handed"
    handed.mkdir()
    write_notebook(handed / "ada.ipynb", SETUP, *RIGHT.values())
    done = gatelab("grade", handed, "-o", tmp_path / "out", "--root", tmp_path / "kit")
    assert done.exit_code == 2 and '"_softmax" = "GPU9"' in done.output.replace("\n", " "), done.output
    assert "Traceback" not in done.output
