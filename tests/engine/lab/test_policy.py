"""What a lab tells the engine besides its questions; the engine itself contains none of it."""

from __future__ import annotations

import ast
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from notebooks import write_notebook
from tiny_lab import SETUP, tiny_lab

from gatelab.grading.engine import Engine
from gatelab.lab.policy import Policy
from gatelab.lab.spec import Lab, LabError

ROOT = Path(__file__).resolve().parents[3]
ENGINE = ROOT / "autograder" / "gatelab"
# Of this lab: its subject, its layers, what its tensors and its questions are about.
LAB_WORDS = re.compile(
    r"seqlab|lstm|(?<![a-z])(?:gru|rnn)(?![a-z])|recurrent|seq2seq|teacher|(?:forget|input|output|reset|update).gate|greedy|"
    r"time.?steps?\b|source.(?:time|steps?)\b|\bsequences\b|hidden.(?:state|size)|vocabular|packed.?sequence|pack_(?:padded|sequence)|"
    r"(?:weight|bias)_[ih]h|\bq(?:[4-9]|1[0-2][ab]?)\b",
    re.IGNORECASE,
)
# Its axes, as "N", "N T H", (N, T, H) and T = 3 are written.
AXES = "[NTSDHVKEL]"
LAB_AXES = re.compile(rf"""["']{AXES}(?: {AXES})*["']|\({AXES}(?:, [\w *]+)*,?\)|\b{AXES} = (?:\d|t\b)""")
# Tokens of Python are not tokens of a text: these rooms, in which students' answers are spoken of, read no Python.
TOKENS = re.compile(r"\btokens?\b", re.IGNORECASE)
SPOKEN = ("handed_out", "testkit", "report/templates")
GATES = re.compile(r"\bgates\b", re.IGNORECASE)  # the build has one gate
# Its bank: a name of two words or more is nobody else's.
CHAFF = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(path.stem for path in (ROOT / 'tests/lstm-gru/bank/chaff').rglob('*-*.py')))})(?![\w-])"
)


def defined_in(folder: Path) -> set[str]:
    """Public names of two words or more that the modules of a folder define at their top."""
    found = {
        node.name
        for path in folder.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    return {name for name in found if not name.startswith("_") and re.search(r"[a-z][A-Z]|_", name)}


# What its package defines, and the engine does not hand out.
PACKAGE = re.compile(
    rf"(?<!\w)(?:{'|'.join(sorted(defined_in(ROOT / 'assignment/lstm-gru/seqlab') - defined_in(ENGINE / 'handed_out')))})(?!\w)"
)
# The name of another lab in examples; Python's type variables, torch's transpose, a place in a
# message, a window's length and the mark of pytest's errors.
EXAMPLES = re.compile(
    r"rnn-basics|\"Recurrent basics\"|TypeVar\(\"\w\"|\.attr == \"T\"|\"N\": r\"|^K = 12 |removeprefix\('E'\)"
)


def words_of_the_lab(text: str, spoken: bool = False) -> list[tuple[int, str]]:
    """The lines of a text that hold one, with their numbers."""
    looked_for = [LAB_WORDS, LAB_AXES, GATES, CHAFF, PACKAGE, *([TOKENS] if spoken else [])]
    lines = enumerate((EXAMPLES.sub("", line) for line in text.splitlines()), 1)
    return [(number, line.strip()) for number, line in lines if any(one.search(line) for one in looked_for)]


def test_the_engine_holds_no_word_of_the_lab() -> None:
    files = [path for path in sorted(ENGINE.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    assert {".py", ".html", ".css"} <= {path.suffix for path in files}
    found = {
        f"{name}:{number}": line
        for path in files
        for name in [path.relative_to(ENGINE).as_posix()]
        for number, line in words_of_the_lab(path.read_text(encoding="utf-8"), name.startswith(SPOKEN))
    }
    assert found == {}


def test_the_installed_kit_is_not_described_by_the_lab() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert words_of_the_lab(settings["project"]["description"], spoken=True) == []


@pytest.mark.parametrize(
    "line",
    [
        'if axis == "N":', "axes.index('T')", 'close(h, want, "h", "N T H")', "# x (N, T, D) → outputs", "one row (N = 1)",
        "what is at T = t", "N sequences", "a time step", "the hidden state", "a recurrent layer", "pack_padded_sequence",
        "PackedSequence", "nn.LSTM", "weight_ih_l0", "the forget gate", "see q12", "the vocabulary", "torch.nn.utils.rnn",
        "TrainingError", "exact_match", "gates-swapped+another", "`q1/forget-and-input-swapped`",
    ],
)  # fmt: skip
def test_a_word_of_the_lab_is_found_however_it_is_written(line: str) -> None:
    assert words_of_the_lab(f"def f():\n    {line}") and words_of_the_lab("Which tokens go in?", spoken=True)


def test_a_lab_may_come_without_a_policy(tmp_path: Path) -> None:
    assert Policy.read(tmp_path / "policy.toml") == Policy()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("withheld = 3", "withheld must be a table; it is 3."),
        ("preload = 'torch'", "preload must be a list of texts; it is 'torch'."),
        (
            "shortcut = {}",
            "there is no key shortcut (did you mean shortcuts?); there are preload, messages, names, shortcuts, withheld, axes, "
            "meanings, bench.",
        ),
        ("preload = [3]", "preload must be a list of texts; it is [3]."),
        ("[withheld]\noperator = {}", "[withheld]: there is no key operator"),
        ("[withheld.operators]\nsoftmax = 3", "[withheld]: operators must be a table of texts"),
        ("[withheld]\n[bench]\npart = ['q99']", "[bench]: q99: no such question"),
        (
            "[bench]\ncosts = { q1 = -1 }",
            "[bench]: costs must be a table of numbers, none negative; it is {'q1': -1}.",
        ),
        ("[bench]\ncosts = { q1 = true }", "[bench]: costs must be a table of numbers, none negative"),
        (
            "[axes]\nN = 'batch'",
            'policy.toml: axes must be tables named by the letter of an axis, as in [axes.N] with name = "batch"; '
            "it is {'N': 'batch'}.",
        ),
        (
            "[axes.N]\nplace = 'rows'",
            "policy.toml, [axes.N]: there is no key place (did you mean places?); there are name, places, step.",
        ),
        ("[axes.N]\nname = 3", "policy.toml, [axes.N]: name must be a text in quotes; it is 3."),
        ("[axes.'?']\nname = 'none'", "policy.toml: axes must be tables named by the letter of an axis"),
        (
            "[axes.D]\nstep = 'day'",
            "policy.toml, [axes.D]: step is 'day'; write as places what several of them are called.",
        ),
        (
            "[[meanings]]\npattern = 'a'\nsays = 'A.'\n[[meanings]]\npattern = '('\nsays = 'B.'",
            "policy.toml, [meanings.2]: pattern must be a regular expression of Python's in quotes, as in 'index out of range'; "
            "it is '('.",
        ),
        ("[[meanings]]\npattern = 'a'", "[meanings.1]: says is missing; it must be a text in quotes."),
        (
            "meanings = ['a']",
            "meanings must be a list of tables, each begun with [[meanings]], of pattern and says; it is ['a'].",
        ),
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
    messages = " ".join(part.student_text for part in report.question("q1").parts)
    assert "write the softmax out" in messages, messages
    shutil.rmtree(root)
