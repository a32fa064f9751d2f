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


def install() -> None:
    """Show the results of our checks in our way, and all others as otter does."""
    for name, ours in (("summary", as_text), ("_repr_html_", as_html)):
        setattr(ExceptionTestFile, name, _instead(getattr(ExceptionTestFile, name), ours))


def _instead(theirs: Callable[..., str], ours: Callable[[Any], str]) -> Callable[..., str]:
    if hasattr(theirs, "instead_of"):  # the package was imported again
        theirs = theirs.instead_of

    def shown(result: Any, *given: Any, **named: Any) -> str:
        mine = not result.passed_all and all(hasattr(case.body, "told") for case in result.test_cases)
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
    """What an answer itself writes to stderr, a warning or a progress bar, is no failure: Validate gets it as ordinary output."""
    return contextlib.redirect_stderr(sys.stdout) if validating() else contextlib.nullcontext()


def as_text(result: Any) -> str:
    """For places without HTML."""
    cases = []
    for one in result.test_case_results:
        told = "\n".join(indent(text, "    ") for text in _told(one))
        cases.append(f"{'✅' if one.passed else '❌'} {one.test_case.name}" + (f"\n{told}" if told else ""))
    return f"{result.name} results:\n" + "\n".join(cases)


def as_html(result: Any) -> str:
    """Names in backticks as code."""
    cases = []
    for one in result.test_case_results:
        name = html.escape(one.test_case.name)
        told = "".join(f"<p style='margin: 0.2em 0 0.4em 1.8em;'>{_marked(text)}</p>" for text in _told(one))
        cases.append(
            f"<p style='margin: 0.4em 0 0;'>{'✅' if one.passed else '❌'} <strong>{name}</strong></p>{told}"
        )
    return "".join(cases)


def _told(one: Any) -> list[str]:
    return [] if one.passed else [text for text in one.test_case.body.told if text]


def _marked(text: str) -> str:
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text, quote=False))
