# Written by gatelab build from autograder/gatelab/handed_out/stub.py; change it there.
"""The stub: the line in place of an answer that is not written yet. The build writes it, and everything that must recognise it uses
this module.

It is a line of the student's own notebook, so it can only raise one of Python's exceptions. Whether something is a stub depends on
that type and on the question's ID before the colon; the words after the colon are for the student. They are read only to tell another
question's stub from a student's own `raise NotImplementedError("todo: later")`.
"""

from __future__ import annotations

import ast
import re

WORDS = "not written yet"
ERROR = NotImplementedError.__name__


def message(question: str) -> str:
    """`q1: not written yet`"""
    return f"{question}: {WORDS}"


def line(question: str) -> str:
    """`raise NotImplementedError("q1: not written yet")`"""
    return f'raise {ERROR}("{message(question)}")'


def is_of(question: str, text: str) -> bool:
    """Whether the text of a NotImplementedError is that of this question's stub."""
    return re.match(rf"{re.escape(question)}\b", text) is not None


def question_of(text: str) -> str:
    """The question whose stub has this text; "" if it is not a stub's."""
    found = re.match(rf"([a-z][a-z0-9]*): {WORDS}\b", text)
    return found[1] if found else ""


def is_stub(node: ast.AST | None, question: str = "") -> bool:
    """Whether a statement is a stub's line, and that of `question`, if given."""
    raised = node.exc if isinstance(node, ast.Raise) else None
    error, given = (raised.func, raised.args) if isinstance(raised, ast.Call) else (raised, [])
    if not isinstance(error, ast.Name) or error.id != ERROR:
        return False
    text = given[0].value if given and isinstance(given[0], ast.Constant) else None
    return not question or (isinstance(text, str) and is_of(question, text))


def does_nothing(node: ast.AST) -> bool:
    """Whether a statement is only a value: a docstring, or the dots in place of a body."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
