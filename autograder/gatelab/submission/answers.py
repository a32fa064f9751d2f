"""Finds the written answers in a submitted notebook, whatever happened to its cells. All of its text is untrusted.

The submission is read from top to bottom next to the notebook that was handed out; of several releases, the one
of which it holds the most cells unchanged. A handed-out cell is recognised by its grade_id or,
where an editor removed those, by its text or its first line. What is between the cell above an answer and the next
handed-out cell is the answer: the answer's own cell, further cells, and text that was typed into the cell above.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gatelab.handed_out.lists import listed
from gatelab.handed_out.marks import mark_of
from gatelab.limits import ANSWER_CELLS, CELL_LIMIT, TELLING_LINE, TEXT_START
from gatelab.submission.notebook_file import source_of
from gatelab.text import brief, one_line, utf8

NO_CELL = "its cell was not found; look into the notebook"
ELSEWHERE = "nothing was written in its cell, but elsewhere in the notebook there is text that was not handed out; look into the notebook"
WHICH = "its cell cannot be told from its neighbour's; look into the notebook"


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook; `grade_id`: "" if it has none."""

    kind: str
    text: str
    grade_id: str = ""


@dataclass(frozen=True)
class CellPart:
    """Text at the notebook's cell `index`: that whole cell, or the student's part of one that also holds handed-out text."""

    index: int
    text: str
    kind: str
    whole: bool = True

    @property
    def is_text(self) -> bool:
        """Whether it is meant for a person: text, or nothing but comments."""
        lines = (line.lstrip() for line in self.text.splitlines())
        return self.kind != "code" or all(line.startswith("#") for line in lines if line)


@dataclass
class WrittenAnswer:
    """An answer: its written `parts` in their order (none: nothing was written), or why a person must look for it.

    `cells`: all cells that are the answer's place, untouched ones too; `above`: the handed-out cell above them.
    """

    parts: list[CellPart] = field(default_factory=list)
    problem: str = ""
    cells: list[CellPart] = field(default_factory=list)
    above: int | None = None


def cells_of(notebook: dict[str, Any]) -> list[Cell]:
    """A notebook's cells; one that is not a cell, or whose source is not text, is empty."""
    return [
        Cell(
            str(cell.get("cell_type", "")),
            utf8(source_of(cell) or ""),
            str(mark_of(cell).get("grade_id", "")),
        )
        if isinstance(cell, dict)
        else Cell("", "")
        for cell in notebook["cells"][:CELL_LIMIT]
    ]


def find(
    cells: Sequence[Cell], releases: Sequence[Sequence[Cell]], ids: Sequence[str]
) -> dict[str, WrittenAnswer]:
    """The answers to the questions `ids`, whose cells have these as their grade_ids in the notebook that was handed out: one of the
    `releases`, of which the present one is the first."""
    release = _release_of(cells, releases, ids)
    found = {id: WrittenAnswer() for id in ids}
    # In a group of neighbouring answers, without a grade_id.
    unsure: dict[tuple[str, ...], list[CellPart]] = {}
    strays: list[CellPart] = []
    group: tuple[str, ...] = ()
    own = ""  # the question of the group whose cell came last
    for index, cell in enumerate(cells):
        whose = cell.grade_id if cell.grade_id in found else ""
        if whose:
            group, own = release.group_of(whose), whose
            found[whose].cells.append(CellPart(index, cell.text, cell.kind))
        for part in release.parts(index, cell):
            if isinstance(part, int):
                group, own = release.groups.get(part, ()), ""
                for id in group:
                    found[id].above = index
            elif whose and whose in group:
                continue  # the whole cell is that answer already
            elif group in release.above_code and not part.is_text:
                continue  # the code question below, edited
            elif own or len(group) == 1:
                found[own or group[0]].cells.append(part)
            elif group:
                unsure.setdefault(group, []).append(part)
            elif release.cells and part.is_text and release.is_written(part):
                strays.append(part)
    for group, parts in unsure.items():
        _share_out(group, parts, found, release)
    for answer in found.values():
        written = {part.text: part for part in reversed(answer.cells) if release.is_written(part)}
        answer.parts = [part for part in answer.cells if written.get(part.text) is part]
        if not answer.parts and not answer.problem and (strays or not answer.cells):
            answer.problem = (ELSEWHERE if answer.cells else NO_CELL) + _named(strays)
    return found


def _share_out(
    group: tuple[str, ...], parts: list[CellPart], found: dict[str, WrittenAnswer], release: _Release
) -> None:
    """Neighbouring answers without grade_ids: one cell each, or a person must tell them apart."""
    if any(found[id].cells for id in group):
        found[group[0]].cells[:0] = parts  # they are above the first cell that has its grade_id
    elif len(parts) == len(group):
        for id, part in zip(group, parts, strict=True):
            found[id].cells.append(part)
    elif any(map(release.is_written, parts)):
        for id in group:
            found[id].problem = WHICH + _named(parts)


def _release_of(cells: Sequence[Cell], releases: Sequence[Sequence[Cell]], ids: Sequence[str]) -> _Release:
    """The release that the cells were made from: that with most of their texts, and of equal ones the first."""
    texts = {_plain(cell.text) for cell in cells} - {""}
    of_each = [{_plain(cell.text) for cell in release} for release in releases]
    own = max(range(len(releases)), key=lambda k: len(texts & of_each[k]), default=None)
    stubs = {_plain(cell.text) for release in releases for cell in release if cell.grade_id in ids}
    return _Release([] if own is None else releases[own], ids, stubs, set().union(*of_each))


