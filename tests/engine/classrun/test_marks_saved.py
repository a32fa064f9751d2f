"""Marks by hand: whatever a spreadsheet makes of grades.csv, none is lost, and none goes to somebody else."""

from __future__ import annotations

import csv
import os
import shutil

import pytest

from gatelab.classrun.markbook import MarkBook, SavedMeanwhile
from gatelab.classrun.run import ClassRun
from helpers.command import gatelab
from helpers.marked_class import GIVEN, Class, column, saved, with_mark, workbook
from helpers.notebooks import write_notebook
from helpers.tiny_lab import SETUP

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=1)]


FORMS = {
    "utf-8": saved,
    "utf-8 with mark": lambda table: saved(table, "utf-8-sig"),
    "utf-16 with mark": lambda table: saved(table, "utf-16"),
    "utf-16-be with mark": lambda table: b"\xfe\xff" + saved(table, "utf-16-be"),
    "utf-16-le": lambda table: saved(table, "utf-16-le", "\t"),
    "utf-16-be": lambda table: saved(table, "utf-16-be", ";"),
    "utf-32": lambda table: saved(table, "utf-32"),
    "cp1252": lambda table: saved(table, "cp1252", ";", ends="\r\n"),
    "semicolon": lambda table: saved(table, separator=";"),
    "tab": lambda table: saved(table, separator="\t"),
    "bar": lambda table: saved(table, separator="|"),
    "sep": lambda table: saved(table, "utf-8-sig", ";", sep=True, ends="\r\n"),
    "sep, utf-16": lambda table: saved(table, "utf-16", "\t", sep=True),
    "carriage returns": lambda table: saved(table, ends="\r"),
    "all quoted": lambda table: saved(table, quoting=csv.QUOTE_ALL, ends="\r\n"),
    "other case": lambda table: saved([[cell.upper() for cell in table[0]], *table[1:]]),
    "spaces": lambda table: saved([[f" {cell} " for cell in table[0]], *table[1:]]),
    "underscores": lambda table: saved([[cell.replace("_", " ").title() for cell in table[0]], *table[1:]], separator=";"),
    "spaces after commas": lambda table: saved(table, quoting=csv.QUOTE_ALL).replace(b'","', b'", "'),
    "title above": lambda table: saved([["Lab 3, marked by hand"], [], *table]),
    "wide title above": lambda table: saved([["Lab 3", *["by hand"] * (len(table[0]) - 1)], *table], separator=";"),
    "blank lines": lambda table: b"\n\n,,,\n" + saved(table).replace(b"\n", b"\n\n"),
    "sorted": lambda table: saved([table[0], *reversed(table[1:])]),
    "header sorted in": lambda table: saved([*table[1:3], table[0], *table[3:]]),
    "columns moved": lambda table: saved([row[::-1] for row in table]),
    "extra column": lambda table: saved([[*row, "note"] for row in table]),
    "extra rows": lambda table: saved([*table, ["mean", "", "", "", "13"], ["", "", "checked"]]),
    "two columns": lambda table: saved([[row[0], row[column(table, "q3")]] for row in table]),
    "no hash": lambda table: saved([row[:-1] for row in table]),
    "xlsx": workbook,
    "xlsx with a title": lambda table: workbook([["Lab 3"], [], *table]),
}  # fmt: skip


