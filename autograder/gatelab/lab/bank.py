"""Read the bank: tests/<lab>/bank/wheat/<question>/*.py and …/chaff/<question>/*.py.

A chaff file is a docstring (first line: the misconception; a paragraph that starts with "Hint:") and then
either `EDITS = [(old, new), …]`, applied to the question's reference, or the whole wrong code. Before that there may be
`credit = 0.6`: the share of the question's points that an answer with this mistake still earns if it is recognised in full. Nothing is
executed here: the files are only parsed, and a broken one is named.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import TypeGuard

from gatelab.lab.spec import Lab, LabError
from gatelab.limits import STAFF_CODE_KEPT

DRAFT = "FILL IN:"  # marks what `gatelab misses --draft` leaves for a person to write
Edits = tuple[tuple[str, str], ...]


class BankError(LabError):
    """A file of the bank is invalid; the message names it."""


@dataclass(frozen=True)
class Wheat:
    """A correct solution of one question, in another style. `id` is the file's stem."""

    id: str
    question: str
    source: str = field(repr=False)


@dataclass(frozen=True)
class Notebook:
    """Correct answers to a whole lab in one style: question ID (or `setup`) → cells, in IPython's language."""

    id: str
    cells: dict[str, tuple[str, ...]] = field(repr=False)


@dataclass(frozen=True)
class Chaff:
    """A wrong solution of one question with a named misconception. `id` is the file's stem."""

    id: str
    question: str
    misconception: str
    hint: str
    source: str = field(repr=False)
    credit: float = 0.0  # share of the question's points that it still earns; 0 for shortcuts and for what the question is about
    edits: Edits | None = field(default=None, repr=False)  # None: the file holds the whole code
    reference: str = field(default="", repr=False)  # what the edits were applied to
    pair: tuple[str, ...] = ()  # the IDs of the two chaffs that `compose` made it from

    @property
    def ids(self) -> list[str]:
        """The IDs of its mistakes: its own, or both of a pair."""
        return list(self.pair or (self.id,))

    @property
    def key(self) -> str:
        """Unique in the whole bank, and where the file is: `q1/over-the-batch`."""
        return f"{self.question}/{self.id}"


@dataclass(frozen=True)
class Bank:
    """All wheat and chaff of a lab, in the order of the questions and then of the file names."""

    wheats: tuple[Wheat, ...] = ()
    chaffs: tuple[Chaff, ...] = ()
    notebooks: tuple[Notebook, ...] = ()

    def wheats_of(self, question: str) -> tuple[Wheat, ...]:
        return tuple(wheat for wheat in self.wheats if wheat.question == question)

    def chaffs_of(self, question: str) -> tuple[Chaff, ...]:
        return tuple(chaff for chaff in self.chaffs if chaff.question == question)

    def pairs_of(self, question: str) -> tuple[Chaff, ...]:
        """All pairs of mistakes of a question that can be made at once (those written as edits)."""
        found = (compose(a, b) for a, b in combinations(self.chaffs_of(question), 2))
        return tuple(pair for pair in found if pair is not None)


def load_bank(lab: Lab) -> Bank:
    """Read a lab's bank. Raises BankError, naming the file, for an invalid file."""
    if lab.bank is None:
        return Bank()
    wheats = tuple(_read_wheat(path, question) for path, question in _files(lab, "wheat"))
    chaffs = tuple(_read_chaff(path, question, lab) for path, question in _files(lab, "chaff"))
    notebooks = tuple(map(_read_notebook, sorted((lab.bank / "wheat" / "_notebooks").glob("*.ipy"))))
    return Bank(wheats, chaffs, notebooks)


def compose(a: Chaff, b: Chaff) -> Chaff | None:
    """Both mistakes at once; None if one of them is whole code or their edits conflict."""
    if a.question != b.question or a.edits is None or b.edits is None:
        return None
    try:
        source = _apply(_apply(a.reference, a.edits), b.edits)
        if source != _apply(_apply(b.reference, b.edits), a.edits):
            return None  # the order matters, so this is not two separate mistakes
    except ValueError:
        return None
    return Chaff(
        id=f"{a.id}+{b.id}",
        question=a.question,
        misconception=f"Two mistakes at once. First: {a.misconception} Second: {b.misconception}",
        hint=" ".join(dict.fromkeys((a.hint, b.hint))),
        source=source,
        credit=round(a.credit * b.credit, 4),
        edits=a.edits + b.edits,
        reference=a.reference,
        pair=(a.id, b.id),
    )


@lru_cache(maxsize=STAFF_CODE_KEPT)
def only_in_one(chaff: Chaff) -> tuple[Chaff, ...]:
    """The same mistake, made in only one of the definitions in which the chaff is wrong, each under the chaff's own ID.

    A student may get one of two classes right and the other wrong. Empty if the chaff is wrong in one definition only, or is
    whole code.
    """
    by_name = _by_definition(chaff)
    if len(by_name) < 2 or "" in by_name:
        return ()
    halves = (tuple(edits) for edits in by_name.values())
    return tuple(replace(chaff, source=_apply(chaff.reference, edits), edits=edits) for edits in halves)


# Cached: it parses the reference, and the diagnosis of one answer calls it for every mistake.
@lru_cache(maxsize=STAFF_CODE_KEPT)
def made_in(chaff: Chaff) -> frozenset[str]:
    """The top-level functions and classes that a chaff edits; "" for an edit in none or several of them, empty for whole code."""
    return frozenset(_by_definition(chaff))


