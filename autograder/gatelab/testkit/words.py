"""Decides which words from a worker a student may see. Everything that a suite says about an answer passes through here.

A worker may have received reference code for the names that a question builds on, and could leak that code through its
words. So once it has received any, a student sees only words that the worker cannot choose freely: those of the student's own
notebook (from our copy), the names in Python and PyTorch, and the messages in KNOWN.

The worker can still choose among these words and the sizes in them, so their number is limited: a notebook as long as a
dictionary counts as having no words of its own, and a message with too many digits is withheld.

Paths of this machine are removed from every message; nothing else is removed from one that may be shown.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch

from gatelab.lab.message_forms import PLACEHOLDERS
from gatelab.limits import LINE_LIMIT, NOTEBOOK_CODE
from gatelab.sandbox.worker.lines import source_lines
from gatelab.testkit.known import patterns
from gatelab.text import cell_start, is_printable, one_line, without_paths

MAX_LENGTH = 200  # characters of a message if the worker received no reference code; those in KNOWN have up to 135, placeholders not filled in
# If it received some: characters that may be repeated from the student's notebook, enough for a long line of code.
MAX_OWN_LENGTH = 100
MAX_NAME_LENGTH = 40  # characters of a name; of the 1,648 names of Python and torch below, four are longer
MAX_PARTS = 5  # of a dotted name: torch.nn.modules.module.Module
MAX_OWN_PARTS = 2  # parts of a dotted name that are defined only in this notebook: a class and its attribute
# Digits of all numbers in a message. These carry less than eight bytes; twelve sizes of six digits could carry thirty.
MAX_DIGITS = 18
# Limits for the results of the notebook's own f-strings. They need some literal text, because an f-string of placeholders alone would
# match anything that a worker says; each placeholder is filled with a number or a shape, whose digits are counted too.
MIN_FIXED, MAX_PLACEHOLDERS = 4, 4
# Characters of a worker's text that are read, so that a hostile one costs no time; an honest worker sends at most MESSAGE_LIMIT.
MAX_READ = 1000
WITHHELD = "its message is withheld, because the grader's own solutions were loaded when it was raised"
OTHER_NAME = "another name"
NO_NAME = "an exception"

NAMES = (
    {name for name in (*dir(builtins), *dir(torch.nn)) if not name.startswith("_")}
    | {"NoneType", "Tensor", "ndarray", "float32", "float64", "function", "generator", "method", "torch", "driver", "cpu", "cuda", "mps", "meta"}
    | {"weight", "bias", "running_mean", "running_var", "num_batches_tracked", "forward"}
)  # fmt: skip
# PyTorch's other names. Reference code could be spelled out with them, so a dotted name may contain only one of them.
TORCH_NAMES = {
    name for name in (*dir(torch), *dir(torch.Tensor), *dir(torch.nn.functional)) if not name.startswith("_")
}
TORCH_NAMES |= {"tensors", "indices", "input"}
ERRORS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
# Exceptions of PyTorch, and ours for a missing name.
ERRORS |= {
    "LinAlgError",
    "OutOfMemoryError",
    "UnpicklingError",
    "NotDefined",
    "NotWritten",
    "BdbQuit",
    "StdinNotImplementedError",
    "UsageError",
}


class Words:
    """Filters the texts that come from one submission's worker.

    Args:
        sources: our copy of the submission's code cells, by number.
        known: names that the lab itself mentions.
        messages: further messages that may be shown, in the form of known.py.
    """

    def __init__(
        self, sources: Mapping[int, str], known: Iterable[str] = (), messages: tuple[str, ...] = ()
    ) -> None:
        self.sources = sources
        text = "\n".join(sources.values())
        self.text = text if len(text) <= NOTEBOOK_CODE else ""
        self.known = NAMES | set(known)
        self.patterns = patterns(messages)
        self.restricted = (
            False  # whether the worker may have received reference code, which the student must not see
        )

    @cached_property
    def names(self) -> set[str]:
        """The names in the notebook, except those that are known."""
        return set(re.findall(r"[^\W\d]\w*", self.text)) - self.known

    @cached_property
    def templates(self) -> list[re.Pattern[str]]:
        """Patterns for the results of the notebook's own f-strings; few submissions need them, so they are computed late."""
        return list(_templates(self.sources.values())) if self.text else []

    def error(self, error: Mapping[str, Any]) -> dict[str, Any]:
        """An exception as the student may see it; `withheld` says that its message is not shown."""
        kind = error["type"]
        if kind not in ERRORS and kind not in self.known and kind not in self.names:
            kind = NO_NAME
        message = self.shown(error["message"]) if kind == "NotDefined" else self.message(error["message"])
        visible = {"type": kind, "message": message, "line": self.line(error["frames"])}
        return visible | ({"withheld": True} if message is WITHHELD else {})

    def cell(self, number: int) -> str:
        """The name of a cell in all messages: `cell 12 ("def softmax…")`, counting cells of all kinds from 1."""
        return cell_name(number, self.sources)

    def message(self, text: str) -> str:
        """An exception's message as the student may see it."""
        text = without_paths(one_line(text, MAX_READ), self.text)
        if not self.restricted:
            return text[:MAX_LENGTH]
        if self._is_own(text):
            return text
        for pattern in (*self.templates, *self.patterns):
            found = pattern.match(text)
            if found and self._may_be_shown(found.groupdict()):
                text = found[0]
                for place in (place for place in found.groupdict() if place[0] == "x"):
                    text = text.replace(found[place], "…", 1)
                return text
        return WITHHELD

    def shown(self, text: str) -> str:
        """A single word (a name, a key, an entry) as the student may see it."""
        if not self.restricted:
            return one_line(text, MAX_LENGTH)
        return text if self._is_name(text) or self._is_own(text) else OTHER_NAME

    def line(self, frames: Sequence[Mapping[str, Any]]) -> str:
        """Where it was raised, as a student reads it: `cell 12 ("def softmax…"), line 3: y = x`; "" if no cell raised it."""
        last = frames[-1] if frames else None
        code = line_of(self.sources, last["cell"], last["line"]) if last else None
        return (
            "" if last is None or code is None else f"{self.cell(last['cell'])}, line {last['line']}: {code}"
        )

    def _may_be_shown(self, places: dict[str, str]) -> bool:
        """Whether a message may be shown with these texts in its placeholders."""
        digits = sum(
            letter.isdigit() for place, word in places.items() if place[0] in "nNs" for letter in word
        )
        names = (word for place, word in places.items() if place[0] == "w")
        return digits <= MAX_DIGITS and all(map(self._is_name, names))

    def _is_own(self, text: str) -> bool:
        return len(text) <= MAX_OWN_LENGTH and is_printable(text) and text in self.text

    def _is_name(self, text: str) -> bool:
        parts = text.split(".")
        own = [part for part in parts if part in self.names]
        from_torch = [
            part for part in parts if part in TORCH_NAMES and part not in self.known and part not in own
        ]
        return (
            len(text) <= MAX_NAME_LENGTH
            and len(parts) <= MAX_PARTS
            and all(
                part in self.known or part in own + from_torch or re.fullmatch("[0-9]{1,2}", part)
                for part in parts
            )
            and len(from_torch) <= 1
            and len(own) + len(from_torch) <= MAX_OWN_PARTS
        )


