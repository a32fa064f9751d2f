"""The marks and corrections of a class on disk: `marks.csv` and `corrections.csv`, which are what counts, and `grades.csv`, in
which people write them.

`read` takes in what somebody saved in grades.csv and writes nothing; `keep` puts it on disk; `write_grades` then replaces
grades.csv, and only then: a table that is not kept elsewhere, or was saved again meanwhile, is never written over.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gatelab.classrun.durable import write
from gatelab.classrun.earlier import Earlier
from gatelab.classrun.ledger import Ledger, Unreadable, file_bytes
from gatelab.handed_out.lists import listed
from gatelab.limits import EARLIER_EDITED, EARLIER_GRADES, EDITS_SHOWN
from gatelab.report.by_hand.corrected_report import HandMarkedQuestion, StaffInput
from gatelab.report.by_hand.corrections import Corrections, read_corrections
from gatelab.report.by_hand.marks import Mark, Marks, MarksError, Work, exact, read_marks
from gatelab.report.edited_table.readback import Change, ReadbackOptions, parsed, read_back
from gatelab.report.outputs.grade_table import with_penalty
from gatelab.submission.spreadsheet import SheetError, Table, as_written
from gatelab.text import to_bytes

# What LibreOffice and Excel leave next to an open file.
EDITORS = (".~lock.grades.csv#", "~$grades.csv")
# What a person or a shared folder may save next to it: another format, "grades (1).csv", "grades - Copy.csv".
OTHER = re.compile(r"grades.*\.(?:csv|xlsx?|ods|tsv|txt|numbers)", re.IGNORECASE)


class SavedMeanwhile(Exception):
    """grades.csv is not the one that was read; read it again."""


class MarkBook:
    """Marks, corrections and grade table of one output folder. `questions`: ID → maximum points, of those marked by hand; `order`:
    the columns of grades.csv; `automatic`: ID → maximum points, of those that the grader marks; `by_hand`: as in `StaffInput`;
    `is_part`: whether only some questions were asked for, so that one marked by hand is in a result only if it has a mark or comment."""

    def __init__(
        self,
        out: Path,
        questions: dict[str, float],
        order: list[str],
        automatic: dict[str, float] | None = None,
        by_hand: tuple[HandMarkedQuestion, ...] | None = None,
        is_part: bool = False,
    ) -> None:
        self.questions, self.order, self.automatic = questions, order, automatic or {}
        self.by_hand, self.is_part = by_hand, is_part
        self.marks_path, self.grades_path = Path(out) / "marks.csv", Path(out) / "grades.csv"
        self.corrections_path = Path(out) / "corrections.csv"
        self.earlier = Earlier(out)
        self._marks = Ledger(self.marks_path, self.earlier, Marks, read_marks, Marks.put_back)
        self._corrections = Ledger(
            self.corrections_path, self.earlier, Corrections, read_corrections, Corrections.put_back
        )
        self.marks, self.corrections = Marks(), Corrections()
        self._changes: dict[tuple[str, str, str], Change] = {}
        self.notes: list[str] = []  # one sentence each, from all readings
        self.kept: Path | None = None  # where the table that somebody saved is kept
        self._raw: bytes | None = None  # grades.csv as it was read
        self._edited = False
        # Of another class, which this one replaces.
        self._replaced: dict[str, bytes] = {}

    def read(self, works: list[Work], only: list[Work] | None = None) -> None:
        """Take in marks.csv, corrections.csv and what was saved in grades.csv since. Raises MarksError; then nothing has changed.

        `works` are the class as it was when grades.csv was written. `only`, where the folder holds another class: the works of
        the new class, which take over the marks for the same names and bytes; then a table that cannot be read stops nothing.
        """
        notes: list[str] = []
        try:
            marks, corrections = self._marks.load(notes), self._corrections.load(notes)
            raw = file_bytes(self.grades_path)
            written = [path.read_bytes() for path in self.earlier.all("grades")[:EARLIER_GRADES]]
            seen = self.earlier.seen()
        except OSError as error:
            why = f"cannot be read ({error.strerror}), and marks could be lost; fix its permissions."
            raise Unreadable(self.earlier.folder, why) from error
        # Without a marks table all marks of a grade table are new, also of one that is as it was written.
        edited = raw is not None and (raw not in written or not self._marks.found)
        changes: list[Change] = []
        if raw is None and written:
            notes.append(f"{self.grades_path}: was removed; it is written again, and the marks are kept.")
        elif raw is not None and edited and not raw.strip(b"\0 \r\n\t\xef\xbb\xbf\xfe\xff"):
            notes.append(f"{self.grades_path}: was empty; it is written again, and the marks are kept.")
            edited = False
        elif raw is not None and edited:
            try:
                changes = self._take_in(raw, written, seen, works, marks, corrections, notes)
            except MarksError as error:
                if only is None:
                    raise Unreadable(self.grades_path, str(error)) from error
        notes += self._other_files()
        if only is not None:
            self._replaced = {"marks": to_bytes(marks.text())} if len(marks) else {}
            if len(corrections):
                self._replaced["corrections"] = to_bytes(corrections.text())
            marks, corrections, changes = marks.only(only), corrections.only(only), []
            notes = [
                f"{self.grades_path.parent}: held another class; its tables are kept in {self.earlier.folder}."
            ]
        self.marks, self.corrections, self._raw = marks, corrections, raw
        self._edited = edited and raw not in written  # an unchanged one is already kept
        self.notes = list(dict.fromkeys([*self.notes, *notes]))
        for change in changes:  # read twice if it could not be saved the first time
            key = change.what, change.name, change.question
            self._changes[key] = replace(change, was=self._changes.get(key, change).was)

    def follow(self, works: list[Work]) -> None:
        """Move marks and corrections to the names that their works have now (`Marks.follow`)."""
        for table in (self.marks, *self.corrections.tables.values()):
            table.follow(works)

    @property
    def changes(self) -> list[Change]:
        """Everything read in since this object was made."""
        return list(self._changes.values())

    def given(self, work: Work) -> StaffInput:
        """Everything that counts for this work."""
        marks = self.marks.counting(work, self.questions)
        found = {id: self.marks.by_key[work.name, id, work.sha256] for id in marks}
        comments, by_hand = self.corrections.comments_on(work), self.by_hand
        if self.is_part and by_hand is not None:
            by_hand = tuple(one for one in by_hand if one.id in marks or one.id in comments)
        return StaffInput(
            marks,
            {id: mark.why for id, mark in found.items() if mark.why},
            {
                id: self.corrections.points.by_key[work.name, id, work.sha256]
                for id in self.corrections.points.counting(work, self.automatic)
            },
            comments,
            self.corrections.penalty(work),
            by_hand=by_hand,
        )

    def again(self, works: list[Work]) -> list[dict[str, tuple[float, str]]]:
        """For each work: question → points and name of the last mark or override that was given to an earlier file of it."""
        pairs = zip(
            self.marks.again(works, self.questions),
            self.corrections.points.again(works, self.automatic),
            strict=True,
        )
        return [{**marks, **overrides} for marks, overrides in pairs]

    def too_high(self, work: Work) -> dict[str, float]:
        """Question → points that people gave this work when the question was worth more. They do not count."""
        marks = self.marks.too_high(work, self.questions)
        return marks | self.corrections.points.too_high(work, self.automatic)

    def old_marks(self, work: Work, old: dict[str, tuple[float, str]]) -> dict[str, str]:
        """Each old mark of this work (from `again`) as text, which says why it is old unless it was given to another file of this name."""
        high = self.too_high(work)
        texts = {}
        for id, (points, name) in old.items():
            given = "" if name == work.name else f", given to {name}"
            if high.get(id) == points:
                given = ", given when the question was worth more"
            texts[id] = f"{exact(points)}{given}"
        return texts

    def lines_of_too_high(self, works: list[Work]) -> list[str]:
        """A sentence that names all of those; none if there are none."""
        worth = self.questions | self.automatic
        found = [
            f"{work.name} {id} ({exact(points)}, now out of {exact(worth[id])})"
            for work in works
            for id, points in self.too_high(work).items()
        ]
        if not found:
            return []
        return [
            f"Given when the question was worth more, and not counted now; to be given again: {listed(found, EDITS_SHOWN, '; ')}."
        ]

    def orphaned_comments(self, works: list[Work]) -> list[dict[str, str]]:
        """For each work: question ("" for the whole) → comment that was on another file under this name, and is now on no page."""
        comments = self.corrections.comments
        questions = dict.fromkeys(["", *self.questions, *self.automatic], float("inf"))
        old: dict[tuple[str, str], str] = {
            (mark.submission, mark.question): mark.why for mark in comments.by_key.values()
        }
        return [
            {id: old[name, id] for id, (_, name) in found.items() if (name, id) in old}
            for found in comments.again(works, questions)
        ]

    def left_over(self, works: list[Work], by_hand: Mapping[str, bool]) -> dict[str, list[str]]:
        """Why something no longer counts → `ada q1 (mark 2)`: the lab has no such question now, or marks it by hand and did not, or the
        reverse.

        `by_hand`: every question of the lab → whether it is marked by hand.
        """
        names = {work.name for work in works}
        kinds: tuple[tuple[str, Marks, set[str]], ...] = (
            ("mark", self.marks, {id for id, hand in by_hand.items() if hand}),
            ("override", self.corrections.points, {id for id, hand in by_hand.items() if not hand}),
            ("comment", self.corrections.comments, {"", *by_hand}),
        )
        found: dict[str, list[str]] = {}
        for what, table, ids in kinds:
            for mark in table.by_key.values():
                if mark.submission not in names or mark.question in ids:
                    continue
                why = "lab.toml has no such question now"
                if mark.question in by_hand:
                    by = "by hand" if by_hand[mark.question] else "by the grader"
                    why = f"the question is marked {by} now"
                points = "" if what == "comment" else f" {exact(mark.points)}"
                found.setdefault(why, []).append(f"{mark.submission} {mark.question} ({what}{points})")
        return found

    def enter(self, what: str, mark: Mark) -> None:
        """Enter a mark ("") or a correction (its kind) that was not given in grades.csv."""
        table = self.corrections.tables[what] if what else self.marks
        table.give(mark)

    def take_out(self, what: str, name: str, question: str) -> list[Mark]:
        """Withdraw what was given; returns it."""
        table = self.corrections.tables[what] if what else self.marks
        return table.withdraw(name, question)

    def keep(self) -> None:
        """Put marks and corrections on disk, and a table that somebody saved next to them. Raises OSError."""
        for kind, replaced in self._replaced.items():
            self.earlier.keep(kind, replaced)
        self._marks.keep(self.marks)
        self._corrections.keep(self.corrections)
        if self._edited and self._raw is not None:
            self.kept = self.earlier.keep("edited", self._raw)

    def set_aside(self, old: Path) -> Path:
        """Rename a table that cannot be read, so that it is not overwritten. Raises OSError."""
        if old not in (self.grades_path, self.marks_path, self.corrections_path):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        free = (old.with_stem(f"{old.stem}-kept-{k}") for k in itertools.count(1))
        kept = old.rename(next(path for path in free if not path.exists()))
        if old == self.grades_path:
            self._raw, self._edited = None, False
        return kept

    def write_grades(self, text: str) -> None:
        """Replace grades.csv. Raises OSError; SavedMeanwhile when it is not the one that `read` read."""
        try:
            now = file_bytes(self.grades_path)
        except MarksError as error:
            raise SavedMeanwhile from error
        if now != self._raw:
            raise SavedMeanwhile
        before = self.earlier.all("grades")[:1]
        copy = self.earlier.keep("grades", to_bytes(text))
        if now == to_bytes(text):
            return
        try:
            write(self.grades_path, text, lasting=True)
        except OSError:
            if copy not in before:
                copy.unlink(missing_ok=True)  # it is not what the next edited one was made from
            raise
        self._raw, self._edited = to_bytes(text), False

    def _other_files(self) -> list[str]:
        """Tables next to grades.csv that may hold marks, and editors that have it open."""
        try:
            names = sorted(path.name for path in self.grades_path.parent.iterdir())
        except OSError:
            return []
        notes = []
        for name in names:
            path = self.grades_path.with_name(name)
            if name in EDITORS:
                notes.append(
                    f"{self.grades_path}: seems to be open in a spreadsheet ({name}); close it there and open it again."
                )
            elif name.startswith("grades-kept-"):
                notes.append(
                    f"{path}: was set aside, and its marks are not read; fix it and save it as grades.csv, or remove it."
                )
            elif OTHER.fullmatch(name) and name != self.grades_path.name:
                notes.append(f"{path}: is not read; save it as grades.csv to have its marks read.")
        return notes

    def _take_in(
        self,
        raw: bytes,
        written: list[bytes],
        seen: bytes | None,
        works: list[Work],
        marks: Marks,
        corrections: Corrections,
        notes: list[str],
    ) -> list[Change]:
        """Enter what the table says into `marks` and `corrections`."""
        tables = [table for table in map(_written, written) if table]
        titles = dict.fromkeys([*self.order, *(title for table in tables for title in table.columns)])
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        table = parsed(raw, titles)
        last = next(_parsed([seen] if seen is not None else [], titles), None)
        edited = _parsed((path.read_bytes() for path in self.earlier.all("edited")[:EARLIER_EDITED]), titles)
        order = with_penalty(self.order) if corrections.late.by_key else self.order
        asked = ReadbackOptions(self.questions, self.automatic, order, now)
        found = read_back(
            table, tables, last, works, marks if self._marks.found else None, corrections, asked, edited
        )
        found.apply(marks, corrections)
        notes += [f"{self.grades_path}: {note}" for note in found.notes]
        return found.changes


def _parsed(saved: Iterable[bytes], titles: Iterable[str]) -> Iterator[Table]:
    """Tables that people saved, without those that cannot be read."""
    for data in saved:
        with suppress(MarksError):
            yield parsed(data, titles)


def _written(raw: bytes) -> Table | None:
    """A table as the kit wrote it; None when somebody has saved something else over it."""
    try:
        return as_written(raw.decode("utf-8-sig"), "submission")
    except (ValueError, SheetError):
        return None
