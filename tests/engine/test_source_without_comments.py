"""What is left of Python code without comments and docstrings is the same code."""

from __future__ import annotations

import pytest

from gatelab.source_without_comments import without_comments

NO_ENDS = [
    "\x0c",
    "\x0b",
    "\x1c",
    "\x85",
    "\u2028",
]  # of a line, for Python; `str.splitlines` ends one at each


@pytest.mark.parametrize("letter", NO_ENDS, ids=ascii)
def test_a_letter_that_ends_no_line_moves_no_cut(letter: str) -> None:
    source = f'''x = """{letter}"""  # a comment
def f(a):
    """Its docstring."""
    if a:
        raise ValueError("no")  # another
    return a
'''
    left = f'x = """{letter}"""\ndef f(a):\n    if a:\n        raise ValueError("no")\n    return a'
    assert without_comments(source) == left
    assert without_comments(source, keep_error_texts=False) == left.replace(' ValueError("no")', "")


def test_an_ending_of_two_letters_is_one_of_a_line() -> None:
    source = "x = 1  # one\r\n\r\ny = 2  # two\r\n"
    assert without_comments(source) == "x = 1\ny = 2"
