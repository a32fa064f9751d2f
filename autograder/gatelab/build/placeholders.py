"""Finds what looks like a placeholder and would reach students as it stands: misspelt in a master, or anywhere in another file.

Text in double braces is also ordinary: in formulas (`\\frac{{a}}{b}`), in code (f-strings, templates) and in pages about either. There only
a placeholder's name in capitals, or one much like it, counts; in plain text, anything with a word in it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from gatelab.handed_out.near import nearest
from gatelab.sandbox.worker.lines import NEWLINE

# Name → how it is written: the build replaces these in a master, and no others.
FORMS = {
    "POINTS": "{{POINTS}}",
    "THRESHOLD": "{{THRESHOLD q1}}",
    "DUE": "{{DUE}}",
    "COLAB_URL": "{{COLAB_URL}}",
    "HANDOUT_URL": "{{HANDOUT_URL}}",
    "HANDOUT_SUM": "{{HANDOUT_SUM}}",
}
LIKE = 0.7  # of a name's letters must agree for it to be meant
_BRACES = re.compile(r"(?<!\{)\{\{(?!\{)([^{}]{1,80})\}\}(?!\})")
# One brace, or a wrong number of them, around a name as it is spelt.
_WRONG_BRACES = re.compile(rf"\{{+\s*(?:{'|'.join(FORMS)})\b[^{{}}\n]{{0,80}}\}}+")
_NAME = re.compile(r"\s*([^\W\d]\w*)([^{}]*)")
# Code and formulas in Markdown. A formula in single dollars may go over a line's end, but not over an empty line; what has no sign of
# TeX's in it may be two prices.
_INLINE = r"(?:[^$\n]|\n(?!\s*\n))"
_NOT_PLAIN = re.compile(
    r"^[ \t]*(?P<fence>```+|~~~+).*?(?:^[ \t]*(?P=fence)|\Z)|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
    r"|<(?P<tag>pre|code)\b.*?</(?P=tag)>|(?:(?<=\n\n)|\A)(?:(?: {4}|\t)[^\n]*(?:\n+|\Z))+"
    rf"|\$\$.*?\$\$|(?<![\\$])\$(?!\$){_INLINE}*?[\\_^]{_INLINE}*?\$|(?<![\\$])\$(?!\$){_INLINE}+?\$(?!\d)"
    r"|\\\(.*?\\\)|\\\[.*?\\\]"
    r"|\\begin\{(?P<environment>[^}]*)\}.*?\\end\{(?P=environment)\}",
    re.DOTALL | re.MULTILINE,
)


def in_markdown(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each in Markdown."""
    yield from _found(text, [match.span() for match in _NOT_PLAIN.finditer(text)], [])


def in_code(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each in Python or any other code: f-strings are left out."""
    yield from _found(text, [(0, len(text))], list(_f_strings(text)))


def why_none(written: str) -> str:
    """Why text in a master is no placeholder, as a phrase after it."""
    word, rest = _parts(written)
    meant = _meant(word)
    if not meant:
        return f"is no placeholder; there are {', '.join(FORMS.values())}; other double braces belong in code or a formula"
    ids = re.findall(r"\w+", rest) if meant in ("POINTS", "THRESHOLD") else []
    form = "{{" + " ".join([meant, *ids]) + "}}" if ids else FORMS[meant]
    return f"is no placeholder (did you mean {form}?)"


def _found(
    text: str, odd: list[tuple[int, int]], skipped: list[tuple[int, int]]
) -> Iterator[tuple[int, str]]:
    """`odd`: where only names in capitals count; `skipped`: where nothing does."""
    matches = {match.start(): match for match in _WRONG_BRACES.finditer(text)}
    matches |= {match.start(): match for match in _BRACES.finditer(text)}
    for at, match in sorted(matches.items()):
        if _within(at, skipped):
            continue
        in_braces = match.re is _BRACES
        word = _parts(match[0])[0]
        named = word.isupper() and bool(_meant(word))
        if (in_braces and named) if _within(at, odd) else (not in_braces or word):
            yield text.count("\n", 0, at) + 1, " ".join(match[0].split())


def _within(at: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def _parts(written: str) -> tuple[str, str]:
    """The first word between the braces, and the rest."""
    match = _NAME.match(written.strip("{}"))
    return (match[1], match[2]) if match else ("", "")


def _meant(word: str) -> str:
    return next(iter(nearest(word, FORMS, cutoff=LIKE)), "")


def _f_strings(text: str) -> Iterator[tuple[int, int]]:
    """Where f-strings are; nowhere if this is not Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    starts = [0, *(end.end() for end in NEWLINE.finditer(text))]
    lines = NEWLINE.split(text)

    def place(line: int, column: int) -> int:  # Python counts columns in bytes
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode(errors="replace"))

    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            assert node.end_lineno is not None and node.end_col_offset is not None
            yield place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)
