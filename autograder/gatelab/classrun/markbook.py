"""The marks of a class on disk: `marks.csv`, which is what counts, and `grades.csv`, in which people write them.

`read` takes in what somebody saved in grades.csv and writes nothing; `keep` puts it on the disk; `write_grades` then replaces
grades.csv, and only then: a table that is not kept elsewhere, or was saved again meanwhile, is never written over.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gatelab.classrun.earlier import LOOK_BACK, Earlier
from gatelab.classrun.store import data, write
from gatelab.report.marks import Marks, MarksError, Work, read_marks
from gatelab.report.readback import MOST, Change, parsed, read_back
from gatelab.report.sheet import LARGEST, SheetError, Table, as_written

EDITORS = (
    ".~lock.grades.csv#",
    "~$grades.csv",
)  # what LibreOffice and Excel leave beside a file that they have open
# What a person or a shared folder may save beside it: another format, "grades (1).csv", "grades - Copy.csv".
OTHER = re.compile(r"grades.*\.(?:csv|xlsx?|ods|tsv|txt|numbers)", re.IGNORECASE)


class SavedMeanwhile(Exception):
    """grades.csv is not the one that was read; read it again."""


class Unreadable(MarksError):
    """A table on the disk cannot be taken in; `path` is which."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class MarkBook:
    """Marks and grade table of one output folder. `questions`: ID → most points, of what is marked by hand; `order`: the
    columns of grades.csv."""

    def __init__(self, out: Path, questions: dict[str, float], order: list[str]) -> None:
        self.questions, self.order = questions, order
        self.marks_path, self.grades_path = Path(out) / "marks.csv", Path(out) / "grades.csv"
        self.earlier = Earlier(out)
        self.marks = Marks()
        self._changes: dict[tuple[str, str], Change] = {}
        self.notes: list[str] = []  # one sentence each, of all readings
        self.kept: Path | None = None  # where the table that somebody saved is kept
        self._raw: bytes | None = None  # grades.csv as it was read
        self._edited = False
        self._has_marks = False
        self._replaced: bytes | None = None  # marks of another class, which these take the place of

    def read(self, works: list[Work], only: list[Work] | None = None) -> None:
        """Take in marks.csv and what was saved in grades.csv since. Raises MarksError; then nothing has changed.

        `works` are the class as it was when grades.csv was written. `only`, where what lies here is another class's: the works of
        the new class, which take over the marks for the same names and bytes; for them nothing here is a reason to stop.
        """
        notes: list[str] = []
        try:
            marks = self._marks(notes)
            raw = _bytes(self.grades_path)
            written = [path.read_bytes() for path in self.earlier.all("grades")[:LOOK_BACK]]
            seen = self.earlier.seen()
        except OSError as error:
            why = f"cannot be read ({error.strerror}), and marks could be lost; fix its permissions."
            raise Unreadable(self.earlier.folder, why) from error
        # Without a marks table all marks of a grade table are new, also of one that is as it was written.
        edited = raw is not None and (raw not in written or not self._has_marks)
        changes: list[Change] = []
        if raw is None and written:
            notes.append(f"{self.grades_path}: was taken away; it is written again, and the marks stand.")
        elif raw is not None and edited and not raw.strip(b"\0 \r\n\t\xef\xbb\xbf\xfe\xff"):
            notes.append(f"{self.grades_path}: was empty; it is written again, and the marks stand.")
            edited = False
        elif raw is not None and edited:
            try:
                changes = self._take_in(raw, written, seen, works, marks, notes)
            except MarksError as error:
                if only is None:
                    raise Unreadable(self.grades_path, str(error)) from error
        notes += self._beside()
        if only is not None:
            self._replaced = data(marks.text()) if len(marks) else None
            marks, changes = marks.only(only), []
            notes = [
                f"{self.grades_path.parent}: held another class; its tables are kept in {self.earlier.folder}."
            ]
        self.marks, self._raw, self._edited = marks, raw, edited
        self.notes = list(dict.fromkeys([*self.notes, *notes]))
        for change in changes:  # read twice where it could not be kept the first time
            key = change.name, change.question
            self._changes[key] = replace(change, was=self._changes.get(key, change).was)

    @property
    def changes(self) -> list[Change]:
        """All that was taken in since this object was made."""
        return list(self._changes.values())

    def keep(self) -> None:
        """Put the marks on the disk, and a table that somebody saved beside them. Raises OSError."""
        if self._replaced:
            self.earlier.keep("marks", self._replaced)
        text = self.marks.text()
        was = _bytes(self.marks_path)
        if (was is not None or len(self.marks)) and was != data(text):
            if was is not None:
                self.earlier.keep("marks", was)  # somebody may have changed it by hand
            self.earlier.keep("marks", data(text))
            write(self.marks_path, text, lasting=True)
        if self._edited and self._raw is not None:
            self.kept = self.earlier.keep("edited", self._raw)

    def set_aside(self, old: Path) -> Path:
        """Give a table that cannot be read a name that no file has yet, so that it is not written over. Raises OSError."""
        if old not in (self.grades_path, self.marks_path):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        free = (old.with_stem(f"{old.stem}-kept-{k}") for k in itertools.count(1))
        kept = old.rename(next(path for path in free if not path.exists()))
        if old == self.grades_path:
            self._raw, self._edited = None, False
        return kept

    def write_grades(self, text: str) -> None:
        """Replace grades.csv. Raises OSError; SavedMeanwhile when it is not the one that `read` read."""
        try:
            now = _bytes(self.grades_path)
        except MarksError as error:
            raise SavedMeanwhile from error
        if now != self._raw:
            raise SavedMeanwhile
        before = self.earlier.all("grades")[:1]
        copy = self.earlier.keep("grades", data(text))
        if now == data(text):
            return
        try:
            write(self.grades_path, text, lasting=True)
        except OSError:
            if copy not in before:
                copy.unlink(missing_ok=True)  # it is not what the next one to come back was made from
            raise
        self._raw, self._edited = data(text), False

    def _marks(self, notes: list[str]) -> Marks:
        """marks.csv, or the newest copy of it that is whole where it was taken away."""
        copies = self.earlier.all("marks")
        raw = _bytes(self.marks_path)
        self._has_marks = raw is not None or bool(copies)
        if raw is not None:
            try:
                marks = read_marks(raw)
                self._put_back(marks, copies, notes)
                return marks
            except MarksError as error:
                back = f"copy {copies[0]} over it" if copies else "fix it or take it away"
                raise Unreadable(self.marks_path, f"{error}; {back} and run the command again.") from error
        for copy in copies:
            with suppress(MarksError):
                marks = read_marks(copy.read_bytes())
                notes.append(f"{self.marks_path}: was taken away; it is written again from {copy}.")
                return marks
        return Marks()

    def _put_back(self, marks: Marks, copies: list[Path], notes: list[str]) -> None:
        """A row that is gone from marks.csv withdraws nothing: it may have been cut off, or lost in a merge."""
        for copy in copies[:1]:
            with suppress(MarksError):
                gone = [
                    mark
                    for key, mark in read_marks(copy.read_bytes()).by_key.items()
                    if key not in marks.by_key
                ]
                for mark in gone:
                    marks.give(mark)
                if gone:
                    named = ", ".join(f"{mark.submission} {mark.question}" for mark in gone[:MOST])
                    more = f" and {len(gone) - MOST} more" if len(gone) > MOST else ""
                    notes.append(
                        f"{self.marks_path}: lacked the marks {named}{more}; they are put back from {copy}. "
                        "Write - into a cell of grades.csv to withdraw one."
                    )

    def _beside(self) -> list[str]:
        """Tables that lie beside grades.csv and may hold marks, and editors that have it open."""
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
                    f"{path}: was set aside, and its marks are not taken in; fix it and save it as grades.csv, or take it away."
                )
            elif OTHER.fullmatch(name) and name != self.grades_path.name:
                notes.append(f"{path}: is not read; save it as grades.csv to have its marks taken in.")
        return notes

    def _take_in(
        self,
        raw: bytes,
        written: list[bytes],
        seen: bytes | None,
        works: list[Work],
        marks: Marks,
        notes: list[str],
    ) -> list[Change]:
        """Enter what the table says into `marks`."""
        tables = [table for table in map(_written, written) if table]
        titles = dict.fromkeys([*self.order, *(title for table in tables for title in table.columns)])
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        table = parsed(raw, titles)
        last = None
        if seen is not None:
            with suppress(MarksError):
                last = parsed(seen, titles)
        found = read_back(
            table, tables, last, works, marks if self._has_marks else None, self.questions, self.order, now
        )
        found.apply(marks)
        notes += [f"{self.grades_path}: {note}" for note in found.notes]
        return found.changes


def _written(raw: bytes) -> Table | None:
    """A table as the kit wrote it; None when somebody has saved something else over it."""
    try:
        return as_written(raw.decode("utf-8-sig"), "submission")
    except (ValueError, SheetError):
        return None


def _bytes(path: Path) -> bytes | None:
    """What is in the file, None without one. Raises MarksError when it cannot be read."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable(path, "is a folder and not a table; take it away and run the command again.")
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(path, "is no ordinary file; take it away and run the command again.")
        if status.st_size > LARGEST:
            raise Unreadable(
                path, f"is larger than {LARGEST >> 20} MiB; take it away and run the command again."
            )
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        why = f"cannot be read ({error.strerror}), and the marks in it would be lost; fix its permissions."
        raise Unreadable(path, why) from error
