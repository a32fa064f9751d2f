"""Reads a submitted notebook's code cells, without a kernel and without trusting anything in it.

notebook_file.py turns the file into JSON; this module decides whether it is this lab's notebook and which code is run.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gatelab.handed_out.marks import mark_of
from gatelab.lab.parts import LabError, LabParts
from gatelab.lab.spec import Lab
from gatelab.limits import CELL_LIMIT, GRADE_ID, SOURCE_LIMIT, TYPED
from gatelab.submission import answers
from gatelab.submission.notebook_file import HOW, Ungradable, parse, read_bytes, source_of
from gatelab.submission.written import handed_out_cells
from gatelab.text import brief

__all__ = ["CodeCell", "Ungradable", "cells_of", "parse", "read_bytes", "read_cells"]


@dataclass
class CodeCell:
    """A code cell; `index` counts all cells of the notebook from 1, as editors do.

    `kind` is "raw" or "markdown" where an answer is in a cell that Jupyter does not run.
    """

    index: int
    source: str
    grade_id: str = ""
    kind: str = "code"
    names: tuple[str, ...] = ()  # for an answer in such a cell: the names it defines that questions ask for


def read_cells(data: bytes, name: str, lab: Lab) -> list[CodeCell]:
    """The code cells of a notebook.

    Args:
        data: the file's bytes.
        name: the file's name, for messages.
        lab: the lab it should belong to.

    Raises:
        Ungradable: with one sentence, if the file is not a Python notebook of this lab.
    """
    return cells_of(parse(data, name), name, lab)


def cells_of(notebook: dict[str, Any], name: str, lab: Lab) -> list[CodeCell]:
    """As `read_cells`, for a notebook that is already parsed."""
    cells: list[CodeCell] = []
    raw_cells = notebook["cells"]
    if len(raw_cells) > CELL_LIMIT:
        raise Ungradable(f"{name}: it has more than {CELL_LIMIT} cells; hand in the lab's notebook only.")
    for index, raw in enumerate(raw_cells, start=1):
        if not isinstance(raw, dict):
            continue
        if raw.get("cell_type") != "code":
            if answer := _answer_in_text_cell(raw, index, lab):
                cells.append(answer)
            continue
        source = source_of(raw)
        if source is None or len(source) > SOURCE_LIMIT:
            raise Ungradable(f"{name}: cell {index} has no readable source; {HOW}.")
        cells.append(CodeCell(index, source, str(mark_of(raw).get("grade_id", ""))[:GRADE_ID]))
    written = any(_holds_written_answer(raw, lab) for raw in raw_cells)
    # A notebook of written answers alone has no code that could be in another language.
    language = _other_language(notebook, cells, lab) if cells or not written else ""
    if language:
        raise Ungradable(
            f"{name}: its kernel is for {language}, not Python, and so is its code; "
            f"write the answers in Python in {lab.notebook} and hand that in."
        )
    if not (written or _is_of(lab, cells, raw_cells) or _holds_text_of_its_own(notebook, lab)):
        raise Ungradable(f"{name}: {_what_it_is(lab, cells, raw_cells)}; hand in {lab.notebook} of this lab.")
    return cells


def _answer_in_text_cell(raw: dict[str, Any], index: int, lab: Lab) -> CodeCell | None:
    """An answer in a raw or markdown cell (one wrong keystroke turns a code cell into one); None for any other text."""
    source = source_of(raw)
    if source is None or len(source) > SOURCE_LIMIT:
        return None
    fenced = re.fullmatch(r"\s*```(?:python|py)?\n(.*?)\n```\s*", source, re.DOTALL)
    source = fenced[1] if fenced else source
    asked = {name for question in lab.questions.values() for name in question.names}
    begins = re.findall(r"^(?:async +)?(?:def|class) +(\w+)|^(\w+) *=", source, re.MULTILINE)
    names = tuple(sorted(asked.intersection(a or b for a, b in begins)))
    kind = "raw" if raw.get("cell_type") == "raw" else "markdown"
    return CodeCell(index, source, "", kind, names) if names else None


def _holds_written_answer(raw: Any, lab: Lab) -> bool:
    """Whether a cell of text is the one of a question that is marked by hand, judging by its grade_id."""
    if not isinstance(raw, dict) or raw.get("cell_type") == "code":
        return False
    question = lab.questions.get(str(mark_of(raw).get("grade_id")))
    return question is not None and question.by_hand


def _is_of(lab: LabParts, cells: list[CodeCell], raw_cells: list[Any]) -> bool:
    """Whether it is this lab's notebook: a code cell has a question's grade_id, and some cell a name that the questions ask for, since
    the questions of other labs may have the same IDs. Without grade_ids (cells were copied into a new notebook) such a name must be defined."""
    names = _names(lab)
    has_ids = bool(question_ids(cells, lab))
    if not names:
        return has_ids
    if has_ids:
        texts = (source_of(raw) or "" for raw in raw_cells if isinstance(raw, dict))
        return any(name in text for text in texts for name in names)
    return any(
        f"def {name}" in cell.source or f"class {name}" in cell.source for name in names for cell in cells
    )


def _what_it_is(lab: Lab, cells: list[CodeCell], raw_cells: list[Any]) -> str:
    """What to say about a notebook that is not the lab's: which other lab of the kit it belongs to, or only that it does not belong here."""
    for other in sorted(lab.others):
        found = LabParts(lab.assignment.with_name(other), lab.hidden)
        with suppress(LabError):
            if _names(found) and _is_of(found, cells, raw_cells):
                return f"this is the notebook of another lab, “{found.title}” ({other})"
    return f"none of the questions of “{lab.title}” is in this notebook"


