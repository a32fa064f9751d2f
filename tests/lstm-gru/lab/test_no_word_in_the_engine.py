"""The engine holds no word of this lab: not of its subject, its questions, its axes, its bank or its package."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ENGINE = ROOT / "autograder" / "gatelab"
# Of this lab: its subject, its layers, what its tensors and its questions are about.
LAB_WORDS = re.compile(
    r"seqlab|lstm|(?<![a-z])(?:gru|rnn)(?![a-z])|recurrent|seq2seq|teacher.forc|(?:forget|input|output|reset|update).gate|greedy|"
    r"time.?steps?\b|source[ _-](?:time|steps?)\b|\bsequences\b|hidden.(?:state|size)|vocabular|packed.?sequence|pack_(?:padded|sequence)|"
    r"(?:weight|bias)_[ih]h|\bq(?:[03-9]|[12][ab]|\d\d+[ab]?)\b",
    re.IGNORECASE,
)
# Its axes, as "N", "N T H", (N, T, H) and T = 3 are written.
AXES = "[NTSDHVKEL]"
LAB_AXES = re.compile(rf"""["']{AXES}(?: {AXES})*["']|\({AXES}(?:, [\w *]+)*,?\)|\b{AXES} = (?:\d|t\b)""")
# Tokens of Python are not tokens of a text: these rooms, in which students' answers are spoken of, read no Python.
TOKENS = re.compile(r"\btokens?\b", re.IGNORECASE)
SPOKEN = ("handed_out", "testkit", "report/outputs/templates")
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
# The modules of its package, as names that a program looks for; words of everyday English say nothing.
MODULES = re.compile(r"""["'](?:diagrams|digits|firstnames|plots|sentiment)["']""")
# Its equations and its layers' results, in examples.
EQUATIONS = re.compile(r"\bf \* c\b|\bi \* g\b|\(h, c\)|\bh, c\b|\bh_n\b|\bc_n\b")
# The name of another lab in examples; Python's type variables, torch's transpose, a place in a
# message, a window's length and the mark of pytest's errors.
EXAMPLES = re.compile(
    r"rnn-basics|\"Recurrent basics\"|TypeVar\(\"\w\"|\.attr == \"T\"|\"N\": r\"|^K = 12 |removeprefix\('E'\)"
)


# q1 and q2 stand for anybody's questions: in docstrings, comments and a command's example, and where a message shows how to write
# something. In these files, for these reasons.
SHOWN_AS_A_FORM = {
    "audit/bank_lists.py": "a table of a bank's list, in a message",
    "audit/bench.py": "a setting of policy.toml, in a message",
    "audit/seeds.py": "a row of a bank's list, in a message",
    "build/master.py": "a cell's metadata, in messages",
    "build/placeholders.py": "a placeholder, in a message",
    "cli/show.py": "an argument, in its help",
    "grading/plugin.py": "an option, in a message",
    "lab/check.py": "a table of lab.toml, in a message",
    "lab/misplaced.py": "a table of lab.toml, in a message about one without any",
    "lab/table.py": "an ID, in a message",
}
QUESTION = re.compile(r"\bq\d+[ab]?\b")


def questions_in_code(source: str) -> list[str]:
    """The texts that a program uses (not its docstrings) and that contain a question's number."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented) and node.body]
    docstrings = [body[0].value for body in bodies if isinstance(body[0], ast.Expr)]
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
        if QUESTION.search(node.value)
    ]


def words_of_the_lab(text: str, spoken: bool = False) -> list[tuple[int, str]]:
    """The lines of a text that contain such a word, with their numbers."""
    looked_for = [
        LAB_WORDS,
        LAB_AXES,
        GATES,
        CHAFF,
        PACKAGE,
        MODULES,
        EQUATIONS,
        *([TOKENS] if spoken else []),
    ]
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


def test_no_program_of_the_engine_knows_the_number_of_a_question() -> None:
    found = {
        path.relative_to(ENGINE).as_posix(): texts
        for path in sorted(ENGINE.rglob("*.py"))
        if (texts := questions_in_code(path.read_text(encoding="utf-8")))
    }
    assert {path: texts for path, texts in found.items() if path not in SHOWN_AS_A_FORM} == {}
    assert found.keys() == SHOWN_AS_A_FORM.keys(), "these name none any more"


def test_a_question_in_code_is_found_and_in_a_docstring_is_not() -> None:
    code = 'def f(n):\n    """As in q1."""\n    return f"q2 {n}", "q1"  # q1'
    assert sorted(questions_in_code(code)) == ["q1", "q2 "]


def test_the_installed_kit_is_not_described_by_the_lab() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert words_of_the_lab(settings["project"]["description"], spoken=True) == []


@pytest.mark.parametrize(
    "line",
    [
        'if axis == "N":', "axes.index('T')", 'close(h, want, "h", "N T H")', "# x (N, T, D) → outputs", "one row (N = 1)",
        "what is at T = t", "N sequences", "a time step", "the hidden state", "a recurrent layer", "pack_padded_sequence",
        "PackedSequence", "nn.LSTM", "as in q3", "q12a", "q1b", "weight_ih_l0", "the forget gate", "see q12", "the vocabulary", "torch.nn.utils.rnn",
        "SHOWS = {'plots'}", "c = f * c + i * g", "return h, c", "((h, c),)", "h_n", "TrainingError", "exact_match", "gates-swapped+another", "`q1/forget-and-input-swapped`",
    ],
)  # fmt: skip
def test_a_word_of_the_lab_is_found_however_it_is_written(line: str) -> None:
    assert words_of_the_lab(f"def f():\n    {line}") and words_of_the_lab("Which tokens go in?", spoken=True)