class TestASavedTable:
    @pytest.mark.parametrize("form", FORMS)
    @pytest.mark.one_in(4)
    def test_a_table_is_understood_however_it_was_saved(self, again: Class, form: str) -> None:
        table = with_mark(with_mark(with_mark(again.table(), "Jörg Ü", "0,5"), "cleo; x", "1.50"), "007", "1")
        data = FORMS[form](table)
        again.grades.write_bytes(data)
        said = again.run()
        assert said.exit_code == 1, said.output
        assert again.marks() == GIVEN | {
            ("Jörg Ü", "q3"): 0.5,
            ("cleo; x", "q3"): 1.5,
            ("007", "q3"): 1.0,
        }
        assert again.rows()["007"]["q3"] == "1" and data in again.kept()

    @pytest.mark.parametrize(
        ("mangled", "why"),
        [
            (lambda table: b"\x80\x81\xff" * 99, "no header row with a column 'submission'"),
            (lambda table: os.urandom(64) + b"\0" * 999, "grades.csv: "),
            (lambda table: b",ada,desk,25.11.2026 20:00,file:///home/ada/.config;", "no header row"),  # a lock file
            (lambda table: saved(table).replace(b",1.5,", b",1\0.5,"), "holds a NUL byte in line 4"),
            (lambda table: saved(table)[:99] + b"\0" * 99 + saved(table)[198:], "holds a NUL byte in line 1"),  # a hole in the file
            (lambda table: saved(table[1:]), "no header row with a column 'submission'"),
            (lambda table: saved([["name", *table[0][1:]], *table[1:]]), "no header row with a column 'submission'"),
            (lambda table: saved([["essay" if c == "q3" else c for c in row] for row in table]), "has no column 'q3'"),
            (lambda table: saved([[*row, row[6]] for row in table]), "has the column 'q3' twice"),
            (lambda table: saved([[*row, row[0]] for row in table]), "has the column 'submission' twice"),
            (lambda table: saved([*table, [*table[3][:6], "1", *table[3][7:]]]), "different marks for ada, column q3, in lines"),
            (lambda table: saved(table).replace(b"ada,", b'"ada,', 1), "quotation marks that do not close, from line 4"),
            (lambda table: saved(table).replace(b",1.5,", b",1,5,"), "more cells in line 4"),
            (lambda table: saved(table, "utf-16")[:-1], "starts as UTF-16 text but is not valid UTF-16 from byte "),
            (lambda table: workbook(table)[:-60], "is a workbook that cannot be opened"),
            (lambda table: b"PK\x03\x04 and so on", "is a workbook that cannot be opened"),
            (lambda table: b"\xd0\xcf\x11\xe0" + b"x" * 99, "is an old Excel workbook"),
            (lambda table: saved(with_mark(table, "ada", "01. Mai")), "ada, column q3: '01. Mai' is not a number from 0 to 2"),
            (lambda table: saved(with_mark(table, "ada", "15")), "ada, column q3: '15' is not a number"),
            (lambda table: saved(with_mark(table, "ada", "-1")), "ada, column q3: '-1' is not a number"),
            (lambda table: saved(with_mark(table, "ada", "nan")), "ada, column q3: 'nan' is not a number"),
            (lambda table: workbook(with_mark(table, "ada", "=1+1")), "ada, column q3: '=1+1' is not a number"),
            (lambda table: saved([*table, ["", "", "", "", "", "", "1"]]), "holds marks for ''"),
        ],
    )  # fmt: skip
    def test_a_bad_table_is_refused_in_one_sentence_before_anything_is_written(
        self, again: Class, mangled: object, why: str
    ) -> None:
        again.grades.write_bytes(mangled(again.table()))
        before = again.files()
        said = again.run()
        assert said.exit_code == 2 and again.files() == before
        assert (
            said.stderr.startswith(f"{again.grades}: ")
            and why in said.stderr
            and said.stderr.count("\n") == 1
        )
        assert gatelab("export", "canvas", again.out, "--template", "x").exit_code == 2

    def test_a_refusal_makes_no_folder(self, again: Class) -> None:
        for place in (again.out / "reports", again.out / "feedback"):
            shutil.rmtree(place)
        again.grades.write_bytes(b"\x80" * 99)
        assert again.run().exit_code == 2 and not (again.out / "reports").exists()

    @pytest.mark.parametrize("what", ["folder", "pipe"])
    def test_something_else_in_its_place_is_refused(self, again: Class, what: str) -> None:
        again.grades.unlink()
        again.grades.mkdir() if what == "folder" else os.mkfifo(again.grades)
        before = again.files() if what == "folder" else {}
        said = again.run()
        assert said.exit_code == 2 and "remove it and run the command again" in said.stderr
        assert what == "pipe" or again.files() == before

    @pytest.mark.parametrize(
        ("mangle", "message"),
        [
            (lambda c: c.grades.unlink(), "grades.csv: was removed; it is written again, and the marks are kept."),
            (lambda c: c.grades.write_bytes(b""), "grades.csv: was empty; it is written again, and the marks are kept."),
            (lambda c: c.grades.write_bytes(b"\xff\xfe\n\0"), "grades.csv: was empty; it is written again"),
            (lambda c: c.grades.write_bytes(saved(c.table()[:1])), "the rows 007, Jörg Ü, ada and 3 more were taken out; the marks are kept"),
            (lambda c: c.grades.write_bytes(saved([r for r in c.table() if r[0] != "ada"])), "the row ada was taken out; the marks are kept"),
            (lambda c: c.grades.write_bytes(saved([r[:6] + r[7:] for r in c.table()])), "the column q3 was taken out; the marks are kept"),
            (lambda c: c.edit({("ada", "q3"): "", ("bob", "q3"): " "}), "column q3 was emptied for ada, bob; the marks are kept, write -"),
            (lambda c: c.grades.write_bytes(saved([r[:1] for r in c.table()])), "were taken out; the marks are kept"),
            (lambda c: c.grades.write_bytes(saved(c.table() + c.table()[1:])), ""),
        ],
    )  # fmt: skip
    def test_missing_cells_withdraw_nothing(self, again: Class, mangle: object, message: str) -> None:
        before = again.rows()
        mangle(again)
        said = again.run()
        assert said.exit_code == 1 and message in said.stderr
        assert again.marks() == GIVEN and again.rows() == before

    def test_a_dash_withdraws_a_mark(self, again: Class) -> None:
        again.give(ada="-", bob="–")
        said = again.run()
        assert "ada q3 withdrawn (was 1.5); bob q3 withdrawn (was 2)" in said.stderr
        assert ("ada", "q3") not in again.marks() and again.rows()["ada"]["out_of"] == "10"
        assert "of 10 points" in (again.out / "feedback" / "ada.html").read_text()
        assert any(
            '"ada","q3","1.5"' in path.read_text() for path in (again.out / "earlier").glob("*-marks-*")
        )
        again.run()
        assert ("ada", "q3") not in again.marks()

    def test_zeros_that_a_spreadsheet_drops_are_recognised(self, again: Class) -> None:
        table = with_mark(again.table(), "007", "1")
        again.grades.write_bytes(workbook(table))  # a name that is a number comes back as 7
        again.run()
        assert again.marks() == GIVEN | {("007", "q3"): 1.0}
        row = next(row for row in again.table() if row[0] == "007")
        again.grades.write_bytes(saved([again.table()[0], row, ["7", *row[1:6], "2", *row[7:]]]))
        said = again.run()
        assert said.exit_code == 2 and "different marks for 007" in said.stderr

    @pytest.mark.parametrize("others", [0, 1])
    def test_7_does_not_get_the_mark_of_007(self, again: Class, others: int) -> None:
        """A spreadsheet makes one of both."""
        write_notebook(again.folder / "7.ipynb", SETUP, "# seven")
        again.run()
        table = with_mark(again.table(), "007", "1")
        rows = [["7" if cell == "007" else cell for cell in row] for row in table]
        at = column(table, "q3")
        again.grades.write_bytes(
            saved([[row[0], row[at] or ("1" if others and row[0] == "7" else "")] for row in rows])
        )
        before = again.files()
        said = again.run()
        assert (
            said.exit_code == 2
            and again.files() == before
            and "has more than one row for 7, in lines" in said.stderr
        )

    @pytest.mark.parametrize(
        "name", [".~lock.grades.csv#", "~$grades.csv", "grades.xlsx", "grades.ods", "grades (1).csv"]
    )
    def test_another_table_next_to_it_or_an_open_editor_is_reported(self, again: Class, name: str) -> None:
        (again.out / name).write_bytes(b"x")
        said = again.run()
        assert name in said.stderr and again.marks() == GIVEN

    def test_an_older_table_saved_over_a_newer_one_takes_nothing_back(self, again: Class) -> None:
        """Two people mark; the second one's editor still shows what was before the first one's marks."""
        older = with_mark(with_mark(again.table(), "007", "1"), "ada", "1.5")
        again.give(bob=1, ada="-")
        again.run()
        again.grades.write_bytes(saved(older))
        said = again.run()
        found = again.marks()
        assert found[("bob", "q3")] == 1.0 and found[("007", "q3")] == 1.0 and ("ada", "q3") not in found
        assert "total" not in said.stderr

    def test_marks_of_an_output_folder_without_a_marks_table_are_read(self, again: Class) -> None:
        """As an earlier version of the kit left it."""
        shutil.rmtree(again.out / "earlier")
        (again.out / "marks.csv").unlink()
        again.grades.write_bytes(saved([row[:-2] for row in again.table()]))
        write_notebook(again.folder / "ada.ipynb", SETUP)
        said = again.run()
        assert again.marks() == GIVEN
        assert again.rows()["ada"]["mark_again"] == "q3 was 1.5" and "To be marked again" in said.stderr

    def test_a_row_whose_name_alone_was_changed_is_reported_and_nothing_is_set_aside(
        self, again: Class
    ) -> None:
        """Its mark is the one that is there already; the table is read again once the class is graded."""
        again.edit({("ada", "submission"): "Ada"})
        said = again.run()
        assert "ada was changed to Ada; that is ignored" in said.stderr
        assert "lacks its marks" not in said.stderr and not (again.out / "grades-kept-1.csv").exists()
        assert again.marks() == GIVEN