def _holds_text_of_its_own(notebook: dict[str, Any], lab: Lab) -> bool:
    """Whether there is a written answer in it that lost its cell or its metadata, in a lab of such answers alone: what
    `gatelab mark` finds. In any other the names that the questions ask for tell more."""
    if not lab.by_hand or _names(lab):
        return False
    found = answers.find(answers.cells_of(notebook), handed_out_cells(lab), lab.by_hand)
    return any(one.parts for one in found.values())


def question_ids(cells: list[CodeCell], lab: LabParts) -> set[str]:
    """The lab's questions that have a cell here, judging by its grade_id."""
    return {cell.grade_id.removesuffix("-solution") for cell in cells} & set(lab.questions)


def _names(lab: LabParts) -> list[str]:
    return [name for question in lab.questions.values() for name in question.names]


def _other_language(notebook: dict[str, Any], cells: list[CodeCell], lab: Lab) -> str:
    """The language that the notebook states, if that is not Python and its cells do not look like Python; else "".

    A kernel's name is often odd ("Pyodide", "xpython", "conda-env-…", nothing at all) and means little: a definition in
    Python's syntax counts for more. No cell is parsed here, since Python's parser is not made for hostile text.
    """
    metadata = found if isinstance(found := notebook.get("metadata"), dict) else {}
    stated = [
        entry.get(key)
        for part, key in (("kernelspec", "language"), ("language_info", "name"))
        if isinstance(entry := metadata.get(part), dict)
    ]
    others = [
        name for name in stated if isinstance(name, str) and name.strip() and not _PYTHON.search(name.lower())
    ]
    if not others or any(_is_python(cell.source) for cell in cells):
        return ""
    return brief(others[0].strip(), TYPED)


def _is_python(source: str) -> bool:
    """Whether a cell defines something in Python's syntax: with a colon after the head, and no `end`."""
    return bool(_DEFINITION.search(source) and _COLON.search(source) and not _END.search(source))


_PYTHON = re.compile(r"python|pyodide|pyolite")  # also ipython, xpython, xeus-python, micropython
_DEFINITION = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+\w+[ \t]*[(:]", re.MULTILINE)
_COLON = re.compile(
    # Nothing of the second form is read again for each closing bracket: a line may have a million characters.
    r":[ \t]*+(?:#[^\n]*)?$"
    r"|^[ \t]*+(?:def|class)[ \t]++\w++(?:\([^\n]*?\)[^\n:=()]*+|[^\n:=(]*+):[ \t]++\S",
    re.MULTILINE,
)
_END = re.compile(r"^[ \t]*end[ \t]*$", re.MULTILINE)
