"""What happened is carried as a type, a field or a number. No sentence is searched for what it means, but those of other programs,
which carry nothing else, and those of earlier kits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import gatelab

ENGINE = Path(gatelab.__file__).parent

# Where it is done all the same: file and function → whose words they are.
ALLOWED = {
    "build/repository.py: git": "git's",
    "build/stub_calls.py: _outcome": "the stub's, which was made from the same text, and whose exception has no field",
    "cli/refusals.py: refusing": "typer's sentence gets a full stop where it has no other sign",
    "cli/refusals.py: _error_text": "typer's, whose exception has no field that says it",
    "faults.py: is_machines": "PyTorch's, where memory cannot be had",
    "grading/plugin.py: _without_assertion_rewriting": "pytest adds to a failed assertion's message",
    "grading/verdicts.py: _note_about_references": "Python's or PyTorch's, of what has no such argument, attribute or entry",
    "handed_out/checking/check.py: _line": "PyTorch's, of all that it would take",
    "handed_out/checking/leads.py: _lead": "PyTorch's, of the sizes that do not fit",
    "handed_out/checking/leads.py: _split_misread": "Python's, of how many values there were to unpack",
    "handed_out/checking/leads.py: _not_callable": "Python's, of what was called",
    "handed_out/start.py: attempted": "pip's, whose exit code does not say why",
    "handed_out/start.py: make_venv": "venv's, whose exit code does not say why",
    "handed_out/start.py: run_pip": "pip's, which marks the lines of its errors",
    "handed_out/runs.py: unknown": "Python's, of a name without a value yet",
    "integrations/nbgrader/gradebook.py: enter": "SQLite's, which has one code for all errors in a statement",
    "lab/bank.py: _docstring": "a mark that staff replace in a new file",
    "lab/toml.py: _sentence": "tomllib's, whose exception has no fields before Python 3.14",
    "report/whole_class/class_report.py: submission_of": "a class.json of an earlier kit",
    "report/record/older_formats.py: converted": "a report of an earlier kit",
    "report/record/older_formats.py: _part": "a report of an earlier kit",
    "sandbox/worker/devices.py: lacks_gpu": "PyTorch's, where there is no GPU",
    "submission/archive_child.py: _is_out_of_memory": "zlib's, whose exception has no number",
}

# What is called so is a sentence, wherever it comes from.
SENTENCES = {
    "detail", "failure_message", "hint", "message", "note", "problem", "reason", "remark", "said", "says", "sentence", "stderr",
    "student_text", "told", "why",
}  # fmt: skip
EXCEPTIONS = {"error", "failed", "lost", "refused", "sqlite_error"}
# May be what a program has said, and may be anything else: counts where words are looked for in it, not signs.
TEXTS = {"line", "output", "said", "stdout", "text"}
WORD = re.compile(r"[A-Za-z]{3}")
READING = {
    "endswith", "findall", "finditer", "fullmatch", "match", "partition", "removeprefix", "removesuffix", "rpartition", "search",
    "split", "startswith",
}  # fmt: skip


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def is_sentence(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="str"), args=[given]):
            return name_of(given) in SENTENCES | EXCEPTIONS
        case ast.Call(func=ast.Attribute(attr="lower" | "strip" | "casefold" | "rstrip", value=value)):
            return is_sentence(value)
        case ast.Call(func=ast.Attribute(attr="join"), args=[given]):
            return is_sentence(given)
        case ast.Call(func=ast.Attribute(attr="split" | "splitlines", value=value)):
            return is_sentence(value)
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=key), *_]):
            return key in SENTENCES
        case ast.Subscript(slice=ast.Constant(value=key)):
            return key in SENTENCES
    return name_of(node) in SENTENCES


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def has_words(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(WORD.search(node.value))


def is_known_text(node: ast.expr) -> bool:
    """A text that is written here, or a text that has a name: `OUT_OF_TIME`, `faults.OUT_OF_TIME`, `stub.message(id)`."""
    if isinstance(node, ast.Call):
        return name_of(node.func) in SENTENCES
    return (is_text(node) and ast.unparse(node) != "''") or name_of(node).isupper()


def compared(node: ast.Compare) -> bool:
    """Whether it decides by what a sentence is, or by what a text contains."""
    sides = [node.left, *node.comparators]
    if any(isinstance(how, ast.In | ast.NotIn) for how in node.ops):
        if has_words(node.left) and name_of(sides[-1]) in TEXTS:
            return True
        return is_sentence(sides[-1]) and (is_text(node.left) or name_of(node.left) in SENTENCES)
    if not any(isinstance(how, ast.Eq | ast.NotEq) for how in node.ops):
        return False
    return any(map(is_sentence, sides)) and any(map(is_known_text, sides))


def layout(node: ast.Call) -> bool:
    """Whether it only splits a text at spaces or lines."""
    return name_of(node.func) == "split" and all(
        isinstance(arg, ast.Constant) and arg.value == "\n" for arg in node.args
    )


def searched(node: ast.AST, place: str = "") -> Iterator[tuple[str, str]]:
    """The outermost function, and what it searches."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Compare):
            found = compared(child)
        elif (
            isinstance(child, ast.Call)
            and isinstance(child.func, ast.Attribute)
            and child.func.attr in READING
        ):
            found = any(map(is_sentence, [child.func.value, *child.args])) and not layout(child)
        else:
            found = False
        if found:
            yield place, ast.unparse(child)
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not place
        yield from searched(child, child.name if is_function else place)


def test_no_sentence_is_searched_for_what_it_means() -> None:
    found: dict[str, list[str]] = {}
    for path in sorted(ENGINE.rglob("*.py")):
        for place, what in searched(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(f"{path.relative_to(ENGINE).as_posix()}: {place}", []).append(what)
    assert {place: what for place, what in found.items() if place not in ALLOWED} == {}
    assert found.keys() == ALLOWED.keys(), "these search nothing any more"


@pytest.mark.parametrize(
    "code",
    [
        "'invalid choice' in message",
        "says and says in error['message']",
        "'forward' in str(error)",
        "re.search('invalid choice: (.*)', message)",
        "LINE.match(error.message)",
        "note.endswith('late.')",
        "part.message.partition(' (')",
        "answer.get('reason').startswith('A quick look')",
        "re.split(r'\\nassert ', str(failed))",
        "' '.join(str(error).split()).partition(', but expected')[0]",
        "report.reason == OUT_OF_TIME",
        "faults.OUT_OF_TIME != report.reason",
        "row.reason != 'Nothing was handed in.'",
        "str(error) == stub.message(id)",
        "'no such column' in str(sqlite_error)",
        "'ensurepip' in text",
    ],
)
def test_such_a_search_is_found(code: str) -> None:
    assert list(searched(ast.parse(f"def f():\n    return {code}"))) != []


@pytest.mark.parametrize(
    "code",
    ["message.split()", "said.split('\\n')", "kind in MESSAGES", "name in names", "'a' in error.names", "message == ''", "mark.why != text", "'\\n' in text", "'# ' in line"],
)  # fmt: skip
def test_other_code_is_not(code: str) -> None:
    assert list(searched(ast.parse(f"def f():\n    return {code}"))) == []