class TestSavedMeanwhile:
    def test_a_mark_that_was_read_and_then_withdrawn_is_withdrawn(self, again: Class) -> None:
        """The state before a new table is written, as when the run that took it in was killed."""
        old = again.grades.read_bytes()
        again.give(ada=1, bob=1)
        book = MarkBook(again.out, {"q3": 2.0}, again.table()[0])
        book.read([])
        book.keep()
        assert again.marks() == GIVEN | {("ada", "q3"): 1.0, ("bob", "q3"): 1.0}
        again.give(ada=1.5)
        assert again.grades.read_bytes() != old
        again.run()
        assert again.marks() == GIVEN | {("bob", "q3"): 1.0}

    def test_a_table_saved_since_it_was_read_is_not_overwritten(self, again: Class) -> None:
        book = MarkBook(again.out, {"q3": 2.0}, again.table()[0])
        book.read([])
        again.give(ada=1)
        saved = again.grades.read_bytes()
        with pytest.raises(SavedMeanwhile):
            book.write_grades("anything")
        assert again.grades.read_bytes() == saved

    @pytest.mark.parametrize("mangled", [b"\x80\x81", b"submission,q4\nada,2\n", None])
    def test_an_unreadable_table_is_set_aside_and_reported_until_it_is_fixed(
        self, again: Class, monkeypatch: pytest.MonkeyPatch, mangled: bytes | None
    ) -> None:
        """What was read at the start counts; what somebody saved over it meanwhile is kept next to the new table."""
        again.give(**{"ada": 1, "007": 2})
        settle = ClassRun.settle

        def meanwhile(run: ClassRun, fresh: bool = False) -> object:
            again.grades.unlink()
            again.grades.mkdir() if mangled is None else again.grades.write_bytes(mangled)
            return settle(run, fresh)

        with monkeypatch.context() as patch:
            patch.setattr(ClassRun, "settle", meanwhile)
            said = again.run()
        kept = again.out / "grades-kept-1.csv"
        assert (
            f"That table was kept as {kept}; the new one lacks its marks." in said.stderr
            and said.exit_code == 1
        )
        assert kept.is_dir() if mangled is None else kept.read_bytes() == mangled
        assert again.marks() == GIVEN | {("ada", "q3"): 1.0, ("007", "q3"): 2.0}
        assert again.rows()["ada"]["q3"] == "1"
        assert f"{kept}: was set aside, and its marks are not read" in again.run().stderr


