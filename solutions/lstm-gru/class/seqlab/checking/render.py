# Written by gatelab build from autograder/gatelab/handed_out/checking/render.py; change it there.
"""Shows a failed check as its message, without a line of the test file, because the mistake is not there.

otter shows every failed test with the line of the test file that raised. For our checks that is noise around the sentence
that matters. Moreover, otter's HTML does not escape messages, so a `<class 'X'>` in one would vanish.

nbgrader's Validate takes any output except an error or stderr for success, so there a failed check writes to stderr.
"""

from __future__ import annotations

import contextlib
import html
import os
import re
import sys
from collections.abc import Callable
from textwrap import fill, indent
from typing import Any

from otter.test_files.exception_test import ExceptionTestFile

WIDTH = 80  # columns; Validate cuts longer lines
# Symbols that text fonts have (without an emoji font, an emoji is an empty box), and a word for screen readers.
PASSED, FAILED = ("✓", "passed", "--jp-success-color1"), ("✗", "not yet", "--jp-error-color1")


def install() -> None:
    """Show the results of our checks in our own way, and all others as otter does."""
    for name, ours in (("summary", as_text), ("_repr_html_", as_html)):
        setattr(ExceptionTestFile, name, _ours_or_theirs(getattr(ExceptionTestFile, name), ours))


def _ours_or_theirs(theirs: Callable[..., str], ours: Callable[[Any], str]) -> Callable[..., str]:
    if hasattr(theirs, "instead_of"):  # the package was imported again
        theirs = theirs.instead_of

    def shown(result: Any, *given: Any, **named: Any) -> str:
        mine = all(hasattr(case.body, "sentences") for case in result.test_cases)
        mine = mine and not (
            ours is as_text and result.passed_all
        )  # otter's text for it is one line without emoji
        if validating() and ours is as_text and not result.passed_all:
            text = ours(result) if mine else theirs(result, *given, **named)
            lines = (fill(line, WIDTH, subsequent_indent="    ") for line in text.splitlines())
            print("\n".join(lines), file=sys.stderr)
        return ours(result) if mine else theirs(result, *given, **named)

    shown.instead_of = theirs  # type: ignore[attr-defined]
    return shown


def validating() -> bool:
    """Whether nbgrader's Validate is running this notebook."""
    return os.environ.get("NBGRADER_EXECUTION") == "validate"


def quiet() -> contextlib.AbstractContextManager[Any]:
    """Redirect an answer's own output to stderr (a warning, a progress bar) to stdout, so that Validate does not take it for a failure."""
    return contextlib.redirect_stderr(sys.stdout) if validating() else contextlib.nullcontext()


def as_text(result: Any) -> str:
    """The result as plain text."""
    cases = []
    for one in result.test_case_results:
        lines = "\n".join(indent(text, "    ") for text in _sentences(one))
        sign, word, _ = PASSED if one.passed else FAILED
        cases.append(f"{sign} {one.test_case.name}: {word}" + (f"\n{lines}" if lines else ""))
    return f"{result.name} results:\n" + "\n".join(cases)


def as_html(result: Any) -> str:
    """The result as HTML, with names in backticks as code."""
    if result.passed_all:
        return f"<p>{_sign(PASSED)} <strong>{html.escape(result.name)}</strong> passed!</p>"
    cases = []
    for one in result.test_case_results:
        name = html.escape(one.test_case.name)
        lines = "".join(
            f"<p style='margin: 0.2em 0 0.4em 1.8em;'>{_with_code(text)}</p>" for text in _sentences(one)
        )
        outcome = PASSED if one.passed else FAILED
        cases.append(
            f"<p style='margin: 0.4em 0 0;'>{_sign(outcome)} <strong>{name}</strong>: {outcome[1]}</p>{lines}"
        )
    return "".join(cases)


def _sign(outcome: tuple[str, str, str]) -> str:
    """The symbol in JupyterLab's colour for it, which depends on the theme; elsewhere in the colour of the text."""
    sign, _, colour = outcome
    return f"<span style='color: var({colour}, inherit);' aria-hidden='true'>{sign}</span>"


def _sentences(one: Any) -> list[str]:
    return [] if one.passed else [text for text in one.test_case.body.sentences if text]


def _with_code(text: str) -> str:
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text, quote=False))
