"""A line that the grader quotes is the student's own, with its own number, however IPython rewrites the cell."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from gatelab.sandbox.worker.lines import source_lines, to_python
from helpers.shares import WHOLE

# What may stand between two statements: each is whole lines.
BETWEEN = st.sampled_from(
    [
        "", "   ", "\t", "# a comment", "%matplotlib inline", "%time sum(range(3))", "!ls -l", "a = !ls", "b = %pwd", "len?",
        "%time print(1, \\\n    2)", "!echo one \\\n  two \\\n  three", "c = !ls \\\n  -l", "text = '''\n\n%time\n'''", "(1 +\n\n 2)",
        "if True:\n    %pwd \\\n    x\n\n    pass", "def f():\n    !ls \\\n    -l\n    return 1", "'\x0c'", "'\u2028'", "??len",
    ]
)  # fmt: skip


@settings(deadline=None)  # the first example imports IPython
@given(st.lists(BETWEEN | st.just("mark()"), max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_statement_keeps_its_line(pieces: list[str], newline: str, ended: bool) -> None:
    source = "\n".join([*pieces, "mark()"])
    wanted = [n for n, line in enumerate(source.split("\n"), start=1) if line == "mark()"]
    source = source.replace("\n", newline) + newline * ended
    found = [
        node.lineno
        for node in ast.parse(to_python(source)).body
        if isinstance(node, ast.Expr) and ast.unparse(node) == "mark()"
    ]
    assert found == wanted
    lines = source_lines(source)
    assert all(lines[n - 1] == "mark()" for n in wanted)


@pytest.mark.parametrize("before", ["\n\n", "  \n\t\n", "%time 1\n", "!echo a \\\n b\n", "\n%pwd\n\n"])
def test_the_place_of_a_syntax_error_is_the_students(before: str) -> None:
    with pytest.raises(SyntaxError) as error:
        ast.parse(to_python(before + "x = 1\ndef f(:\n    pass\n"))
    assert error.value.lineno == before.count("\n") + 2


def test_prompts_and_indentation_from_a_paste_are_removed() -> None:
    assert to_python("\n>>> x = 1\n>>> y = 2\n") == "\nx = 1\ny = 2\n"
    assert to_python("\n    x = 1\n    y = 2\n") == "\nx = 1\ny = 2\n"


# What IPython's rewriting looks at, and what may stand around it.
pieces = st.sampled_from(
    ["%", "%%", "!", "?", ",", ";", "/", "=", "==", "!=", "(", ")", "[", "]", "\\\n", "\n", "\n    ", "\f", "\t", " ", "a", "b.c", "1",
     "'", '"', "'''", "#", ":", "def f():", "*", "pip install x", "a = %time b", "x?", "-"]
)  # fmt: skip


@given(st.lists(pieces, max_size=12).map("".join))
@settings(max_examples=3000 if WHOLE else 600, deadline=None)
def test_a_cell_is_rewritten_wherever_ipython_would_rewrite_it(source: str) -> None:
    try:
        by_ipython = TransformerManager().transform_cell(source)
    except (SyntaxError, IndexError):
        return  # Python raises one for what is left alone
    # They differ in the empty lines that IPython takes away.
    assert to_python(source).split() == by_ipython.split()


def test_a_magic_without_a_name_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError):
        to_python("a = %'''")
