"""Searches the release for what students must not see.

Solution regions and everything under tests/<lab>/hidden are turned into needles, and every file of the release is
searched for them, comments, strings and outputs included.

A needle is one line that is distinctive by itself, or two adjacent lines that are distinctive together. In a solution, a
line that computes something (`total = rate * hours + extra`) is distinctive, and so is its longer arithmetic, wherever it is
and whatever its names are. Definitions, imports, decorators, comments and docstrings are not needles: the contract has the
same signatures, and much of the same prose.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from gatelab.build import expressions, pictures, regions
from gatelab.limits import LINE_SHOWN, PIECES_KEPT
from gatelab.source_without_comments import is_string
from gatelab.text import brief

# The number of characters, without white space, from which on a line counts at all, and from which on it is a needle alone. In one
# lab, a few of the 886 lines of solutions and suites are in the students' files too: of the solutions' those of up to 21 characters
# (`optimizer.step()`, `with torch.no_grad():`), of the references' those of up to 30 (`return torch.stack(steps, dim=1)`), and of the
# suites' lists of shapes and calls of the students' package of up to 56. The bank's solutions are many, so a line of theirs is a needle
# later than one of the solutions or references; a line of up to 7 characters (`h = h0`) is in any notebook.
MIN_LENGTH_LINE = 8
MIN_LENGTH_SOLUTION = 24
MIN_LENGTH_REFERENCE = 32
MIN_LENGTH_SUITE = 60
MIN_LENGTH_BANK = 48

_STRUCTURE = re.compile(
    r"(async )?def |class \w+[(:]|import |from \S+ import |@|#|(return|yield)\b[\w ,]*$|if __name__|\) -> .*:$"
    r"|(\w+: [\w.\[\] |]+(= [^,]+)?(, ?|$))+$"  # fields or parameters with types
)
# `shapes = [(R, C), (R, 4 * C)]`: the contract contains the same.
_SHAPES = re.compile(r"(\w+=)?[\[\](){},:*\dA-Z]+$")
_COMMENT = re.compile(r"(?<=\S)\s+#\s.*$")
_DECORATION = re.compile(r"""^[#>*\-\s"'|]+|[\s"'\\n,|]+$""")


@dataclass(frozen=True)
class Needle:
    """A secret: its normalised lines, their origin, for arithmetic its form with numbered names, and the lines as they are written."""

    text: str
    origin: str
    form: str = ""
    written: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Leak:
    """A needle found in a file of the release, and its lines as they are written."""

    origin: str
    file: str
    text: str
    written: tuple[str, ...]

    def __str__(self) -> str:
        lines = " and ".join(f"`{brief(line, LINE_SHOWN)}`" for line in self.written)
        return f"{self.file} of the release shows {self.origin}: {lines}"


def normal(line: str) -> str:
    """A line without white space, without a trailing comment, and without symbols and quotes at its ends."""
    return re.sub(r"\s+", "", _DECORATION.sub("", _COMMENT.sub("", line))).replace("'", '"')


def needles(lines: Iterable[str], origin: str, min_length: int, solution: bool = False) -> Iterator[Needle]:
    """Needles of a secret's lines; a line of `min_length` characters is a needle alone.

    solution: a line that computes something is a needle, whatever its length.
    """
    previous, previous_written = "", ""
    for line in lines:
        text, written = normal(line), line.strip()
        if not text:
            continue
        if len(text) < MIN_LENGTH_LINE or _STRUCTURE.match(line.strip()) or _SHAPES.match(text):
            previous = ""
            continue
        if len(text) >= min_length or (solution and expressions.computes(line)):
            yield Needle(text, origin, written=(written,))
        elif previous:
            yield Needle(f"{previous}\n{text}", origin, written=(previous_written, written))
        previous, previous_written = text if len(text) < min_length else "", written


def solution_needles(notebook: NotebookNode, master: str) -> Iterator[Needle]:
    """Needles of all solution regions of a master's notebook."""
    for cell in notebook.cells:
        for region in regions.find(cell):
            lines = cell.source.split("\n")[region.begin : region.end - 1]
            origin = f"a solution line of {regions.question_id(cell)} in {master}"
            if cell.cell_type == "code":
                yield from solved_needles("\n".join(lines), origin, MIN_LENGTH_SOLUTION)
                for value in expressions.values("\n".join(lines)):
                    if len(normal(value)) >= MIN_LENGTH_LINE:
                        yield Needle(normal(value), origin, written=(value,))
            else:
                yield from needles(lines, origin, MIN_LENGTH_SOLUTION)


def hidden_needles(folder: Path) -> Iterator[Needle]:
    """Needles of every text file of a folder of hidden suites."""
    place = "/".join(folder.parts[-3:])  # tests/<lab>/hidden
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(folder).as_posix()
            origin = f"a line of {place}/{name}"
            if path.suffix != ".py":
                yield from needles(text.split("\n"), origin, MIN_LENGTH_SUITE)
            elif name.startswith("reference/"):
                yield from solved_needles(text, origin, MIN_LENGTH_REFERENCE)
            else:
                yield from code_needles(text, origin, MIN_LENGTH_SUITE)


def bank_needles(bank: Path) -> Iterator[Needle]:
    """Needles of the bank's solutions, right and wrong."""
    for kind in ("wheat", "chaff"):
        for path in sorted((bank / kind).rglob("*.py")):
            origin = f"a line of tests/{path.relative_to(bank.parents[1]).as_posix()}"
            yield from code_needles(path.read_text(encoding="utf-8"), origin, MIN_LENGTH_BANK)


def code_needles(code: str, origin: str, min_length: int, solution: bool = False) -> Iterator[Needle]:
    """Needles of code, as it is written and in a form without its line breaks, brackets and comments."""
    yield from needles(_code_lines(code), origin, min_length, solution)
    yield from needles(plain_lines(code), origin, min_length, solution)


def solved_needles(code: str, origin: str, min_length: int) -> Iterator[Needle]:
    """Needles of a correct answer: its lines and its arithmetic."""
    yield from code_needles(code, origin, min_length, solution=True)
    for expression in expressions.in_code(code):
        written = ast.unparse(expression)
        yield Needle(normal(written), origin, expressions.form(expression), (written,))


def texts(release: Path) -> dict[str, str]:
    """File of the release → all text that it shows."""
    paths = sorted(path for path in release.rglob("*") if path.is_file())
    return {path.relative_to(release).as_posix(): "\n".join(shown(path)) for path in paths}


def search(shown: dict[str, str], secrets: Iterable[Needle], shared: Iterable[str] = ()) -> list[Leak]:
    """All needles found in the texts of a release.

    shared: lines that may be in both.
    """
    shared = list(shared)
    allowed = {normal(line) for line in shared}
    allowed |= {normal(ast.unparse(part)) for line in shared for part in expressions.in_code(line)}
    allowed |= {normal(value) for line in shared for value in expressions.values(line)}
    # If the same text is a needle several times, one that also has a form is kept.
    ordered = sorted(secrets, key=lambda needle: bool(needle.form))
    wanted = {needle.text: needle for needle in ordered if not allowed.intersection(needle.text.split("\n"))}
    forms = {needle.form: needle for needle in wanted.values() if needle.form}
    leaks = []
    for name, content in shown.items():
        lines = (normal(line) for line in content.split("\n"))
        text = "\n".join(line for line in lines if line)
        hits = {needle: needle.written for needle in wanted.values() if needle.text in text}
        for part in expressions.in_text(content.split("\n")):
            known, written = forms.get(expressions.form(part)), ast.unparse(part)
            if known and normal(written) not in allowed:
                hits.setdefault(known, (written,))
        leaks += [Leak(needle.origin, name, needle.text, written) for needle, written in hits.items()]
    return leaks


def shown(path: Path) -> list[str]:
    """The lines of a file; for a notebook, those of its cells, outputs and metadata.

    Code is returned twice, as written and in plain form; strings are also returned with their escapes resolved.
    """
    if pictures.picture_kind(path) not in ("", ".svg"):
        return []  # whoever accepts the release looks at the picture; contents.py checks that it contains nothing else
    text = path.read_bytes().decode("utf-8", errors="replace")
    if path.suffix == ".py":
        return text.split("\n") + _code_and_strings(text)
    if path.suffix == ".json":
        return text.split("\n") + list(_strings(text))
    if path.suffix != ".ipynb":
        return text.split("\n")
    notebook = nbformat.reads(text, as_version=4)
    lines = [str(notebook.metadata)]
    for cell in notebook.cells:
        lines += cell.source.split("\n")
        if cell.cell_type == "code":
            lines += _code_and_strings(cell.source)
        lines.append(str(cell.metadata))
        for output in cell.get("outputs", []):
            lines += str(output.get("text", "")).split("\n")
            lines += [line for value in output.get("data", {}).values() for line in str(value).split("\n")]
            lines += output.get("traceback", [])
    return lines


def _code_and_strings(code: str) -> list[str]:
    """The code in plain form, and the lines of its strings, which may contain code."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return []
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return plain_lines(code) + [line for text in texts if "\n" in text for line in text.split("\n")]


def _strings(text: str) -> Iterator[str]:
    """The lines of every string in a JSON text."""
    try:
        waiting = [json.loads(text)]
    except ValueError:
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.values(), *value]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and "\n" in value:
            yield from value.split("\n")


@lru_cache(maxsize=PIECES_KEPT)
def plain_lines(code: str) -> list[str]:
    """Code as ast.unparse writes it, without docstrings; nothing if it does not parse."""
    try:
        return _code_lines(ast.unparse(ast.parse(textwrap.dedent(code))))
    except (SyntaxError, ValueError):
        return []


def _code_lines(code: str) -> list[str]:
    """The lines of code without docstrings; all lines if it does not parse."""
    code = textwrap.dedent(code)
    lines = code.split("\n")
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return lines
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and is_string(node):
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = ""
    return lines
