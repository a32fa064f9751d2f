"""grades.csv as it comes back: which marks somebody gave in it, and what else was changed and is not taken in.

What stands there is compared with the table that the kit wrote (the *written* one, of the last few the one that it was made
from: an editor may have held an older one open). The rules:

- a number in a column marked by hand is a mark, one in a column that the grader fills overrides it, and so does one that is written
  over a late penalty; each belongs to the bytes that its row was written for;
- a text under `override_reason` is the reason of what was overridden in that row, one under `comment_for_student` a comment;
- `-` withdraws what people gave; an emptied cell, a row, a column or a file that is gone withdraws nothing;
- every other column is the kit's: a change there is told and not taken in;
- marks for a name that is not in the class (who has left it) are kept under that name, and told;
- where it is not certain whose mark it is, nothing is taken in and one sentence says why (MarksError).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gatelab.report import cells
from gatelab.report.corrections import COMMENT, LATE, POINTS, Corrections, one_line
from gatelab.report.marks import Mark, Marks, MarksError, Work, exact, number_of
from gatelab.report.plain import number, unescaped
from gatelab.report.sheet import Ambiguous, Line, SheetError, Table, read_table
from gatelab.report.table import COMMENT as COMMENT_COLUMN
from gatelab.report.table import PENALTY, WHY
from gatelab.submission.names import visible

WITHDRAWN = {"-", "–", "—", "−"}
MOST = 8  # of a kind told one by one
SHA256 = re.compile(r"[0-9a-f]{64}")
SAVE = "save it as .xlsx or as CSV in UTF-8 with a header row, as gatelab wrote it, or take it away"


@dataclass(frozen=True)
class Asked:
    """What is read back. `questions`: ID → most points, of what is marked by hand; `automatic`: the same of what the grader gives
    points for; `order`: the kit's columns; `now`: the time that new marks get."""

    questions: dict[str, float]
    automatic: dict[str, float]
    order: list[str]
    now: str


@dataclass
class Change:
    """What was done to one mark: from `was` to `now`, None for no mark. `what`: "" for a mark by hand, else the kind of correction."""

    name: str
    question: str
    was: float | None
    now: float | None
    what: str = ""
    text: str = ""

    def __str__(self) -> str:
        if self.what == COMMENT:
            on = f" {self.question}" if self.question else ""
            return f"{self.name}{on} comment {cells.quoted(self.text) if self.text else 'withdrawn'}"
        if self.what and self.now is None:
            return f"{self.name} {self.question} override withdrawn (was {exact(self.was or 0)})"
        if self.what:
            was = "" if self.was is None else f"{exact(self.was)} → "
            why = f" ({self.text})" if self.text else ", without a reason"
            return f"{self.name} {self.question} {was}{exact(self.now or 0)}{why}"
        if self.now is None:
            return f"{self.name} {self.question} withdrawn (was {exact(self.was or 0)})"
        was = "" if self.was is None else f"{exact(self.was)} → "
        return f"{self.name} {self.question} {was}{exact(self.now)}"


@dataclass
class Readback:
    """What a table that came back says. `notes`: one sentence each, on what is not taken in."""

    given: list[Mark] = field(default_factory=list)
    withdrawn: list[tuple[str, str]] = field(default_factory=list)
    corrected: list[tuple[str, Mark]] = field(default_factory=list)  # kind of correction, what was given
    taken_back: list[tuple[str, str, str]] = field(default_factory=list)  # kind, name, question
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def apply(self, marks: Marks, corrections: Corrections) -> None:
        """Enter all of it."""
        for what, name, question in self.taken_back:
            corrections.tables[what].withdraw(name, question)
        for what, mark in self.corrected:
            corrections.tables[what].give(mark)
        for name, question in self.withdrawn:
            marks.withdraw(name, question)
        for mark in self.given:
            marks.give(mark)