class TestAnAutomaticColumn:
    @pytest.mark.parametrize(
        ("title", "cell", "old"),
        [("q2", "", "6"), ("q1", "-", ""), ("overrides", "q1: 9", "nothing"), ("question_comments", "x", "nothing"), ("total", "99", "12"), ("status", "ungradable", "graded"),
         ("reason", "was ill", "nothing"), ("file", "else", "bob"), ("out_of", "30", "12"), ("mark_again", "x", "nothing")],
    )  # fmt: skip
    def test_an_edit_is_reported_and_the_table_kept(
        self, again: Class, title: str, cell: str, old: str
    ) -> None:
        before = again.rows()
        again.edit({("bob", title): cell})
        data = again.grades.read_bytes()
        said = again.run()
        line = next(line for line in said.stderr.splitlines() if f"bob, column {title}" in line)
        if cell == "-":
            assert "- withdraws nothing, because nobody has overridden the grader there" in line
        else:
            assert f"{old} was changed to {cell or 'nothing'}; that is ignored" in line
            assert ("gatelab fills that column. " in line) == (title != "q2")
        assert again.rows() == before and data in again.kept() and again.marks() == GIVEN
        assert "is kept as" in said.stderr

    def test_a_changed_name_is_reported(self, again: Class) -> None:
        again.edit({("bob", "submission"): "Bob the Great"})
        data = again.grades.read_bytes()
        said = again.run()
        assert "column submission: bob was changed to Bob the Great; that is ignored" in said.stderr
        assert again.marks() == GIVEN and data in again.kept()

    @pytest.mark.parametrize(
        ("column", "command"),
        {
            "question_comments": "use gatelab comment 'Jörg Ü' QUESTION TEXT",
            "overrides": "use gatelab mark 'Jörg Ü' QUESTION POINTS --why REASON",
            "email": "Change it in the list that gatelab grade reads with --roster.",
            "total": "write other points into a question's own column",
            "status": "Change it in the sheet that you upload.",
        }.items(),
    )
    def test_a_changed_column_of_gatelabs_says_what_changes_it(
        self, again: Class, column: str, command: str
    ) -> None:
        again.edit({("Jörg Ü", column): "q1: because"})
        said = " ".join(again.run().stderr.split())
        assert f"Jörg Ü, column {column}: " in said and command in said

    def test_a_row_of_averages_is_refused_because_it_is_nobodys(self, again: Class) -> None:
        table = again.table()
        row = ["Average", *[""] * (len(table[0]) - 1)]
        row[table[0].index("q3")] = "5"
        again.grades.write_bytes(saved([*table, row]))
        said = again.run()
        assert (
            said.exit_code == 2
            and "holds marks for 'Average', and no submission has that name" in said.stderr
        )
        assert again.marks() == GIVEN

    def test_many_edits_are_reported_in_a_few_lines(self, again: Class) -> None:
        again.edit({(name, title): "3" for name in again.rows() for title in ("file", "status", "reason")})
        said = again.run()
        assert "10 more cells of gatelab's columns were changed" in said.stderr

    def test_a_number_in_another_spelling_is_not_an_edit(self, again: Class) -> None:
        again.edit({("bob", "q1"): "4,0", ("ada", "total"): "5.50", ("ada", "file"): "ada "})
        assert "was changed" not in again.run().stderr

    def test_extra_columns_and_rows_are_reported_and_kept(self, again: Class) -> None:
        table = [
            [*again.table()[0], "comment"],
            *([*row, "good"] for row in again.table()[1:]),
            ["mean", "", "", "", "13"],
        ]
        again.grades.write_bytes(saved(table))
        said = again.run()
        assert (
            "the column comment is ignored" in said.stderr
            and "(mean) belongs to no submission; it is ignored" in said.stderr
        )
        assert saved(table) in again.kept()
