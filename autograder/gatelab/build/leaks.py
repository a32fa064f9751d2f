"""Searches the release for what students must not see.

Solution regions and everything under tests/<lab>/hidden are turned into needles, and every file of the release is
searched for them, in whatever comment, string or output they are.

A needle is one line that says enough by itself, or two lines in a row that say something. Of a solution, a line that
works something out (`total = rate * hours + extra`) says enough, and so does its longer arithmetic wherever it is and under
whatever names. Definitions, imports, decorators, comments and docstrings are no needles: the signatures are the
contract's, and so is much of the prose.
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
from gatelab.limits import LINE_SHOWN
from gatelab.source_without_comments import is_string
from gatelab.text import brief

# Characters without white space, from which on a line counts at all, and counts alone. Of the 886 lines of one
# lab's solutions and suites, a few up to 21 long are in the students' own files too (`optimizer.step()`,
# `with torch.no_grad():`), of its references' up to 30 (`return torch.stack(steps, dim=1)`), and of the suites' longer ones lists of shapes and calls of
# the students' package, the longest with 56.
MIN_LENGTH_LINE = 8
MIN_LENGTH_SOLUTION = 24
MIN_LENGTH_REFERENCE = 32
MIN_LENGTH_SUITE = 60
MIN_LENGTH_BANK = 48

_STRUCTURE = re.compile(
    r"(async )?def |class \w+[(:]|import |from \S+ import |@|#|(return|yield)\b[\w ,]*$|if __name__|\) -> .*:$"
    r"|(\w+: [\w.\[\] |]+(= [^,]+)?(, ?|$))+$"  # fields or parameters with types
)
# `shapes = [(R, C), (R, 4 * C)]`: the contract says the same.
_SHAPES = re.compile(r"(\w+=)?[\[\](){},:*\dA-Z]+$")
_COMMENT = re.compile(r"(?<=\S)\s+#\s.*$")
_DECORATION = re.compile(r"""^[#>*\-\s"'|]+|[\s"'\\n,|]+$""")


@dataclass(frozen=True)
class Needle:
    """A secret: its normalised lines, where they come from, for arithmetic its form whatever the names are, and as it is written."""

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
    """A line without white space, without the comment behind it, without signs and quotes at its ends."""
    return re.sub(r"\s+", "", _DECORATION.sub("", _COMMENT.sub("", line))).replace("'", '"')


def needles(lines: Iterable[str], origin: str, enough: int, solution: bool = False) -> Iterator[Needle]:
    """Needles of a secret's lines; a line of `enough` characters is a needle alone. solution: a line that computes
    something is a needle, whatever its length.
    """
    before, above = "", ""
    for line in lines:
        text, written = normal(line), line.strip()
        if not text:
            continue
        if len(text) < MIN_LENGTH_LINE or _STRUCTURE.match(line.strip()) or _SHAPES.match(text):
            before = ""
            continue
        if len(text) >= enough or (solution and expressions.computes(line)):
            yield Needle(text, origin, written=(written,))
        elif before:
            yield Needle(f"{before}\n{text}", origin, written=(above, written))
        before, above = text if len(text) < enough else "", written


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


def code_needles(code: str, origin: str, enough: int, solution: bool = False) -> Iterator[Needle]:
    """Needles of code as it is written, and as it is whatever its line breaks, brackets and comments."""
    yield from needles(_code_lines(code), origin, enough, solution)
    yield from needles(plain_lines(code), origin, enough, solution)


def solved_needles(code: str, origin: str, enough: int) -> Iterator[Needle]:
    """Needles of a correct answer: its lines, and its arithmetic."""
    yield from code_needles(code, origin, enough, solution=True)
    for expression in expressions.of_code(code):
        written = ast.unparse(expression)
        yield Needle(normal(written), origin, expressions.form(expression), (written,))


def texts(release: Path) -> dict[str, str]:
    """File of the release → all that it shows."""
    paths = sorted(path for path in release.rglob("*") if path.is_file())
    return {path.relative_to(release).as_posix(): "\n".join(shown(path)) for path in paths}


def search(shown: dict[str, str], secrets: Iterable[Needle], shared: Iterable[str] = ()) -> list[Leak]:
    """All needles found in the texts of a release.

    shared: lines that may be in both.
    """
    shared = list(shared)
    allowed = {normal(line) for line in shared}
    allowed |= {normal(ast.unparse(part)) for line in shared for part in expressions.of_code(line)}
    allowed |= {normal(value) for line in shared for value in expressions.values(line)}
    # The same text may be a needle several times: the one that also has a form is kept.
    ordered = sorted(secrets, key=lambda needle: bool(needle.form))
    wanted = {needle.text: needle for needle in ordered if not allowed.intersection(needle.text.split("\n"))}
    forms = {needle.form: needle for needle in wanted.values() if needle.form}
    leaks = []
    for name, content in shown.items():
        lines = (normal(line) for line in content.split("\n"))
        text = "\n".join(line for line in lines if line)
        hits = {needle: needle.written for needle in wanted.values() if needle.text in text}
        for part in expressions.of_text(content.split("\n")):
            known, written = forms.get(expressions.form(part)), ast.unparse(part)
            if known and normal(written) not in allowed:
                hits.setdefault(known, (written,))
        leaks += [Leak(needle.origin, name, needle.text, written) for needle, written in hits.items()]
    return leaks


def shown(path: Path) -> list[str]:
    """The lines of a file; of a notebook, those of its cells with their outputs and metadata.

    Code is given twice, as written and plain, and strings also with their escapes resolved.
    """
    if pictures.ending(path) not in ("", ".svg"):
        return []  # the pixels are for whoever accepts the release (contents.py: it holds nothing else)
    text = path.read_bytes().decode("utf-8", errors="replace")
    if path.suffix == ".py":
        return text.split("\n") + _read_as_code(text)
    if path.suffix == ".json":
        return text.split("\n") + list(_strings(text))
    if path.suffix != ".ipynb":
        return text.split("\n")
    notebook = nbformat.reads(text, as_version=4)
    lines = [str(notebook.metadata)]
    for cell in notebook.cells:
        lines += cell.source.split("\n")
        if cell.cell_type == "code":
            lines += _read_as_code(cell.source)
        lines.append(str(cell.metadata))
        for output in cell.get("outputs", []):
            lines += str(output.get("text", "")).split("\n")
            lines += [line for value in output.get("data", {}).values() for line in str(value).split("\n")]
            lines += output.get("traceback", [])
    return lines


def _read_as_code(code: str) -> list[str]:
    """Plain code, and the lines of its strings that a line of code may hide in."""
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


@lru_cache(maxsize=4096)
def plain_lines(code: str) -> list[str]:
    """Code as ast.unparse writes it, without docstrings; nothing if it does not parse."""
    try:
        return _code_lines(ast.unparse(ast.parse(textwrap.dedent(code))))
    except (SyntaxError, ValueError):
        return []


def _code_lines(code: str) -> list[str]:
    """The lines of code without its docstrings; all of them where it does not parse."""
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