class WorkerText(str):
    """A text from a worker: it compares as the original text, but is formatted as what may be shown.

    (`", ".join(…)` does not format its items; join `map(str, …)` or `map(repr, …)`.)
    """

    words: Words

    def __new__(cls, text: str, words: Words) -> WorkerText:
        new = super().__new__(cls, text)
        new.words = words
        return new

    def __str__(self) -> str:
        return self.words.shown(self.raw())

    def __repr__(self) -> str:
        return repr(str(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def raw(self) -> str:
        """The worker's original text, to be sent back to it."""
        return super().__str__()

    def __getitem__(self, key: Any) -> WorkerText:
        return WorkerText(super().__getitem__(key), self.words)


def cell_name(number: int, sources: Mapping[int, str]) -> str:
    """`cell 12 ("def softmax…")`; only the number for an empty cell."""
    start = cell_start(sources.get(number, ""))
    return f'cell {number} ("{start}")' if start else f"cell {number}"


def line_of(sources: Mapping[int, str], cell: int, line: int) -> str | None:
    """The text of a cell's line, from our copy: only the numbers come from the worker. None where there is no such line."""
    lines = source_lines(sources.get(cell, ""))
    if cell not in sources or not 1 <= line <= len(lines):
        return None
    return one_line(lines[line - 1], LINE_LIMIT)


def _templates(sources: Iterable[str]) -> Iterator[re.Pattern[str]]:
    """Patterns for the results of f-strings, with numbers and shapes filled in."""
    place = (
        r"(?:torch\.Size\()?" + PLACEHOLDERS["s"] + r"\)?|" + PLACEHOLDERS["n"] + r"|torch\.(?:float|int)\d\d"
    )
    for source in sources:
        try:
            tree = ast.parse(
                re.sub(r"^([ \t]*)[%!].*", r"\1pass", "\n".join(source_lines(source)), flags=re.MULTILINE)
            )
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                pieces = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
                fixed = [piece for piece in pieces if isinstance(piece, str)]
                if sum(map(len, fixed)) >= MIN_FIXED and len(pieces) - len(fixed) <= MAX_PLACEHOLDERS:
                    found = "".join(
                        re.escape(printable_in(piece)) if isinstance(piece, str) else f"(?P<N{at}>{place})"
                        for at, piece in enumerate(pieces)
                    )
                    yield re.compile(found + r"\Z")


def printable_in(text: str) -> str:
    """Like `one_line`, but spaces at the ends are kept, for use inside a sentence."""
    return re.sub(r"\s+", " ", text)