def parsed(data: bytes, titles: Iterable[str]) -> Table:
    """grades.csv as a table. Raises MarksError, whose message has no subject, when it is none."""
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
    asked: Asked,
) -> Readback:
    """Compare `table` with the tables that were `written` (newest first) and with the `marks` so far; None: there is no table of
    marks, and all that stand here are new. `seen`: what was read back already since the last one was written.

    Raises MarksError, whose message has no subject.
    """
    return _Reader(table, written, seen, works, marks, corrections, asked).read()


class _Reader:
    def __init__(
        self,
        table: Table,
        written: list[Table],
        seen: Table | None,
        works: list[Work],
        marks: Marks | None,
        corrections: Corrections,
        asked: Asked,
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
        self.known = cells.Names(self.names)
        people = {*self.questions, WHY, COMMENT_COLUMN, "submission"}
        automatic = [title for title in order if title not in people]
        self.automatic = [title for title in automatic if title in table.columns]
        self.order = order
        self.base: Table | None = None
        self.base_rows: dict[str, Line] = {}
        self.stale = False
        if written:
            k = min(range(len(written)), key=lambda k: (self._distance(written[k], rows[k]), k))
            self.base, self.base_rows, self.stale = written[k], rows[k], k > 0
        self.last, self.last_rows = self.base, self.base_rows
        if seen and not self.stale:
            self.last, self.last_rows = (
                seen,
                {self.known.find(seen.raw(line, "submission")) or "": line for line in seen.lines},
            )
        self.result = Readback()

    def read(self) -> Readback:
        self._columns()
        by_name: dict[str, list[Line]] = defaultdict(list)
        extra: list[Line] = []
        for line in self.table.lines:
            said = self.table.raw(line, "submission")
            name = self.known.find(said)
            if name is None and line.above:
                continue  # a title
            if name is None and not self._has_left(line, said):
                extra.append(line)
                continue
            name = name or said
            self._whole(line, name)
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

    # --- columns and rows ---

    def _columns(self) -> None:
        """A column of marks that is gone withdraws nothing; it must not have got another name."""
        expected = self.base.columns if self.base else dict.fromkeys(self.order)
        gone = [id for id in self.questions if id in expected and id not in self.table.columns]
        if gone and self.table.others:
            others = ", ".join(repr(visible(title)[:40]) for title in self.table.others.values())
            raise MarksError(
                f"has no column {gone[0]!r}, and one that gatelab does not know ({others}); give the column its name "
                f"{gone[0]!r} again, or take the other one out."
            )

    def _whole(self, line: Line, name: str) -> None:
        if any(cell.strip() for cell in line.cells[self.table.width :]):
            raise MarksError(
                f"has more cells in line {line.number} ({name}) than in its header; fix that line "
                "(1,5 stands in quotation marks where commas separate)."
            )

    def _has_left(self, line: Line, said: str) -> bool:
        """Whether a row that is nobody's in the class holds marks of somebody who is not in it. False without marks, and for the row
        of somebody in the class under another name that holds the marks it had."""
        given = {id: self.table.cell(line, id) for id in self.questions}
        if not any(given.values()):
            return False
        owner = self._owner(line)
        if owner and all(cells.same(said, self._reference(owner, id, line)) for id, said in given.items()):
            return False
        if said.strip() and not owner:
            return True
        id = next(id for id, said in given.items() if said)
        raise MarksError(
            f"holds marks for {visible(said)[:40]!r}, and no submission is called so; correct the name there "
            f"or take the marks out (line {line.number}, column {id})."
        )

    def _owner(self, line: Line) -> str | None:
        """Whose row it was when it was written, by its file and bytes."""
        file, sha256 = self.table.cell(line, "file"), self.table.cell(line, "sha256")
        found = [
            name
            for name in self.names
            if file and file in self.files[name] and (not sha256 or sha256 in self.bytes[name])
        ]
        return found[0] if len(found) == 1 else None

    def _apart(self, line: Line, name: str) -> str:
        """The column that says that this row, or a part of it, is another's; empty when none does."""
        if "file" in self.table.columns and self.files[name]:
            file = self.table.cell(line, "file")
            if file and not any(cells.same(file, known) for known in self.files[name]):
                return "file"
        if "sha256" in self.table.columns and self.bytes[name]:
            sha256 = self.table.cell(line, "sha256")
            if sha256 not in self.bytes[name]:
                return "sha256"
        elsewhere = (cell for k, cell in enumerate(line.cells) if k != self.table.columns.get("sha256"))
        return "sha256" if any(SHA256.fullmatch(cell.strip()) for cell in elsewhere) else ""

    # --- marks ---

    def _bytes(self, line: Line, name: str) -> str:
        """What the row was written for: the bytes that a mark in it belongs to."""
        sha256 = self.table.cell(line, "sha256")
        if SHA256.fullmatch(sha256) and sha256 in self.bytes[name]:
            return sha256
        if self.base and name in self.base_rows and "sha256" in self.base.columns:
            return self.base.cell(self.base_rows[name], "sha256")
        return self.by_name[name].sha256 if name in self.by_name else ""

    def _reference(self, name: str, id: str, line: Line) -> str:
        """What stood in the cell before somebody changed it."""
        if self.all_new:
            return ""
        if self.last and name in self.last_rows:
            return self.last.cell(self.last_rows[name], id)
        if self.base:  # whose row the last reader had renamed or taken out
            return self.base.cell(self.base_rows[name], id) if name in self.base_rows else ""
        points = self.marks.points(name, id, self._bytes(line, name))
        return "" if points is None else number(points)

    def _mark(self, name: str, id: str, lines: list[Line], emptied: dict[str, list[str]]) -> None:
        """Take in the one thing that all of somebody's rows say of a question."""
        said = {self.table.cell(line, id): line for line in lines}
        filled = {cell: line for cell, line in said.items() if cell}
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
            if old:
                self._sure(line, name, id)
                self.result.withdrawn.append((name, id))
                self.result.changes.append(Change(name, id, old[-1].points if was is None else was, None))
            return
        if cells.same(next(iter(filled)), reference) or value == was:
            return
        self._sure(line, name, id)
        if len(lines) > 1 and (len(said) > 1 or self.known.twins(name)):
            where = " and ".join(str(line.number) for line in lines)
            raise MarksError(f"has more than one row for {name}, in lines {where}; leave the right one.")
        entry = (
            self.by_name[name].entry if name in self.by_name and self.by_name[name].sha256 == sha256 else ""
        )
        self.result.given.append(Mark(name, id, value, sha256, entry, self.now, "grades.csv"))
        self.result.changes.append(Change(name, id, was, value))

    def _sure(self, line: Line, name: str, id: str) -> None:
        column = self._apart(line, name)
        if column:
            raise MarksError(
                f"has in line {line.number} a mark for {name}, column {id}, in a row whose {column} is not that of {name}; "
                "its cells were sorted or moved apart. Put the row in order, or take the mark out."
            )

    def _points(self, name: str, id: str, said: str, line: Line) -> float:
        points, most = number_of(said), (self.questions | self.most)[id]
        if points is None or points > most:
            before = self._reference(name, id, line) if id in self.questions else self._before(name, id)
            if cells.same(said, before):
                return points or 0.0  # it was allowed when it was given
            to = f" to {most:g}" if most < float("inf") else " on"
            raise MarksError(
                f"{name}, column {id}: {said[:40]!r} is no number from 0{to}; fix it there and save."
            )
        return points

    # --- corrections ---

    def _corrections(self, name: str, lines: list[Line], emptied: dict[str, list[str]]) -> list[str]:
        """Take in what was written over the grader's points, reasons and comments; what was emptied of the grader's, as a sentence."""
        edits: list[str] = []
        why = next((text for line in lines if (text := self._text(name, WHY, line))), "")
        found = [mark for id in self.most if (mark := self._override(name, id, lines, why, edits))]
        if why and not found:
            self._explain(name, lines[0], why)
        self._comment(name, lines, emptied)
        return edits

    def _override(self, name: str, id: str, lines: list[Line], why: str, edits: list[str]) -> Mark | None:
        """What somebody wrote over the points that the kit wrote."""
        if (
            id not in self.table.columns
            or not self.base
            or id not in self.base.columns
            or name not in self.base_rows
        ):
            return None
        before = self._before(name, id)
        changed = {cell: line for line in lines if not cells.same(cell := self.table.cell(line, id), before)}
        if not changed:
            return None
        if "" in changed:
            edits.append(
                f"{name}, column {id}: {cells.quoted(before)} was changed to nothing; that is not taken in, because an emptied cell "
                "withdraws nothing. Write a number there to override the grader, - to withdraw an override."
            )
            return None
        if len(lines) > 1 and (len(changed) > 1 or len({self.table.cell(line, id) for line in lines}) > 1):
            where = " and ".join(str(line.number) for line in lines)
            raise MarksError(
                f"has different points for {name}, column {id}, in lines {where}; leave one of them."
            )
        said, line = next(iter(changed.items()))
        what, question, sha256 = self._key(name, id, line)
        table = self.corrections.tables[what]
        old = table.points(name, question, sha256)
        was = number_of(before) if old is None else old
        if said in WITHDRAWN:
            if any((m.submission, m.question) == (name, question) for m in table.by_key.values()):
                self._sure(line, name, id)
                self.result.taken_back.append((what, name, question))
                self.result.changes.append(Change(name, id, was, None, what))
            else:
                edits.append(
                    f"{name}, column {id}: - withdraws nothing, because nobody has overridden the grader there."
                )
            return None
        points = self._points(name, id, said, line)
        if points == old:
            return None
        self._sure(line, name, id)
        return self._correct(
            what, name, id, Mark(name, question, points, sha256, "", self.now, "grades.csv", why), was
        )

    def _before(self, name: str, id: str) -> str:
        """What stood in one of the kit's cells before somebody changed it."""
        if self.last and name in self.last_rows and id in self.last.columns:
            return self.last.cell(self.last_rows[name], id)
        return self._written(name, id)

    def _key(self, name: str, id: str, line: Line) -> tuple[str, str, str]:
        """Kind of correction, question and bytes under which it is kept."""
        return (LATE, "", "") if id == PENALTY else (POINTS, id, self._bytes(line, name))

    def _correct(self, what: str, name: str, id: str, mark: Mark, was: float | None) -> Mark:
        work = self.by_name.get(name)
        if work and mark.sha256 and work.sha256 == mark.sha256:
            mark = replace(mark, entry=work.entry)
        self.result.corrected.append((what, mark))
        self.result.changes.append(Change(name, id, was, mark.points, what, mark.why))
        return mark

    def _explain(self, name: str, line: Line, why: str) -> None:
        """A reason that was written later: for what lacks one, else for all that was overridden in this row."""
        standing = []
        for id in self.most:
            what, question, sha256 = self._key(name, id, line)
            if mark := self.corrections.tables[what].by_key.get((name, question, sha256)):
                standing.append((what, id, mark))
        if not standing:
            self.result.notes.append(
                f"{name}, column {WHY}: nothing is overridden in this row; {cells.quoted(why)} is not taken in."
            )
        for what, id, mark in [item for item in standing if not item[2].why] or standing:
            self._correct(what, name, id, replace(mark, why=why, given=self.now), mark.points)

    def _comment(self, name: str, lines: list[Line], emptied: dict[str, list[str]]) -> None:
        if COMMENT_COLUMN not in self.table.columns:
            return
        texts = {text for line in lines if (text := self._text(name, COMMENT_COLUMN, line))}
        if len(texts) > 1:
            raise MarksError(
                f"has different comments for {name}, column {COMMENT_COLUMN}; leave one of them."
            )
        sha256 = self._bytes(lines[0], name)
        standing = self.corrections.comments.by_key.get((name, "", sha256))
        if not texts:
            if standing and all(not self.table.cell(line, COMMENT_COLUMN) for line in lines):
                emptied[COMMENT_COLUMN].append(name)
            return
        text, line = texts.pop(), lines[0]
        if text in WITHDRAWN:
            if standing:
                self.result.taken_back.append((COMMENT, name, ""))
                self.result.changes.append(Change(name, "", None, None, COMMENT))
        elif not standing or standing.why != text:
            self._sure(line, name, COMMENT_COLUMN)
            self._correct(
                COMMENT, name, "", Mark(name, "", 0.0, sha256, "", self.now, "grades.csv", text), None
            )

    def _text(self, name: str, title: str, line: Line) -> str:
        """What somebody wrote into a cell for text, "" where it is as it was."""
        said = self.table.raw(line, title)
        before = self.last.raw(self.last_rows[name], title) if self.last and name in self.last_rows else ""
        return "" if cells.same(said, before) else one_line(unescaped(said))

    def _written(self, name: str, id: str) -> str:
        """What the kit wrote into this cell."""
        return self.base.cell(self.base_rows[name], id) if self.base and name in self.base_rows else ""

    # --- what is not taken in ---

    def _distance(self, base: Table, rows: dict[str, Line]) -> int:
        """How many automatic cells differ between the table and one that was written."""
        differing = 0
        for line in self.table.lines:
            other = rows.get(self.table.raw(line, "submission"))
            if other is None:
                differing += 1
                continue
            differing += sum(
                not cells.same(self.table.cell(line, title), base.cell(other, title))
                for title in self.automatic
            )
        return differing

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
                if not cells.same(old, new):
                    found.append(
                        f"{name}, column {title}: {cells.quoted(old)} was changed to {cells.quoted(new)}; that is not taken in, because "
                        "gatelab fills that column. Change it in the sheet that you upload."
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
        notes += edits[:MOST]
        if len(edits) > MOST:
            notes.append(
                f"{len(edits) - MOST} more cells of gatelab's columns were changed; none of that is taken in."
            )
        for id, names in emptied.items():
            notes.append(
                f"column {id} was emptied for {cells.some(names)}; {'what was written there stands' if id == COMMENT_COLUMN else 'the marks stand'}, write - into a cell to withdraw one."
            )
        if self.base:
            gone = [title for title in self.base.columns if title not in self.table.columns]
            if gone:
                notes.append(
                    f"{cells.the(gone, 'column')} {cells.some(gone)} {cells.was(gone)} taken out; the marks stand."
                )
            missing = [name for name in self.base_rows if name in self.by_name and name not in by_name]
            renamed = {owner for line in extra if (owner := self._owner(line))}
            lost = [name for name in missing if name not in renamed]
            if lost:
                notes.append(
                    f"{cells.the(lost, 'row')} {cells.some(lost)} {cells.was(lost)} taken out; the marks stand."
                )
        for line in extra[:MOST]:
            said = visible(self.table.cell(line, "submission"))[:40]
            owner = self._owner(line)
            if owner and self.base:
                notes.append(
                    f"line {line.number}, column submission: {cells.quoted(owner)} was changed to {cells.quoted(said)}; that is not taken "
                    "in, because names come from the files. Rename what was handed in."
                )
            else:
                notes.append(
                    f"line {line.number} ({said or 'without a name'}) is no submission's row; it is not taken over."
                )
        if len(extra) > MOST:
            notes.append(f"{len(extra) - MOST} more rows are no submission's; they are not taken over.")
        if self.table.others:
            others = [visible(title)[:40] or "without a title" for title in self.table.others.values()]
            notes.append(
                f"{cells.the(others, 'column')} {cells.some(others)} {cells.was(others, 'is', 'are')} not taken over."
            )
