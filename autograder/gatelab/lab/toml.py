"""Reads TOML files that people write by hand; an error is one sentence with the line and what was probably meant."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

from gatelab.text import brief

AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
# The beginning of tomllib's message → what to do
ADVICE = {
    "Invalid value": "a text is in quotes, a number has no letters, and true and false are lower case",
    "Expected newline": "there is one entry on a line, a number has a decimal point (4.5), and a text has no quotes inside",
    "Cannot overwrite": "it is there twice; leave one of them",
    "Cannot declare": "this table is there twice; leave one of them",
    "Illegal character": "a text ends on its own line, with the quotes that it began with",
    "Expected '='": "an entry is a name, an equals sign and a value",
    "Unescaped": "write a backslash in a text twice",
}


class TomlError(ValueError):
    """The file cannot be read as TOML. The message is a sentence that names it."""


def read_toml(path: Path) -> dict[str, Any]:
    """The table of a file, with or without the byte order mark that Windows editors put first.

    Raises OSError (FileNotFoundError if there is no file) and TomlError.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except UnicodeError as error:
        raise TomlError(f"{path}: it is not UTF-8 text; save it as UTF-8.") from error
    except RecursionError as error:
        raise TomlError(f"{path}: its lists are nested too deeply.") from error
    except tomllib.TOMLDecodeError as error:
        raise TomlError(_sentence(path, text, str(error))) from error


def shown(value: object) -> str:
    """A value as it can be typed in the file, for a sentence about it."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _quoted(value)
        case date() | time():
            return value.isoformat()
        case dict():
            return (
                f"{{ {', '.join(f'{_key(key)} = {shown(each)}' for key, each in value.items())} }}"
                if value
                else "{}"
            )
        case list() | tuple():
            return f"[{', '.join(map(shown, value))}]"
    return repr(value)  # numbers, with inf and nan as in TOML


def _quoted(text: str) -> str:
    """A text in quotes. In double ones TOML has JSON's escapes, except for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _sentence(path: Path, text: str, message: str) -> str:
    at = AT.search(message)
    why = message[: at.start()] if at else message
    lines = text.replace("\r\n", "\n").split("\n")
    if at and at[1] and int(at[1]) <= len(lines):
        line = lines[int(at[1]) - 1].strip()
        place = f", line {at[1]}"
        shown = f"`{brief(line)}`" if line else "an empty line"
    else:
        place, shown = "", "its end"
    advice = next((words for begin, words in ADVICE.items() if why.startswith(begin)), "")
    return (
        f"{path}{place}: {shown} cannot be read ({why[:1].lower()}{why[1:]}){'; ' if advice else ''}{advice}."
    )