def _named(parts: list[CellPart]) -> str:
    """Where to look: the numbers of the cells, counted from 1 as editors do, and how they begin."""
    named = [f"cell {part.index + 1}, “{brief(one_line(part.text), TEXT_START)}”" for part in parts]
    return f": {listed(named, ANSWER_CELLS, '; ')}" if named else ""


class _Release:
    """The notebook that was handed out; its cells are known by their indices. `stubs`: what was in the cells of answers, `texts`: in
    any cell, in any release."""

    def __init__(self, cells: Sequence[Cell], ids: Sequence[str], stubs: set[str], texts: set[str]) -> None:
        self.cells = cells
        self.ids = set(ids)
        self.marks = {cell.grade_id: k for k, cell in enumerate(cells) if cell.grade_id}
        self.untouched = stubs | {""}
        self.ever = texts - self.untouched
        self.texts: dict[str, int] = {}
        self.heads: dict[str, int] = {}
        self.groups: dict[int, tuple[str, ...]] = {}  # by the cell above
        self.above_code: set[tuple[str, ...]] = set()  # groups with a code question's cell directly below
        twice = set()
        for k, cell in enumerate(cells):
            if cell.grade_id in self.ids:
                continue
            group: list[str] = []
            while k + 1 + len(group) < len(cells) and cells[k + 1 + len(group)].grade_id in self.ids:
                group.append(cells[k + 1 + len(group)].grade_id)
            if group:
                self.groups[k] = tuple(group)
                below = [cell for cell in cells[k + 1 + len(group) :][:1] if cell.grade_id]
                if below and below[0].kind == "code":
                    self.above_code.add(tuple(group))
            text, head = _plain(cell.text), _head(cell)
            if text and (group or text not in self.texts):  # of equal cells, the one above an answer
                self.texts[text] = k
            if head:
                twice |= {head} & self.heads.keys()
                self.heads[head] = k
        for head in twice:
            del self.heads[head]

    def group_of(self, id: str) -> tuple[str, ...]:
        return next((group for group in self.groups.values() if id in group), (id,))

    def is_written(self, part: CellPart) -> bool:
        return _plain(part.text) not in self.untouched

    def parts(self, index: int, cell: Cell) -> Iterator[int | CellPart]:
        """What a submitted cell consists of: handed-out cells, by their indices, and text of the student's."""
        text = _plain(cell.text)
        if text in self.texts and text not in self.untouched and cell.grade_id not in self.ids:
            yield self.marks.get(cell.grade_id, self.texts[text])
            return
        known: int | None = self.marks.get(cell.grade_id) if cell.grade_id not in self.ids else None
        if known is None and text in self.ever and cell.grade_id not in self.ids:
            return  # of another release, copied in
        if cell.kind == "code":
            yield CellPart(index, cell.text, cell.kind) if known is None else known
            return
        segments = [*self._segments(text)]
        if all(k is None for k, _ in segments):
            yield CellPart(index, cell.text, cell.kind) if known is None else known
            return
        for k, piece in segments:
            if k is not None:
                yield k
            if piece.strip():
                yield CellPart(index, piece, cell.kind, whole=False)

    def _segments(self, text: str) -> Iterator[tuple[int | None, str]]:
        """The text, cut at each first line of a handed-out cell: that cell's index (None: above the first one), and what was
        added to its text."""
        begun = [k for head, k in self.heads.items() if text.startswith(head) and self._begins(text, k)]
        if begun:  # also if the addition continues its last line
            k = max(begun, key=lambda k: len(self.cells[k].text))
            yield k, ""
            text = text[len(_plain(self.cells[k].text)) :]
        k_now: int | None = None
        lines: list[str] = []
        for line in text.split("\n"):
            k_next = self.heads.get(line.strip())
            if k_next is not None:
                before = _before_head(self.cells[k_next])
                if before and lines[-len(before) :] == before:
                    del lines[-len(before) :]
                yield k_now, self._added(k_now, lines)
                k_now, lines = k_next, []
            lines.append(line)
        yield k_now, self._added(k_now, lines)

    def _begins(self, text: str, k: int) -> bool:
        given = _plain(self.cells[k].text)
        return text.startswith(given) and text[len(given) : len(given) + 1].isspace()

    def _added(self, k: int | None, lines: list[str]) -> str:
        """The lines without those that were handed out from the first line of cell `k` on."""
        if k is None:
            return "\n".join(lines).strip()
        given = _plain(self.cells[k].text).split("\n")
        known, last = set(given) - {""}, given[-1]
        text = "\n".join(line for line in lines if line not in known)
        return text.strip().removeprefix(last).strip()


def _plain(text: str) -> str:
    """Text without the differences that editors make: line ends, and white space at the end of a line."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def _head(cell: Cell) -> str:
    """The line by which an edited cell is known: its first heading, or its first long line; "" for code."""
    if cell.kind == "code":
        return ""
    lines = (line.strip() for line in cell.text.split("\n"))
    return next((line for line in lines if line.startswith("#") or len(line) >= TELLING_LINE), "")


def _before_head(cell: Cell) -> list[str]:
    lines = _plain(cell.text).split("\n")
    return lines[: next((n for n, line in enumerate(lines) if line.strip() == _head(cell)), 0)]
