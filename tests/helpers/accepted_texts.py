"""Converts what students get to text that can be compared, for the records of the sample class and of the bank.

A record is a text file of sections, `== name` and the lines below it; `make accept` and `make accept-bank` write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

# Another processor rounds differently, which changes the result of training, so numbers with a decimal point only have to be present.
MEASURED = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?|\bnan\b|\d+e-\d+")


def by_message(parts: Iterable[tuple[str, str]]) -> list[str]:
    """One line for each message, after the parts (name, message) that have it."""
    found: dict[str, list[str]] = {}
    for name, message in parts:
        found.setdefault(message, []).append(name)
    return [f"  {', '.join(names)}: {message}" for message, names in found.items()]


def read(path: Path) -> dict[str, str]:
    """The sections of a record, by name."""
    found: dict[str, str] = {}
    for section in re.split(r"^== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        found[name] = text.rstrip("\n") + "\n"
    return found


def write(path: Path, sections: Mapping[str, str]) -> None:
    """Write a record with these sections, replacing the previous one."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(f"== {name}\n{text}" for name, text in sections.items()), encoding="utf-8")
