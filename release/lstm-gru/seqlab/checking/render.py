"""What a failed check looks like: its message, and no line of the test file, since the mistake is not there.

otter shows every failed test with the line of the test file that raised. For our checks that is noise around the sentence
that matters, and otter's HTML does not escape a message: a `<class 'X'>` in it would vanish.

nbgrader's Validate takes any other output of a cell for success, so there a failed check writes to stderr.
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
# Signs that text fonts have (an emoji is an empty box where no emoji font is installed), and a word for those who listen.
PASSED, FAILED = ("✓", "passed", "--jp-success-color1"), ("✗", "not yet", "--jp-error-color1")


def install() -> None:
    """Show the results of our checks in our way, and all others as otter does."""
    for name, ours in (("summary", as_text), ("_repr_html_", as_html)):
        setattr(ExceptionTestFile, name, _instead(getattr(ExceptionTestFile, name), ours))


def _instead(theirs: Callable[..., str], ours: Callable[[Any], str]) -> Callable[..., str]:
    if hasattr(theirs, "instead_of"):  # the package was imported again
        theirs = theirs.instead_of

    def shown(result: Any, *given: Any, **named: Any) -> str:
        mine = all(hasattr(case.body, "sentences") for case in result.test_cases)
        mine = mine and not (ours is as_text and result.passed_all)  # otter's one line of text has no emoji
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
    """What an answer itself writes to stderr, a warning or a progress bar, is not a failure: Validate gets it as ordinary output."""
    return contextlib.redirect_stderr(sys.stdout) if validating() else contextlib.nullcontext()


def as_text(result: Any) -> str:
    """For places without HTML."""
    cases = []
    for one in result.test_case_results:
        lines = "\n".join(indent(text, "    ") for text in _sentences(one))
        sign, word, _ = PASSED if one.passed else FAILED
        cases.append(f"{sign} {one.test_case.name}: {word}" + (f"\n{lines}" if lines else ""))
    return f"{result.name} results:\n" + "\n".join(cases)


def as_html(result: Any) -> str:
    """Names in backticks as code."""
    if result.passed_all:
        return f"<p>{_sign(PASSED)} <strong>{html.escape(result.name)}</strong> passed!</p>"
    cases = []
    for one in result.test_case_results:
        name = html.escape(one.test_case.name)
        lines = "".join(
            f"<p style='margin: 0.2em 0 0.4em 1.8em;'>{_marked(text)}</p>" for text in _sentences(one)
        )
        outcome = PASSED if one.passed else FAILED
        cases.append(
            f"<p style='margin: 0.4em 0 0;'>{_sign(outcome)} <strong>{name}</strong>: {outcome[1]}</p>{lines}"
        )
    return "".join(cases)


def _sign(outcome: tuple[str, str, str]) -> str:
    """In JupyterLab's colour for it, of the light or the dark theme; elsewhere as the text is."""
    sign, _, colour = outcome
    return f"<span style='color: var({colour}, inherit);' aria-hidden='true'>{sign}</span>"


def _sentences(one: Any) -> list[str]:
    return [] if one.passed else [text for text in one.test_case.body.sentences if text]


def _marked(text: str) -> str:
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text, quote=False))
