"""IPython's rewriting of a cell, with every line at the student's line number.

IPython removes leading empty lines and joins a magic that continues over several lines into one, so line numbers in
errors would be wrong. Here empty lines are inserted for those that it removes.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

CELL_FILE = re.compile(r"cell (\d{1,4})", re.ASCII)  # as `cell_file` writes it
NEWLINE = re.compile(r"\r\n|\r|\n")  # the line endings of Python; `str.splitlines` also splits at others
# A cell without any of these contains no magic, shell command or `name?`; most cells have none, and transforming them as
# IPython does costs more than parsing and running them.
PERHAPS_MAGIC = re.compile(r"\?|^\s*[%!,;/]|=[\s\\]*[%!]", re.MULTILINE)


@cache
def _in_place() -> Any:
    """A TransformerManager that keeps line numbers. (Imported late, so that code that only counts lines does not need IPython.)"""
    from IPython.core.inputtransformer2 import TransformerManager

    class InPlace(TransformerManager):
        def do_token_transforms(self, lines: list[str]) -> list[str]:
            if not PERHAPS_MAGIC.search("\n".join(lines)):  # IPython splits lines as `str.splitlines` does
                return lines
            transformed: list[str] = super().do_token_transforms(lines)  # type: ignore[no-untyped-call]  # IPython's
            return transformed

        def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]:
            changed, after = super().do_one_token_transform(lines)  # type: ignore[no-untyped-call]  # IPython's
            taken = len(lines) - len(after)
            if changed and taken > 0:
                # The rewritten line is the first that differs.
                at = next(
                    (k for k, (old, new) in enumerate(zip(lines, after, strict=False)) if old != new), 0
                )
                after = [*after[: at + 1], *["\n"] * taken, *after[at + 1 :]]
            return changed, after

    return InPlace()  # type: ignore[no-untyped-call]  # IPython's


def cell_file(index: int) -> str:
    """The file name under which a cell's code is compiled: nothing else in a traceback leads back to the cell."""
    return f"cell {index}"


def cell_of(filename: str) -> int | None:
    """The number of the cell whose code has this file name; None for any other file."""
    found = CELL_FILE.fullmatch(filename)
    return int(found[1]) if found else None


def to_python(source: str) -> str:
    """A cell as Python code with its line numbers kept. Raises SyntaxError if IPython cannot parse it."""
    source = NEWLINE.sub("\n", source)
    head = source[: len(source) - len(source.lstrip())].count("\n")  # IPython removes these lines
    try:
        python: str = _in_place().transform_cell(source)
    except IndexError as error:  # IPython looks for a magic's name past the end
        raise SyntaxError("invalid syntax") from error
    return "\n" * head + python


def source_lines(source: str) -> list[str]:
    """The lines as Python counts them."""
    return NEWLINE.split(source)
