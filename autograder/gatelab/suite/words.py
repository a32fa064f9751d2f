"""Which words of a worker a student may be shown. All that a suite says of an answer passes here.

A worker holds what a question was given: reference code, the suites' drivers. Its words may carry that out, spelt in
any way. So from the moment something was given, a student is shown words that cannot be chosen freely: those of the
student's own notebook, taken from our copy, names that Python and PyTorch know, and the messages of KNOWN.

Which of these words, and which sizes in them, can still be chosen. So there may be few: a notebook that is a dictionary
has no words of its own here, and a message with long numbers is no message.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Mapping
from typing import Any

import torch

LONGEST = 200  # characters of a message where nothing was given
LONGEST_OWN = 100  # characters that may be repeated from the student's notebook
LONGEST_NAME = 40
MOST_PARTS = 5  # of a dotted name
MOST_OWN = 2  # parts of it that only this notebook knows
MOST_DIGITS = 18  # of all numbers in a message
MOST_CODE = 200_000  # characters in code cells; the lab's solutions have 28,000
WITHHELD = (
    "its message is not shown here; call it in your notebook, or run the public check, and you will see it"
)
OTHER_NAME = "another name"
NO_NAME = "an exception"

NAMES = (
    {name for name in (*dir(builtins), *dir(torch.nn)) if not name.startswith("_")}
    | {"NoneType", "Tensor", "ndarray", "float32", "float64", "function", "generator", "method", "torch", "driver"}
    | {"weight", "bias", "running_mean", "running_var", "num_batches_tracked", "forward"}
    | {f"{w}_{i}_l{k}{back}" for w in ("weight", "bias") for i in ("ih", "hh") for k in "0123" for back in ("", "_reverse")}
)  # fmt: skip
ERRORS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
# PyTorch's, the students' package's, and ours for a name that is missing.
ERRORS |= {"LinAlgError", "OutOfMemoryError", "UnpicklingError", "TrainingError", "NotDefined"}

# Beginnings of messages, of which no more than that is shown. {n} is a number, {s} a shape, {d} a dtype or a type's name
# in C++, {w} a name that may be shown, {x} a word that is left out.
PLACES = {
    "n": r"-?\d{1,6}", "N": r"\d{1,15}", "s": r"[\[(]\d{0,6}(?:, \d{1,6}){0,4},?[\])]", "x": r"\w{1,60}",
    "d": r"(?:torch\.)?(?:float|double|half|int|long|short|char|byte|bool|complex|bfloat|BFloat|Float|Double|Half|Int|Long|"
    r"Short|Char|Byte|Bool|ComplexFloat)(?:8|16|32|64|128)?",
    "w": r"[\w.]{1,80}",
}  # fmt: skip
KNOWN = """
training step {n} returned {w}; wanted the loss as a number
the loss is nan at training step {n}: a division by zero, a logarithm of zero, or steps so large that the weights overflowed
the loss is inf at training step {n}: a division by zero, a logarithm of zero, or steps so large that the weights overflowed
the loss is -inf at training step {n}: a division by zero, a logarithm of zero, or steps so large that the weights overflowed
model(tokens, lengths) returned {w}; wanted logits (N, K) = {s}
model(tokens, lengths) returned logits of shape {s}; wanted (N, K) = {s}
the results do not have the shapes that gradients could be sent into
PyTorch's own LSTM and GRU are switched off in this question: write the equations out
the result cannot be read: the value is nested too deeply or has too many entries
the result cannot be read: the value is too large
the result cannot be read: a whole number of more than {n} digits
the result cannot be read: a dict has a key that is neither a short text nor a small whole number
the result cannot be read: a tensor of dtype {d} on cpu
mat1 and mat2 shapes cannot be multiplied ({n}x{n} and {n}x{n})
The size of tensor a ({n}) must match the size of tensor b ({n}) at non-singleton dimension {n}
mat1 and mat2 must have the same dtype, but got {d} and {d}
expected m1 and m2 to have the same dtype, but got: {d} != {d}
expected scalar type {d} but found {d}
"{x}" not implemented for '{d}'
Dimension out of range (expected to be in range of [{n}, {n}], but got {n})
index {n} is out of bounds for dimension {n} with size {n}
index out of range in self
too many indices for tensor of dimension {n}
shape '{s}' is invalid for input of size {n}
stack expects each tensor to be equal size, but got {s} at entry {n} and {s} at entry {n}
Sizes of tensors must match except in dimension {n}. Expected size {n} but got size {n} for tensor number {n} in the list
Tensors must have same number of dimensions: got {n} and {n}
element {n} of tensors does not require grad and does not have a grad_fn
grad can be implicitly created only for scalar outputs
Trying to backward through the graph a second time
one of the variables needed for gradient computation has been modified by an inplace operation
a leaf Variable that requires grad is being used in an in-place operation
One of the differentiated Tensors appears to not have been used in the graph
[enforce fail at alloc_cpu.cpp:{n}] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate {N} bytes
name '{w}' is not defined
cannot access local variable '{w}' where it is not associated with a value
'{w}' object has no attribute '{w}'
'{w}' object is not callable
'{w}' object is not iterable
'{w}' object is not subscriptable
cannot unpack non-iterable {w} object
not enough values to unpack (expected {n}, got {n})
too many values to unpack (expected {n})
list index out of range
tuple index out of range
division by zero
maximum recursion depth exceeded
{w}() missing {n} required positional argument
{w}() takes {n} positional arguments but {n} were given
{w}() takes from {n} to {n} positional arguments but {n} were given
{w}() got an unexpected keyword argument '{w}'
"""


def _pattern(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w)\}", text)
    return re.compile(
        "".join(
            f"(?P<{piece}{at}>{PLACES[piece]})" if at % 2 else re.escape(piece)
            for at, piece in enumerate(pieces)
        )
    )


PATTERNS = [_pattern(line) for line in KNOWN.strip().splitlines()]
LINE = re.compile(r"cell (\d{1,4}), line (\d{1,6}):")


class Words:
    """What one submission may be told in words that come from its worker.

    Args:
        sources: the submission's code cells by number, our copy of them.
        known: names that the lab itself speaks of.
    """

    def __init__(self, sources: Mapping[int, str], known: Iterable[str] = ()) -> None:
        self.sources = sources
        text = "\n".join(sources.values())
        self.text = text if len(text) <= MOST_CODE else ""
        self.known = NAMES | set(known)
        self.names = set(re.findall(r"[^\W\d]\w*", self.text)) - self.known
        self.given = False  # whether the worker may know more than the student

    def error(self, error: Mapping[str, str]) -> dict[str, str]:
        """An exception as the student may see it."""
        kind = error["type"]
        if kind not in ERRORS and kind not in self.known and kind not in self.names:
            kind = NO_NAME
        message = self.shown(error["message"]) if kind == "NotDefined" else self.message(error["message"])
        return {"type": kind, "message": message, "line": self.line(error["line"]), "traceback": ""}

    def message(self, text: str) -> str:
        """A sentence: an exception's message."""
        text = printable(text)
        if not self.given:
            return text[:LONGEST]
        if self._is_own(text):
            return text
        for pattern in PATTERNS:
            found = pattern.match(text)
            if found and self._may_be_told(found.groupdict()):
                text = found[0]
                for place in (place for place in found.groupdict() if place[0] == "x"):
                    text = text.replace(found[place], "…", 1)
                return text
        return WITHHELD

    def shown(self, text: str) -> str:
        """A word: a name, a key, an entry."""
        if not self.given:
            return printable(text)[:LONGEST]
        return text if self._is_name(text) or self._is_own(text) else OTHER_NAME

    def line(self, text: str) -> str:
        """Where it was raised: the worker says which line, our copy says what stands there."""
        found = LINE.match(text)
        if not found:
            return ""
        cell, number = int(found[1]), int(found[2])
        lines = self.sources.get(cell, "").splitlines()
        if not 1 <= number <= len(lines):
            return ""
        return f"cell {cell}, line {number}: {printable(lines[number - 1]).strip()[:160]}"

    def _may_be_told(self, places: dict[str, str]) -> bool:
        """Whether a message may be shown with what stands in its places."""
        digits = sum(
            letter.isdigit() for place, word in places.items() if place[0] in "nNs" for letter in word
        )
        names = (word for place, word in places.items() if place[0] == "w")
        return digits <= MOST_DIGITS and all(map(self._is_name, names))

    def _is_own(self, text: str) -> bool:
        return len(text) <= LONGEST_OWN and text.isprintable() and text in self.text

    def _is_name(self, text: str) -> bool:
        parts = text.split(".")
        own = [part for part in parts if part in self.names]
        return (
            len(text) <= LONGEST_NAME
            and len(parts) <= MOST_PARTS
            and all(part in self.known or part in own or re.fullmatch("[0-9]{1,2}", part) for part in parts)
            and len(own) <= MOST_OWN
        )


class Said(str):
    """A text of a worker: it compares as what it is, and reads, in a message, as what may be shown.

    (`", ".join(…)` does not ask; join `map(str, …)` or `map(repr, …)`.)
    """

    words: Words

    def __new__(cls, text: str, words: Words) -> Said:
        said = super().__new__(cls, text)
        said.words = words
        return said

    def __str__(self) -> str:
        return self.words.shown(self.raw())

    def __repr__(self) -> str:
        return repr(str(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def raw(self) -> str:
        """What the worker said, for the worker."""
        return super().__str__()

    def __getitem__(self, key: Any) -> Said:
        return Said(super().__getitem__(key), self.words)


def printable(text: str) -> str:
    """In one line, without characters that do something else than show."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:4000]).split())