def _by_definition(chaff: Chaff) -> dict[str, list[tuple[str, str]]]:
    """The chaff's edits, by the definition that contains them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for edit in chaff.edits or ():
        found.setdefault(_definition_at(chaff.reference, edit[0]), []).append(edit)
    return found


def _definition_at(source: str, text: str) -> str:
    """The name of the top-level function or class that contains a text; "" for none or several."""
    if source.count(text) != 1:
        return ""
    line = source[: source.index(text)].count("\n") + 1
    found = [node for node in ast.parse(source).body if node.lineno <= line <= (node.end_lineno or 0)]
    return getattr(found[0], "name", "") if found else ""


def _files(lab: Lab, kind: str) -> Iterator[tuple[Path, str]]:
    """The .py files under <bank>/<kind>/<question>/, in the lab's order of questions."""
    assert lab.bank is not None
    folder = lab.bank / kind
    if not folder.is_dir():
        return
    strangers = sorted({path.name for path in folder.iterdir() if path.is_dir()} - set(lab.questions))
    for name in strangers:
        if not name.startswith(("_", ".")):
            raise BankError(
                f"{folder / name}: there is no question {name} in lab.toml; rename or remove the folder."
            )
    for question in lab.questions:
        for path in sorted((folder / question).glob("*.py")):
            yield path, question


def _read_notebook(path: Path) -> Notebook:
    """`#### q1` begins a question's part (or the `setup`), `# %%` begins a cell in it."""
    sections = re.split(r"^#### (\w+)\n", _text(path), flags=re.MULTILINE)[1:]
    cells = {
        id: tuple(cell.rstrip("\n") for cell in re.split(r"^# %%\n", text, flags=re.MULTILINE)[1:])
        for id, text in zip(sections[::2], sections[1::2], strict=True)
    }
    return Notebook(path.stem, cells)


def _read_wheat(path: Path, question: str) -> Wheat:
    source = _text(path)
    _parse(path, source)
    return Wheat(path.stem, question, source)


def _read_chaff(path: Path, question: str, lab: Lab) -> Chaff:
    text = _text(path)
    tree = _parse(path, text)
    misconception, hint = _docstring(path, tree)
    credit = _credit(path, tree)
    edits = _edits(path, tree)
    if edits is None:
        return Chaff(path.stem, question, misconception, hint, text, credit)
    try:
        reference = lab.reference(question)
    except OSError as error:
        raise BankError(f"{path}: its EDITS need the reference solution of {question}: {error}") from error
    try:
        source = _apply(reference, edits)
    except ValueError as error:
        raise BankError(
            f"{path}: {error}; copy it from {lab.reference_path(question)} as it is there now."
        ) from error
    _parse(path, source)
    return Chaff(path.stem, question, misconception, hint, source, credit, edits, reference)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BankError(f"{path}: {error}") from error


def _parse(path: Path, source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise BankError(f"{path}, line {error.lineno}: is not valid Python ({error.msg}); fix it.") from error
    except ValueError as error:
        raise BankError(f"{path}: is not valid Python ({error}); fix it.") from error


def _docstring(path: Path, tree: ast.Module) -> tuple[str, str]:
    """The misconception (first paragraph) and the hint (the paragraph that starts with "Hint:")."""
    paragraphs = [" ".join(part.split()) for part in (ast.get_docstring(tree) or "").split("\n\n")]
    hint = next((part.removeprefix("Hint:").strip() for part in paragraphs if part.startswith("Hint:")), "")
    if not paragraphs[0] or paragraphs[0].startswith("Hint:") or not hint:
        raise BankError(
            f"{path}: needs a docstring whose first line names the misconception and a paragraph 'Hint: …'."
        )
    if paragraphs[0].startswith(DRAFT) or hint.startswith(DRAFT):
        raise BankError(f"{path}: is still a draft; write what belongs after {DRAFT} and remove that mark.")
    return paragraphs[0], hint


def _credit(path: Path, tree: ast.Module) -> float:
    """The file's `credit`; 0 by default."""
    stated = [node for node in tree.body if _assigns(node, "credit")]
    if not stated:
        return 0.0
    value = getattr(stated[0].value, "value", None)
    if len(stated) > 1 or not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1:
        raise BankError(f"{path}: credit must be one number from 0 up to, and not including, 1.")
    return float(value)


def _assigns(node: ast.stmt, name: str) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == name for target in node.targets
    )


def _edits(path: Path, tree: ast.Module) -> Edits | None:
    """The file's EDITS, read without running it; None if the file is whole code."""
    body = [node for node in tree.body[1:] if not _assigns(node, "credit")]  # after the docstring
    assigned = [node for node in body if _assigns(node, "EDITS")]
    if not assigned:
        if not body:
            raise BankError(f"{path}: holds neither EDITS nor code.")
        return None
    if len(body) > 1:
        raise BankError(f"{path}: EDITS come alone; for whole code leave EDITS out.")
    try:
        edits = tuple((old, new) for old, new in ast.literal_eval(assigned[0].value))
    except (ValueError, TypeError) as error:
        raise BankError(f"{path}: EDITS must be a plain list of (old, new) strings: {error}") from error
    if not edits or not all(isinstance(text, str) for edit in edits for text in edit):
        raise BankError(f"{path}: EDITS must be a plain list of (old, new) strings.")
    return edits


def _apply(source: str, edits: Edits) -> str:
    for old, new in edits:
        found = source.count(old) if old else 0
        if found != 1:
            raise ValueError(f"the text {old!r} must occur once in the reference, found {found} times")
        source = source.replace(old, new)
    return source
