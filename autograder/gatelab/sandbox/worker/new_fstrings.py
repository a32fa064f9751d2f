"""f-strings as in Python 3.12, for a grader that runs 3.11: `f"{d["x"]}"`, `f'{'\\n'.join(lines)}'`; and the
t-strings of 3.14.

Students write the notebook in Colab's Python or in one newer than the grader's. Use this only on code that this Python
cannot parse. Every line keeps its number.
"""

from __future__ import annotations

import ast
import re
import sys

STRING = re.compile(r"(?i)(?<![\w])(?P<prefix>[rbuft]{0,2})(?P<quote>'''|\"\"\"|'|\")")
TEMPLATE = "__template__"  # a field of this name marks a t-string (templates.py makes it one again)
OPENING, CLOSING = "([{", ")]}"


def for_this_python(source: str) -> str:
    """The source rewritten for this Python; unchanged if that is not possible."""
    if sys.version_info >= (3, 14):
        return source
    try:
        return _rewrite_code(source, 0, "")[0]
    except (IndexError, ValueError, SyntaxError, RecursionError):
        return source


def _rewrite_code(source: str, at: int, ends: str, outer: str = "") -> tuple[str, int]:
    """Code from `at` to one of the characters `ends` outside all brackets (to the end if `ends` is empty).

    outer: the quote of the f-string that contains the code. Returns the rewritten code and where it ends.
    """
    parts: list[str] = []
    depth = 0
    while at < len(source):
        character = source[at]
        if not depth and character in ends and source[at : at + 2] != "!=":
            return "".join(parts), at
        found = STRING.match(source, at)
        if found:
            text, at = _rewrite_string(source, found, outer)
            parts.append(text)
            continue
        if character == "#" and not outer:
            end = source.find("\n", at)
            end = len(source) if end < 0 else end
            parts.append(source[at:end])
            at = end
            continue
        depth += (character in OPENING) - (character in CLOSING)
        parts.append(character)
        at += 1
    if ends:
        raise ValueError("unterminated")
    return "".join(parts), at


def _rewrite_string(source: str, found: re.Match[str], outer: str) -> tuple[str, int]:
    """A string that begins at `found`, and where it ends."""
    prefix, quote = found["prefix"], found["quote"]
    if {"f", "t"} & set(prefix.lower()):
        return _rewrite_f_string(source, found.end(), prefix, quote, outer)
    at = found.end()
    while not source.startswith(quote, at):
        at += 2 if source[at] == "\\" else 1
    text = source[found.start() : at + len(quote)]
    if outer and "\\" in text and "b" not in prefix.lower():  # 3.11: no backslash in an f-string's braces
        value = ast.literal_eval(text)
        text = f"({quote[0]}{'%c' * len(value)}{quote[0]} % ({''.join(f'{ord(c)},' for c in value)}))"
    return text, at + len(quote)


def _rewrite_f_string(source: str, at: int, prefix: str, quote: str, outer: str) -> tuple[str, int]:
    parts: list[str] = []
    needs_triple = False
    if "t" in prefix.lower():
        prefix = re.sub("[tT]", "f", prefix)
        parts.append(f"{{{TEMPLATE}}}")
    while not source.startswith(quote, at):
        two = source[at : at + 2]
        if source[at] == "{" and two != "{{":
            field, at = _rewrite_field(source, at + 1, quote)
            needs_triple = needs_triple or quote[0] in field or "\n" in field
            parts.append("{" + field + "}")
            continue
        named = re.compile(r"\\N\{[^}]*\}").match(source, at) if "r" not in prefix.lower() else None
        step = named[0] if named else two if two in ("{{", "}}") else source[at]
        if step == "\\" and two[1:] not in ("{", "}"):
            step = two
        parts.append(step)
        at += len(step)
    text, delimiter = "".join(parts), quote
    if needs_triple and len(quote) == 1:
        # Triple quotes allow single ones inside; within another f-string use the other kind of quote.
        other = "'" if quote == '"' else '"'
        delimiter = (other if outer and outer[0] == quote and other not in text else quote) * 3
    return f"{prefix}{delimiter}{text}{delimiter}", at + len(quote)


def _rewrite_field(source: str, at: int, quote: str) -> tuple[str, int]:
    """The text between braces, `at` being just after the first: an expression, a conversion, a format."""
    text, at = _rewrite_code(source, at, "!:}", quote)
    parts = [text]
    while source[at] != "}":
        if source[at] == "{":
            inner, at = _rewrite_field(source, at + 1, quote)
            parts.append("{" + inner + "}")
        else:
            parts.append(source[at])
            at += 1
    return "".join(parts), at + 1
