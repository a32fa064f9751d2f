"""The rows of an edited grade table: whose they are, what the kit wrote into them, and what was entered since."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from gatelab.limits import TYPED
from gatelab.report.by_hand.corrections import Corrections
from gatelab.report.by_hand.marks import Marks, MarksError, Work, number_of
from gatelab.report.edited_table import table_cells
from gatelab.report.edited_table.readback_result import Readback, ReadbackOptions
from gatelab.report.outputs.grade_table import COMMENT as COMMENT_COLUMN
from gatelab.report.outputs.grade_table import PENALTY, WHY
from gatelab.report.record.points import number
from gatelab.submission.spreadsheet import Line, Table
from gatelab.text import one_line, unescape_formula

SHA256 = re.compile(r"[0-9a-f]{64}")


class TableRows:
    """`table`, and the tables that the kit has `written` (newest first); `base` is the one from which `table` was edited; `last` is the
    table that was last read back since then, or the base. If `table` was made from an older one (`stale`), `last` is whichever is nearest
    to it of the base and the tables read back before: its sheet may have been saved, and read, while it was open."""

    def __init__(
        self,
        table: Table,
        written: list[Table],
        seen: Table | None,
        works: list[Work],
        marks: Marks | None,
        corrections: Corrections,
        asked: ReadbackOptions,
        edited: Iterable[Table] = (),
    ) -> None:
        self.table, self.questions, self.now, order = table, asked.questions, asked.now, asked.order
        self.marks, self.all_new, self.corrections = marks or Marks(), marks is None, corrections
        self.most = {**asked.automatic, **({PENALTY: float("inf")} if PENALTY in order else {})}
        self.by_name = {work.name: work for work in works}
        rows = [{base.raw(line, "submission"): line for line in base.lines} for base in written]
        self.files: dict[str, set[str]] = defaultdict(set)
        self.bytes: dict[str, set[str]] = defaultdict(set)
        for base, lines in zip(written, rows, strict=True):
            for name, line in lines.items():
                self.files[name].add(base.cell(line, "file"))
                self.bytes[name].add(base.cell(line, "sha256"))
        for work in works:
            self.files[work.name].add(work.file)
            self.bytes[work.name].add(work.sha256)
        self.names = dict.fromkeys([*self.by_name, *self.bytes, *(key[0] for key in self.marks.by_key)])
        self.known = table_cells.Names(self.names)
        people = {*self.questions, WHY, COMMENT_COLUMN, "submission"}
        automatic = [title for title in order if title not in people]
        self.automatic = [title for title in automatic if title in table.columns]
        self.people = [
            title for title in order if title in people - {"submission"} and title in table.columns
        ]
        self.order = order
        self.base: Table | None = None
        self.base_rows: dict[str, Line] = {}
        self.stale = False
        if written:
            k = min(range(len(written)), key=lambda k: (*self._distance(written[k], rows[k]), k))
            self.base, self.base_rows, self.stale = written[k], rows[k], k > 0
        self.last, self.last_rows = self.base, self.base_rows
        if self.stale:
            seen = self._saved_before(edited)
        if seen:
            self.last = seen
            self.last_rows = {
                self.known.find(seen.raw(line, "submission")) or "": line for line in seen.lines
            }
        self.result = Readback()

    def _saved_before(self, edited: Iterable[Table]) -> Table | None:
        """The edited table that is nearest to this one; None if the base is nearer."""
        nearest, least = None, sum(self._distance(self.base, self.base_rows)) if self.base else 0
        for table in edited:
            rows = {table.raw(line, "submission"): line for line in table.lines}
            distance = sum(self._distance(table, rows))
            if distance < least or (nearest is None and distance == least):
                nearest, least = table, distance
        return nearest

    def _refuse_extra_cells(self, line: Line, name: str) -> None:
        if any(cell.strip() for cell in line.cells[self.table.width :]):
            raise MarksError(
                f"has more cells in line {line.number} ({name}) than in its header; fix that line "
                "(where commas separate, write 1,5 in quotation marks)."
            )

    def _owner(self, line: Line) -> str | None:
        """Whose row it was when the kit wrote it, judging by its file and hash."""
        file, sha256 = self.table.cell(line, "file"), self.table.cell(line, "sha256")
        found = [
            name
            for name in self.names
            if file and file in self.files[name] and (not sha256 or sha256 in self.bytes[name])
        ]
        return found[0] if len(found) == 1 else None

    def _foreign_column(self, line: Line, name: str) -> str:
        """A column that shows that this row, or a part of it, belongs to somebody else; "" if there is none."""
        if "file" in self.table.columns and self.files[name]:
            file = self.table.cell(line, "file")
            if file and not any(table_cells.same(file, known) for known in self.files[name]):
                return "file"
        if "sha256" in self.table.columns and self.bytes[name]:
            sha256 = self.table.cell(line, "sha256")
            if sha256 not in self.bytes[name]:
                return "sha256"
        elsewhere = (cell for k, cell in enumerate(line.cells) if k != self.table.columns.get("sha256"))
        return "sha256" if any(SHA256.fullmatch(cell.strip()) for cell in elsewhere) else ""

    def _bytes(self, line: Line, name: str) -> str:
        """The hash of the file that the row was written for, to which a mark in it belongs."""
        sha256 = self.table.cell(line, "sha256")
        if SHA256.fullmatch(sha256) and sha256 in self.bytes[name]:
            return sha256
        if self.base and name in self.base_rows and "sha256" in self.base.columns:
            return self.base.cell(self.base_rows[name], "sha256")
        return self.by_name[name].sha256 if name in self.by_name else ""

    def _reference(self, name: str, id: str, line: Line) -> str:
        """The content of a cell before somebody changed it."""
        if self.all_new:
            return ""
        if self.last and name in self.last_rows:
            return self.last.cell(self.last_rows[name], id)
        if self.base:  # the row had been renamed or removed when the table was last read
            return self.base.cell(self.base_rows[name], id) if name in self.base_rows else ""
        points = self.marks.points(name, id, self._bytes(line, name))
        return "" if points is None else number(points)

    def _before(self, name: str, id: str) -> str:
        """The content of one of the kit's cells before somebody changed it."""
        if self.last and name in self.last_rows and id in self.last.columns:
            return self.last.cell(self.last_rows[name], id)
        return self._written(name, id)

    def _is_old(self, name: str, id: str, cell: str) -> bool:
        """Whether a cell is as it was before somebody changed it."""
        return table_cells.same(cell, self._before(name, id)) or self._is_as_opened(name, id, cell)

    def _is_old_mark(self, name: str, id: str, cell: str, reference: str) -> bool:
        return table_cells.same(cell, reference) or (not self.all_new and self._is_as_opened(name, id, cell))

    def _is_as_opened(self, name: str, id: str, cell: str) -> bool:
        """Whether a cell of a stale table is as in its base: another sheet, made from the same base, may have been read back meanwhile."""
        return self.stale and name in self.base_rows and table_cells.same(cell, self._written(name, id))

    def _written(self, name: str, id: str) -> str:
        """What the kit wrote into this cell."""
        return self.base.cell(self.base_rows[name], id) if self.base and name in self.base_rows else ""

    def _refuse_foreign_row(self, line: Line, name: str, id: str) -> None:
        column = self._foreign_column(line, name)
        if column:
            raise MarksError(
                f"has in line {line.number} a mark for {name}, column {id}, in a row whose {column} is not that of {name}; "
                "its cells were sorted or moved apart. Put the row in order, or take the mark out."
            )

    def _points(self, name: str, id: str, cell: str, line: Line) -> float:
        points, most = number_of(cell), (self.questions | self.most)[id]
        if points is None or points > most:
            before = self._reference(name, id, line) if id in self.questions else self._before(name, id)
            if table_cells.same(cell, before):
                return points or 0.0  # it was valid when it was given
            to = f" to {most:g}" if most < float("inf") else " on"
            raise MarksError(
                f"{name}, column {id}: {cell[:TYPED]!r} is not a number from 0{to}; fix it there and save."
            )
        return points

    def _distance(self, base: Table, rows: dict[str, Line]) -> tuple[int, int]:
        """How many cells differ between the table and one that the kit wrote: in the kit's columns, which people rarely change, and in
        those that only people fill. An empty cell of the latter does not count: it may have been empty before somebody else wrote there.
        """
        by_kit, by_people = 0, 0
        for line in self.table.lines:
            other = rows.get(self.table.raw(line, "submission"))
            if other is None:
                by_kit += 1
                continue
            by_kit += sum(self._differs(line, base, other, title) for title in self.automatic)
            by_people += sum(
                bool(self.table.cell(line, title)) and self._differs(line, base, other, title)
                for title in self.people
            )
        return by_kit, by_people

    def _differs(self, line: Line, base: Table, other: Line, title: str) -> bool:
        return not table_cells.same(self.table.cell(line, title), base.cell(other, title))

    def _text(self, name: str, title: str, line: Line) -> str:
        """What somebody wrote into a text cell; "" if it is unchanged."""
        typed = self.table.raw(line, title)
        before = self.last.raw(self.last_rows[name], title) if self.last and name in self.last_rows else ""
        is_old = table_cells.same(typed, before) or (
            self.stale
            and self.base is not None
            and name in self.base_rows
            and table_cells.same(typed, self.base.raw(self.base_rows[name], title))
        )
        return "" if is_old else one_line(unescape_formula(typed))
