"""Reads an edited grades.csv: which marks somebody entered in it, and which other changes are ignored.

It is compared with the table that the kit wrote: the one of the last few from which it was edited, since a
spreadsheet may have kept an older one open. The rules:

- a number in a column marked by hand is a mark; one in a column that the grader fills, or over a late penalty, is an override;
  each belongs to the file that its row was written for;
- a text under `override_reason` is the reason for the overrides in that row, one under `comment_for_student` a comment;
- `-` withdraws what people gave; an emptied cell or a missing row, column or file withdraws nothing;
- all other columns belong to the kit: a change there is reported and ignored;
- marks for a name that is not in the class (any more) are kept under that name, and reported;
- if it is not certain whose mark it is, nothing is read and one sentence says why (MarksError).
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable

from gatelab.handed_out.lists import listed
from gatelab.limits import EDITS_SHOWN, TABLE_NAMES, TYPED
from gatelab.report.by_hand.corrections import Corrections
from gatelab.report.by_hand.marks import Mark, Marks, MarksError, Work, number_of
from gatelab.report.edited_table import table_cells
from gatelab.report.edited_table.readback_result import WITHDRAWN, Change, Readback, ReadbackOptions
from gatelab.report.edited_table.typed_corrections import TypedCorrections
from gatelab.report.outputs.grade_table import COMMENT as COMMENT_COLUMN
from gatelab.report.outputs.grade_table import OVERRIDES, QUESTION_COMMENTS, WHY
from gatelab.submission.spreadsheet import Ambiguous, Line, SheetError, Table, read_table
from gatelab.text import brief, escape_formula

__all__ = ["WITHDRAWN", "Change", "Readback", "ReadbackOptions", "parsed", "read_back"]

SAVE = "save it as .xlsx or as CSV in UTF-8 with a header row, as gatelab wrote it, or remove it"


def parsed(data: bytes, titles: Iterable[str]) -> Table:
    """grades.csv as a table. Raises MarksError, whose message has no subject, if it is not one."""
    try:
        return read_table(data, "submission", titles)
    except SheetError as error:
        more = "" if isinstance(error, Ambiguous) else f"; {SAVE}"
        raise MarksError(f"{error}{more}.") from error


def read_back(
    table: Table,
    written: list[Table],
    seen: Table | None,
    works: list[Work],
    marks: Marks | None,
    corrections: Corrections,
    asked: ReadbackOptions,
    edited: Iterable[Table] = (),
) -> Readback:
    """Compare `table` with the tables that were `written` (newest first) and with the `marks` so far (None: there is no marks.csv,
    so all marks in the table are new). `seen`: the table that was read back since the last one was written; `edited`: the last few that
    were read back at all, newest first, used only where `table` was made from an older one.

    Raises MarksError, whose message has no subject.
    """
    return _Reader(table, written, seen, works, marks, corrections, asked, edited).read()


def _instead(name: str, title: str) -> str:
    """How to change a column that gatelab fills, as a sentence."""
    who = shlex.quote(name)
    if title == QUESTION_COMMENTS:
        return f"To comment on a question, use gatelab comment {who} QUESTION TEXT; --remove instead of the text takes it back."
    if title == OVERRIDES:
        return (
            f"To give other points, write them into the question's own column and the reason into {WHY}, or use "
            f"gatelab mark {who} QUESTION POINTS --why REASON."
        )
    if title in ("name", "email", "id"):
        return "Change it in the list that gatelab grade reads with --roster."
    if title in ("total", "out_of"):
        return "Totals are added up: write other points into a question's own column."
    return "Change it in the sheet that you upload."


class _Reader(TypedCorrections):
    def read(self) -> Readback:
        self._columns()
        by_name: dict[str, list[Line]] = defaultdict(list)
        extra: list[Line] = []
        for line in self.table.lines:
            name_cell = self.table.raw(line, "submission")
            name = self.known.find(name_cell)
            if name is None and line.above:
                continue  # a title
            if name is None and not self._has_left(line, name_cell):
                extra.append(line)
                continue
            name = name or escape_formula(name_cell)
            self._refuse_extra_cells(line, name)
            by_name[name].append(line)
        emptied: dict[str, list[str]] = defaultdict(list)
        edits: list[str] = []
        for name, lines in by_name.items():
            for id in self.questions:
                if id in self.table.columns:
                    self._mark(name, id, lines, emptied)
            if name in self.by_name or name in self.base_rows:
                edits += self._corrections(name, lines, emptied)
                edits += self._edits(name, lines)
        self._notes(by_name, extra, emptied, edits)
        return self.result

    def _columns(self) -> None:
        """A missing column of marks withdraws nothing, but raise MarksError if it seems to have been renamed."""
        expected = self.base.columns if self.base else dict.fromkeys(self.order)
        missing = [id for id in self.questions if id in expected and id not in self.table.columns]
        if missing and self.table.others:
            others = ", ".join(repr(brief(title, TYPED)) for title in self.table.others.values())
            raise MarksError(
                f"has no column {missing[0]!r}, and one that gatelab does not know ({others}); give the column its name "
                f"{missing[0]!r} again, or take the other one out."
            )

    def _has_left(self, line: Line, submission: str) -> bool:
        """Whether a row without an owner in the class has marks of somebody who has left. False without marks, and for the row
        of somebody in the class under another name, with unchanged marks."""
        given = {id: self.table.cell(line, id) for id in self.questions}
        if not any(given.values()):
            return False
        owner = self._owner(line)
        if owner and all(
            table_cells.same(mark, self._reference(owner, id, line)) for id, mark in given.items()
        ):
            return False
        wrong = [id for id, mark in given.items() if mark and not self._may_be_a_mark(id, mark)]
        # A mark that nobody can have shows that the row is somebody's sum or average.
        if submission.strip() and not owner and (not wrong or self.known.find(submission)):
            return True
        id = next(id for id, mark in given.items() if mark and (not wrong or id in wrong))
        raise MarksError(
            f"holds marks for {brief(submission, TYPED)!r}, and no submission has that name; correct the name there "
            f"or take the marks out (line {line.number}, column {id})."
        )

    def _may_be_a_mark(self, id: str, cell: str) -> bool:
        points = number_of(cell)
        return cell in WITHDRAWN or (points is not None and points <= self.questions[id])

    def _mark(self, name: str, id: str, lines: list[Line], emptied: dict[str, list[str]]) -> None:
        """Read the mark for a question, which must be the same in all of somebody's rows."""
        entries = {self.table.cell(line, id): line for line in lines}
        filled = {cell: line for cell, line in entries.items() if cell}
        if not filled:
            if (
                self._written(name, id)
                and self.marks.points(name, id, self._bytes(lines[0], name)) is not None
            ):
                emptied[id].append(name)
            return
        values = {
            ("-" if cell in WITHDRAWN else self._points(name, id, cell, line))
            for cell, line in filled.items()
        }
        if len(values) > 1:
            where = " and ".join(str(line.number) for line in filled.values())
            raise MarksError(
                f"has different marks for {name}, column {id}, in lines {where}; leave one of them."
            )
        value, line = values.pop(), next(iter(filled.values()))
        reference = self._reference(name, id, line)
        sha256 = self._bytes(line, name)
        was = self.marks.points(name, id, sha256)
        if isinstance(value, str):  # "-"
            old = [m for m in self.marks.by_key.values() if (m.submission, m.question) == (name, id)]
            # A - that was read before withdraws no mark that was given since.
            if old and not table_cells.same(next(iter(filled)), reference):
                self._refuse_foreign_row(line, name, id)
                self.result.withdrawn.append((name, id))
                self.result.changes.append(Change(name, id, old[-1].points if was is None else was, None))
            return
        if self._is_old_mark(name, id, next(iter(filled)), reference) or value == was:
            return
        self._refuse_foreign_row(line, name, id)
        if len(lines) > 1 and (len(entries) > 1 or self.known.twins(name)):
            where = " and ".join(str(line.number) for line in lines)
            raise MarksError(f"has more than one row for {name}, in lines {where}; leave the right one.")
        entry = (
            self.by_name[name].entry if name in self.by_name and self.by_name[name].sha256 == sha256 else ""
        )
        self.result.given.append(Mark(name, id, value, sha256, entry, self.now, "grades.csv"))
        self.result.changes.append(Change(name, id, was, value))

    def _edits(self, name: str, lines: list[Line]) -> list[str]:
        """`ada, column q1: 4 was changed to 10`, for each automatic cell that is not as it was written."""
        if not self.base or name not in self.base_rows:
            return []
        found = []
        for line in lines:
            for title in self.automatic:
                if title not in self.base.columns or title in self.most:
                    continue
                old, new = self.base.cell(self.base_rows[name], title), self.table.cell(line, title)
                if not table_cells.same(old, new):
                    found.append(
                        f"{name}, column {title}: {table_cells.quoted(old)} was changed to {table_cells.quoted(new)}; that is ignored, because "
                        f"gatelab fills that column. {_instead(name, title)}"
                    )
        return found

    def _notes(
        self,
        by_name: dict[str, list[Line]],
        extra: list[Line],
        emptied: dict[str, list[str]],
        edits: list[str],
    ) -> None:
        notes = self.result.notes
        if not self.base and any(id in self.table.columns for id in self.most):
            notes.append(
                "can be compared with no table that gatelab wrote, because earlier/ holds none, so no override in it is read; "
                "give overrides with gatelab mark."
            )
        if self.stale:
            notes.append("was made from the table of an earlier run; only changes made since then are read.")
        notes += edits[:EDITS_SHOWN]
        if len(edits) > EDITS_SHOWN:
            notes.append(
                f"{len(edits) - EDITS_SHOWN} more cells of gatelab's columns were changed; all of that is ignored."
            )
        for id, names in emptied.items():
            notes.append(
                f"column {id} was emptied for {listed(names, TABLE_NAMES)}; {'what was written there is kept' if id == COMMENT_COLUMN else 'the marks are kept'}, write - into a cell to withdraw one."
            )
        if self.base:
            gone = [title for title in self.base.columns if title not in self.table.columns]
            if gone:
                notes.append(
                    f"{table_cells.the_noun(gone, 'column')} {listed(gone, TABLE_NAMES)} {table_cells.verb(gone)} taken out; the marks are kept."
                )
            missing = [name for name in self.base_rows if name in self.by_name and name not in by_name]
            renamed = {owner for line in extra if (owner := self._owner(line))}
            lost = [name for name in missing if name not in renamed]
            if lost:
                notes.append(
                    f"{table_cells.the_noun(lost, 'row')} {listed(lost, TABLE_NAMES)} {table_cells.verb(lost)} taken out; the marks are kept."
                )
        for line in extra[:EDITS_SHOWN]:
            typed = brief(self.table.cell(line, "submission"), TYPED)
            owner = self._owner(line)
            if owner and self.base:
                notes.append(
                    f"line {line.number}, column submission: {table_cells.quoted(owner)} was changed to {table_cells.quoted(typed)}; that is ignored, "
                    "because names come from the files. Rename what was handed in."
                )
            else:
                notes.append(
                    f"line {line.number} ({typed or 'without a name'}) belongs to no submission; it is ignored."
                )
        if len(extra) > EDITS_SHOWN:
            notes.append(f"{len(extra) - EDITS_SHOWN} more rows belong to no submission; they are ignored.")
        if self.table.others:
            others = [brief(title, TYPED) or "without a title" for title in self.table.others.values()]
            notes.append(
                f"{table_cells.the_noun(others, 'column')} {listed(others, TABLE_NAMES)} {table_cells.verb(others, 'is', 'are')} ignored."
            )
