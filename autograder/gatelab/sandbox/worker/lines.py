"""IPython's rewriting of a cell, with every line of the student's where it was.

IPython takes leading empty lines away and makes one line of a magic that goes on over several, so what Python says of
a line is then about another one. Here whatever it takes away leaves empty lines behind.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

NEWLINE = re.compile(r"\r\n|\r|\n")  # what ends a line for Python; `str.splitlines` knows others
# Without one of these no line can be a magic, a shell command or a question about a name; most cells have none, and to take
# them apart as IPython does costs more than to parse and run them.
PERHAPS_MAGIC = re.compile(r"\?|^\s*[%!,;/]|=[\s\\]*[%!]", re.MULTILINE)


@cache
def _in_place() -> Any:
    """A TransformerManager that keeps the numbers of the lines. (Code that only counts lines does without IPython.)"""
    from IPython.core.inputtransformer2 import TransformerManager

    class InPlace(TransformerManager):
        def do_token_transforms(self, lines: list[str]) -> list[str]:
            if not PERHAPS_MAGIC.search("\n".join(lines)):  # IPython's lines end where `str.splitlines` says
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


def to_python(source: str) -> str:
    """A cell as Python, each of its lines at its own number. Raises SyntaxError where IPython cannot read it."""
    source = NEWLINE.sub("\n", source)
    head = source[: len(source) - len(source.lstrip())].count("\n")  # IPython takes these lines away
    try:
        python: str = _in_place().transform_cell(source)
    except IndexError as error:  # IPython looks for a magic's name beyond the end
        raise SyntaxError("invalid syntax") from error
    return "\n" * head + python


def source_lines(source: str) -> list[str]:
    """The lines as Python counts them."""
    return NEWLINE.split(source)
