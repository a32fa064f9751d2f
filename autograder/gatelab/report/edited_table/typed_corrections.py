"""Reads overrides of the grader's points and late penalties from an edited grade table, with reasons and comments."""

from __future__ import annotations

import shlex
from dataclasses import replace

from gatelab.report.by_hand.corrections import COMMENT, LATE, POINTS
from gatelab.report.by_hand.marks import Mark, MarksError, number_of
from gatelab.report.edited_table import table_cells
from gatelab.report.edited_table.readback_result import WITHDRAWN, Change
from gatelab.report.edited_table.table_rows import TableRows
from gatelab.report.outputs.grade_table import COMMENT as COMMENT_COLUMN
from gatelab.report.outputs.grade_table import OVERRIDES, PENALTY, WHY, is_among_overrides
from gatelab.submission.spreadsheet import Line
from gatelab.text import one_line, unescape_formula


class TypedCorrections(TableRows):
    """Reads corrections, one student's rows at a time."""

    def _corrections(self, name: str, lines: list[Line], emptied: dict[str, list[str]]) -> list[str]:
        """Read overrides, reasons and comments; returns a sentence for each of the grader's cells that was emptied."""
        edits: list[str] = []
        why = next((text for line in lines if (text := self._text(name, WHY, line))), "")
        found = [mark for id in self.most if (mark := self._override(name, id, lines, why, edits))]
        if why and not found:
            self._explain(name, lines[0], why)
        self._comment(name, lines, emptied)
        return edits

    def _override(self, name: str, id: str, lines: list[Line], why: str, edits: list[str]) -> Mark | None:
        """Read what somebody wrote over the points that the kit wrote."""
        if (
            id not in self.table.columns
            or not self.base
            or id not in self.base.columns
            or name not in self.base_rows
        ):
            return None
        before = self._before(name, id)
        changed = {
            cell: line for line in lines if not self._is_old(name, id, cell := self.table.cell(line, id))
        }
        if not changed:
            return None
        if "" in changed:
            edits.append(
                f"{name}, column {id}: {table_cells.quoted(before)} was changed to nothing; that is ignored, because an emptied cell "
                "withdraws nothing. Write a number there to override the grader, - to withdraw an override."
            )
            return None
        values = {self.table.cell(line, id) for line in lines}
        if len(lines) > 1 and (len(values) > 1 or self.known.twins(name)):
            where = " and ".join(str(line.number) for line in lines)
            raise MarksError(
                f"has different points for {name}, column {id}, in lines {where}; leave one of them."
            )
        typed, line = next(iter(changed.items()))
        what, question, sha256 = self._key(name, id, line)
        table = self.corrections.tables[what]
        old = table.points(name, question, sha256)
        was = number_of(before) if old is None else old
        if typed in WITHDRAWN:
            if any((m.submission, m.question) == (name, question) for m in table.by_key.values()):
                self._refuse_foreign_row(line, name, id)
                self.result.taken_back.append((what, name, question))
                self.result.changes.append(Change(name, id, was, None, what))
            else:
                edits.append(
                    f"{name}, column {id}: - withdraws nothing, because nobody has overridden the grader there."
                )
            return None
        points = self._points(name, id, typed, line)
        if points == old:
            return None
        self._refuse_foreign_row(line, name, id)
        return self._correct(
            what, name, id, Mark(name, question, points, sha256, "", self.now, "grades.csv", why=why), was
        )

    def _key(self, name: str, id: str, line: Line) -> tuple[str, str, str]:
        """Kind of correction, question and file hash under which it is stored."""
        return (LATE, "", "") if id == PENALTY else (POINTS, id, self._bytes(line, name))

    def _correct(self, what: str, name: str, id: str, mark: Mark, was: float | None) -> Mark:
        work = self.by_name.get(name)
        if work and (what == LATE or (mark.sha256 and work.sha256 == mark.sha256)):
            mark = replace(mark, entry=work.entry)
        self.result.corrected.append((what, mark))
        self.result.changes.append(Change(name, id, was, mark.points, what, mark.why))
        return mark

    def _explain(self, name: str, line: Line, why: str) -> None:
        """A reason that was added later: for overrides that lack one, otherwise for everything overridden in this row. It says nothing about
        overrides that whoever typed it has not seen, and beside a new mark by hand it replaces no reason."""
        overridden, newer = [], False
        for id in self.most:
            what, question, sha256 = self._key(name, id, line)
            if mark := self.corrections.tables[what].by_key.get((name, question, sha256)):
                if self._was_seen(name, id, line, mark):
                    overridden.append((what, id, mark))
                else:
                    newer = True
        unexplained = [item for item in overridden if not item[2].why]
        marked = any(mark.submission == name for mark in self.result.given)
        if not overridden or (marked and not unexplained):
            ignored = "nothing is overridden in this row"
            if overridden:
                ignored = "every override in this row has a reason"
            elif newer:
                ignored = "the overrides in this row are newer than this table"
            how = f"; give reasons with gatelab mark {shlex.quote(name)} QUESTION POINTS --why REASON"
            self.result.notes.append(
                f"{name}, column {WHY}: {ignored}; {table_cells.quoted(why)} is ignored{how if marked or newer else ''}."
            )
            return
        self._refuse_foreign_row(line, name, WHY)
        for what, id, mark in unexplained or overridden:
            self._correct(what, name, id, replace(mark, why=why, given=self.now), mark.points)

    def _was_seen(self, name: str, id: str, line: Line, mark: Mark) -> bool:
        """Whether an override, with its reason, was in the table when this one was made from it, or came from this one."""
        if not self.stale:
            return True
        if is_among_overrides(self._written(name, OVERRIDES), id, mark):
            return True
        typed = not self._is_as_opened(name, id, self.table.cell(line, id))
        before = self.last.raw(self.last_rows[name], WHY) if self.last and name in self.last_rows else ""
        own_reason = not mark.why or table_cells.same(mark.why, one_line(unescape_formula(before)))
        return typed and own_reason and number_of(self.table.cell(line, id)) == mark.points

    def _comment(self, name: str, lines: list[Line], emptied: dict[str, list[str]]) -> None:
        if COMMENT_COLUMN not in self.table.columns:
            return
        texts = {text for line in lines if (text := self._text(name, COMMENT_COLUMN, line))}
        if len(texts) > 1:
            raise MarksError(
                f"has different comments for {name}, column {COMMENT_COLUMN}; leave one of them."
            )
        sha256 = self._bytes(lines[0], name)
        existing = self.corrections.comments.by_key.get((name, "", sha256))
        if not texts:
            has = self.base and COMMENT_COLUMN in self.base.columns
            had_text = has and self._written(name, COMMENT_COLUMN)
            if existing and had_text and all(not self.table.cell(line, COMMENT_COLUMN) for line in lines):
                emptied[COMMENT_COLUMN].append(name)
            return
        text, line = texts.pop(), lines[0]
        if text in WITHDRAWN:
            if existing:
                self.result.taken_back.append((COMMENT, name, ""))
                self.result.changes.append(Change(name, "", None, None, COMMENT))
        elif not existing or existing.why != text:
            self._refuse_foreign_row(line, name, COMMENT_COLUMN)
            self._correct(
                COMMENT, name, "", Mark(name, "", 0.0, sha256, "", self.now, "grades.csv", why=text), None
            )
