"""From a platform's download to the platform again: a class of a small lab, graded once, is taken in from and exported to every platform."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import Result

from gatelab.sandbox.confine import REQUIRED
from helpers.command import gatelab
from helpers.notebooks import write_notebook
from helpers.tables import grades
from helpers.tiny_lab import RIGHT, SETUP, tiny_kit

pytestmark = pytest.mark.usefixtures("shared_server")

WAIVED = [word for piece in REQUIRED for word in ("--accept-missing", piece)]
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Softmax (77)\r\n"
    "    Points Possible,,,,,{most}\r\n"
    '"Lovelace, Ada",4711,0042,ada,S1,\r\n"Babbage, Bob",4712,0043,bob,S1,\r\n'
    '"=cmd|calc, Eve",4713,0044,eve,S1,\r\n"Roe, Dan",4714,0045,dan,S1,\r\n'
)
MOODLE = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 4711,Ada Lovelace,ada@example.org,Submitted,,{most},\n"
    "Participant 4712,Bob Babbage,bob@example.org,Submitted,,{most},\n"
)
PEOPLE = "name,email,Identifier\nAda Lovelace,ada@example.org,4711\nBob Babbage,bob@example.org,4712\nEve,../eve@x/..,4713\nDan Roe,,4714\n"


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_kit(tmp_path_factory.mktemp("kit"), by_hand=True)


@pytest.fixture(scope="module")
def download(kit: Path) -> Path:
    """What Canvas lets staff download: two attempts of Ada's, Bob's in a zip, Eve's page."""
    folder, path = kit / "files", kit / "submissions.zip"
    folder.mkdir()
    full = write_notebook(folder / "full.ipynb", SETUP, RIGHT["q1"], RIGHT["q2"])
    half = write_notebook(folder / "half.ipynb", SETUP, RIGHT["q1"])
    with zipfile.ZipFile(folder / "bob.zip", "w") as zip:
        zip.write(half, "lab.ipynb")
    with zipfile.ZipFile(path, "w") as zip:
        zip.write(half, "lovelaceada_4711_100_lab.ipynb")
        zip.write(full, "lovelaceada_LATE_4711_200_lab-1.ipynb")
        zip.write(folder / "bob.zip", "babbagebob_4712_300_hand_in.zip")
        zip.writestr("cmdcalceve_4713_400_lab.html", "<p>")
    return path


@pytest.fixture(scope="module")
def roster(kit: Path) -> Path:
    (kit / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return kit / "people.csv"


@pytest.fixture(scope="module")
def graded(kit: Path, download: Path, roster: Path) -> Path:
    done = gatelab(
        "grade", download, "-o", kit / "out", "--root", kit, "--roster", roster, "--attempts", "all", *WAIVED
    )
    assert done.exit_code == 1, done.output
    assert "1 handed in nothing: Dan Roe." in done.output and "1 of 5 could not be graded" in done.output
    return kit / "out"


@pytest.fixture
def out(graded: Path, tmp_path: Path) -> Path:
    """A copy to mark in."""
    return Path(shutil.copytree(graded, tmp_path / "out"))


def mark(out: Path, **marks: float) -> None:
    """Give these people their marks, as a spreadsheet saves them."""
    rows = grades(out)
    for name, points in marks.items():
        rows[name]["q3"] = str(points)
    with open(out / "grades.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, next(iter(rows.values())))
        writer.writeheader()
        writer.writerows(rows.values())


class TestIntake:
    def test_intake_shows_what_would_be_graded_and_changes_nothing(
        self, kit: Path, download: Path, roster: Path
    ) -> None:
        before = sorted(kit.rglob("*"))
        shown = gatelab("intake", download, "--root", kit, "--roster", roster)
        assert shown.exit_code == 1 and sorted(kit.rglob("*")) == before
        lines = {line.split("  ")[0]: line for line in shown.output.splitlines()}
        assert re.search(
            r"ada@example\.org +lovelaceada_LATE_4711_200_lab-1\.ipynb +2 +Canvas calls it late",
            lines["Ada Lovelace"],
        )
        assert "babbagebob_4712_300_hand_in.zip: lab.ipynb" in lines["Bob Babbage"]
        assert "exported page" in lines["Eve"] and "Nothing was handed in." in lines["Dan Roe"]
        assert "2 of 3 submissions can be graded; 1 handed in nothing." in shown.output

    def test_intake_ends_with_0_if_everything_can_be_graded(self, kit: Path, tmp_path: Path) -> None:
        write_notebook(tmp_path / "ada.ipynb", SETUP, RIGHT["q1"])
        assert gatelab("intake", tmp_path, "--root", kit).exit_code == 0
        (tmp_path / "bob.ipynb").write_text("{}")
        shown = gatelab("intake", tmp_path, "--root", kit)
        assert shown.exit_code == 1 and "this is JSON but not a notebook" in shown.output

    @pytest.mark.parametrize("roster", ["nowhere.csv", "ada.ipynb"])
    def test_intake_ends_with_2_if_the_command_is_wrong(self, kit: Path, tmp_path: Path, roster: str) -> None:
        write_notebook(tmp_path / "ada.ipynb", SETUP, RIGHT["q1"])
        wrong = gatelab("intake", tmp_path, "--root", kit, "--roster", tmp_path / roster)
        assert wrong.exit_code == 2 and f"{tmp_path / roster}: " in wrong.output
        assert gatelab("intake", tmp_path / "nothing", "--root", kit).exit_code == 2


@pytest.mark.parametrize(
    "place", ["grades.csv", "marks.csv", "feedback", "reports/x.csv", ".", "../out/class.json"]
)
def test_export_refuses_paths_of_the_grading_output(out: Path, download: Path, place: str) -> None:
    """A grade book that an export replaced would take the class's marks with it."""
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for words in (["csv", out], ["gradescope", out], ["feedback", out, "--to", "mail"]):
        done = gatelab("export", *words, "-o", out / place)
        assert (
            done.exit_code == 2
            and f"{out / place}: gatelab grade keeps its own data there; choose another -o." in done.output
        )
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_exporting_to_a_folder_is_refused(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words, usual in (
        (["csv", out], "export.csv"),
        (["feedback", out, "--to", "moodle"], "feedback-moodle.zip"),
    ):
        for place in (".", "..", str(tmp_path)):
            done = gatelab("export", *words, "-o", place)
            said = f"{place}: is a folder; name a file, as in -o {Path(place) / usual}."
            assert (done.exit_code, done.output.strip()) == (2, said)
    assert gatelab("export", "feedback", out, "--to", "moodle", "-o", "new/a.zip").exit_code in (0, 1)
    assert (tmp_path / "new" / "a.zip").is_file()


def test_a_sheet_or_a_database_of_something_else_gets_one_sentence(out: Path, tmp_path: Path) -> None:
    sheet, database = tmp_path / "s.csv", tmp_path / "gradebook.db"
    sheet.write_text("Student,ID,SIS Login ID,Section\nAda,1,ada,S\n", encoding="utf-8")
    done = gatelab("export", "canvas", out, "--template", sheet)
    assert done.exit_code == 2 and "s.csv: it has no assignment; make the lab an assignment" in done.output
    database.write_text("grades", encoding="utf-8")
    done = gatelab("export", "nbgrader", out, "--db", database, "--partial")
    assert done.exit_code == 2 and done.output.strip().endswith(
        "is not a database; name nbgrader's with --db."
    )


def test_an_assignment_is_found_however_its_title_is_typed(out: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "s.csv"
    sheet.write_text(
        "Student,ID,SIS Login ID,Section,Lab A (1),Lab B (22)\nAda,1,ada,S,,\n", encoding="utf-8"
    )
    for typed in ("Lab B (22)", "lab b", " LAB  B ", "22"):
        done = gatelab(
            "export", "canvas", out, "--template", sheet, "--assignment", typed, "-o", tmp_path / "c.csv"
        )
        assert done.exit_code in (0, 1), done.output
    done = gatelab(
        "export", "canvas", out, "--template", sheet, "--assignment", "lab", "-o", tmp_path / "c.csv"
    )
    assert done.exit_code == 2 and "it has no column 'lab'; choose with --assignment one of" in done.output


class TestTheGradeBook:
    def test_the_grade_book_has_everybody_by_name_and_names_who_handed_in_nothing(self, graded: Path) -> None:
        rows = grades(graded)
        assert {name: (row["name"], row["status"], row["total"], row["attempts"]) for name, row in rows.items()} == {
            "lovelaceada": ("Ada Lovelace", "graded", "10", "1"),
            "lovelaceada, attempt 1": ("Ada Lovelace, attempt 1", "graded", "4", "1"),
            "babbagebob": ("Bob Babbage", "graded", "4", "1"),
            "cmdcalceve": ("Eve", "ungradable", "", "1"),
            "Dan Roe": ("Dan Roe", "nothing handed in", "", "0"),
        }  # fmt: skip
        assert rows["lovelaceada"]["email"] == "ada@example.org"
        page = (graded / "feedback" / f"{rows['lovelaceada']['file']}.html").read_text("utf-8")
        assert "Ada Lovelace" in page and "calls it late" not in page
        index = (graded / "index.html").read_text("utf-8")
        assert "Ada Lovelace" in index and "nothing handed in" in index
        assert not (graded / "feedback" / "Dan Roe.html").exists()

    def test_nothing_is_graded_twice_and_nothing_remains_of_removed_archives(
        self, kit: Path, download: Path, roster: Path, graded: Path
    ) -> None:
        (graded / "unpacked" / "0123abcd").mkdir()
        again = gatelab(
            "grade", download, "-o", graded, "--root", kit, "--roster", roster, "--attempts", "all", *WAIVED
        )
        assert "3 of 3 notebooks are done from an earlier run" in again.output
        assert len(list((graded / "unpacked").iterdir())) == 3  # the class, its hash, and Bob's archive


class TestSheets:
    def sheet(self, tmp_path: Path, text: str, most: object = 12) -> Path:
        (tmp_path / "sheet.csv").write_bytes(text.replace("{most}", str(most)).encode())
        return tmp_path / "sheet.csv"

    def canvas(self, out: Path, tmp_path: Path, most: object, *more: str) -> tuple[Result, str]:
        done = gatelab(
            "export",
            "canvas",
            out,
            "--template",
            self.sheet(tmp_path, CANVAS, most),
            "-o",
            tmp_path / "c.csv",
            *more,
        )
        return done, (tmp_path / "c.csv").read_bytes().decode() if (tmp_path / "c.csv").exists() else ""

    def test_totals_without_their_marks_are_left_out(self, out: Path, tmp_path: Path) -> None:
        mark(out, lovelaceada=1.5)
        done, text = self.canvas(out, tmp_path, 12)
        assert done.exit_code == 1
        assert "1 total left out that still lacks q3 (2 points)" in done.output and "--partial" in done.output
        assert '"Lovelace, Ada",4711,0042,ada,S1,11.5\r\n"Babbage, Bob",4712,0043,bob,S1,\r\n' in text
        assert "in the sheet, nothing was handed in: Roe, Dan" in done.output
        done, text = self.canvas(out, tmp_path, 12, "--partial")
        assert done.exit_code == 1 and "bob,S1,4\r\n" in text
        assert (
            "without q3 (2 points) for 1 student: write the marks into grades.csv and export again."
            in done.output
        )

    def test_totals_without_their_marks_must_be_exported_again_by_every_export(
        self, out: Path, tmp_path: Path
    ) -> None:
        for what in ("csv", "gradescope"):
            words = ["export", what, out, "-o", tmp_path / what, "--partial"]
            mark(out, lovelaceada=1.5, babbagebob="-")
            done = gatelab(*words)
            assert done.exit_code == 1 and "write the marks into grades.csv and export again" in done.output
            mark(out, babbagebob=1)
            assert gatelab(*words).exit_code == 0

    def test_the_sheets_maximum_is_honoured(self, out: Path, tmp_path: Path) -> None:
        mark(out, lovelaceada=2, babbagebob=0)
        done, text = self.canvas(out, tmp_path, 30)
        assert (
            "its maximum is 30 and the class was graded out of 12 points; every total is scaled by 30/12."
            in done.output
        )
        assert "ada,S1,30\r\n" in text and "bob,S1,10\r\n" in text

    @pytest.mark.parametrize("most", ["0", "-5", "(read only)", "nan", "inf"])
    def test_an_impossible_maximum_is_refused(self, out: Path, tmp_path: Path, most: str) -> None:
        done, text = self.canvas(out, tmp_path, most)
        assert (
            done.exit_code == 2
            and f"its maximum is {most} and the class was graded out of 12 points" in done.output
            and not text
        )

    def test_no_cell_of_a_sheet_runs_as_a_formula(self, out: Path, tmp_path: Path) -> None:
        done, text = self.canvas(out, tmp_path, 12)
        assert "1 cell holds a formula" in done.output
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert "'=cmd|calc, Eve" in cells and not any(cell.startswith(("=", "+", "@")) for cell in cells)

    def test_moodles_sheet_is_filled_by_person(self, out: Path, tmp_path: Path) -> None:
        mark(out, lovelaceada=2, babbagebob=0)
        done = gatelab(
            "export",
            "moodle",
            out,
            "--template",
            self.sheet(tmp_path, MOODLE, "6.00"),
            "-o",
            tmp_path / "m.csv",
        )
        assert done.exit_code == 0 and "not in the sheet" not in done.output
        text = (tmp_path / "m.csv").read_text("utf-8")
        assert "Submitted,6,6.00,q1: 4 of 4; q2: 6 of 6; q3: 2 of 2" in text and "Submitted,2,6.00," in text


class TestTables:
    def test_the_plain_table_is_by_person(self, out: Path, tmp_path: Path) -> None:
        mark(out, lovelaceada=2)
        done = gatelab("export", "csv", out, "-o", tmp_path / "x.csv")
        assert (
            done.exit_code == 1
            and "1 total left out" in done.output
            and "1 handed in nothing: Dan Roe" in done.output
        )
        rows = {
            row["name"]: row
            for row in csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text("utf-8-sig")))
        }
        assert list(rows) == ["Bob Babbage", "Eve", "Ada Lovelace", "Dan Roe"]
        assert [(row["total"], row["out_of"]) for row in rows.values()] == [
            ("", ""),
            ("", ""),
            ("12", "12"),
            ("", ""),
        ]
        gatelab("export", "csv", out, "-o", tmp_path / "x.csv", "--partial")
        assert "Bob Babbage,bob@example.org,4712,babbagebob,graded,4,10" in (tmp_path / "x.csv").read_text(
            "utf-8-sig"
        )

    def test_gradescopes_form_is_kept(self, out: Path, tmp_path: Path) -> None:
        mark(out, lovelaceada=2)
        done = gatelab("export", "gradescope", out, "-o", tmp_path / "g")
        assert done.exit_code == 1 and sorted(path.name for path in (tmp_path / "g").iterdir()) == [
            "cmdcalceve",
            "lovelaceada",
        ]
        results = json.loads((tmp_path / "g" / "lovelaceada" / "results.json").read_text("utf-8"))
        assert results["score"] == 12 == sum(test.get("score", 0) for test in results["tests"])
        allowed = {
            "name",
            "number",
            "score",
            "max_score",
            "status",
            "output",
            "output_format",
            "tags",
            "visibility",
            "extra_data",
        }
        assert all(
            set(test) <= allowed and test["visibility"] in ("visible", "hidden") for test in results["tests"]
        )
        assert all(test.get("status", "passed") in ("passed", "failed") for test in results["tests"])

    def test_nbgraders_database_gets_points_and_keeps_its_marks(
        self, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from nbgrader.api import Gradebook

        database = tmp_path / "gradebook.db"
        command = ["export", "nbgrader", out, "--db", database]
        assert (
            "run `nbgrader generate_assignment softmax` first" in gatelab(*command).output
            and not database.exists()
        )
        # nbgrader calls alembic by its name; the command must do without that help.
        path = os.environ["PATH"]
        monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{path}")
        with Gradebook(f"sqlite:///{database}") as book:
            book.add_assignment("softmax")
            book.add_notebook("lab", "softmax")
            for id, points, by_hand in (("q1", 4, False), ("q2", 6, False), ("q3", 2, True)):
                book.add_grade_cell(
                    id, "lab", "softmax", max_score=points, cell_type="markdown" if by_hand else "code"
                )
        mark(out, lovelaceada=2, babbagebob=1)
        with monkeypatch.context() as patch:
            patch.setenv("PATH", "/usr/bin:/bin")
            done = gatelab(*command)
        assert done.exit_code == 0 and "2 students entered in softmax" in done.output, done.output
        with Gradebook(f"sqlite:///{database}") as book:
            assert {student.id: student.email for student in book.students} == {
                "4711": "ada@example.org",
                "4712": "bob@example.org",
            }
            assert (out / "nbgrader.sent.json").is_file()
            assert book.find_submission("softmax", "4711").score == 12
            book.find_grade("q3", "lab", "softmax", "4712").manual_score = 0.5
            book.db.commit()
        done = gatelab(*command)
        assert (
            done.exit_code == 1
            and "Bob Babbage, q3: the grade book's 0.5 points were not written by an export from here and are kept; not entered: 1."
            in done.output
        )
        with Gradebook(f"sqlite:///{database}") as book:
            assert book.find_submission("softmax", "4712").score == 4.5
            book.find_grade_cell("q1", "lab", "softmax").max_score = 3
            book.db.commit()
        assert "the grade book has 3 points for q1" in gatelab(*command).output


class TestFeedback:
    def test_feedback_goes_back_to_canvas_under_the_names_as_downloaded(
        self, out: Path, tmp_path: Path
    ) -> None:
        done = gatelab("export", "feedback", out, "--to", "canvas", "-o", tmp_path / "f.zip")
        assert done.exit_code == 0, done.output
        with zipfile.ZipFile(tmp_path / "f.zip") as zip:
            assert sorted(zip.namelist()) == [
                "babbagebob_4712_300_hand_in.zip", "cmdcalceve_4713_400_lab.html", "lovelaceada_LATE_4711_200_lab-1.ipynb",
            ]  # fmt: skip
            # What Canvas reads of a name: its first two numbers between underscores.
            assert [[part for part in name.split("_") if part.isdigit()][:2] for name in sorted(zip.namelist())] == [
                ["4712", "300"], ["4713", "400"], ["4711", "200"],
            ]  # fmt: skip
            import nbformat

            book = nbformat.reads(zip.read("lovelaceada_LATE_4711_200_lab-1.ipynb").decode(), as_version=4)
            nbformat.validate(book)
            assert "10 of 10 points." in book.cells[0].source
            inner = zipfile.ZipFile(io.BytesIO(zip.read("babbagebob_4712_300_hand_in.zip")))
            assert b"Bob Babbage" in inner.read("feedback.html")

    def test_feedback_goes_back_to_moodle_by_the_participants_number(self, out: Path, tmp_path: Path) -> None:
        gatelab("export", "feedback", out, "--to", "moodle", "-o", tmp_path / "f.zip")
        with zipfile.ZipFile(tmp_path / "f.zip") as zip:
            names = sorted(zip.namelist())
        assert names[0] == "Ada Lovelace_4711_assignsubmission_file_/feedback.html"
        for name in names:  # as mod/assign/feedback/file/importziplib.php takes a path apart
            parts = name.split("/")[0].split("_", 4)
            assert len(parts) == 5 and parts[1].isdecimal() and parts[2:4] == ["assignsubmission", "file"]

    def test_everybody_has_a_folder_of_their_own_address_only(self, out: Path, tmp_path: Path) -> None:
        done = gatelab("export", "feedback", out, "--to", "mail", "-o", tmp_path / "mail")
        assert done.exit_code == 1 and "../eve@x/.. is not an e-mail address" in done.output
        assert sorted(path.name for path in (tmp_path / "mail").iterdir()) == [
            "ada@example.org",
            "bob@example.org",
        ]
        assert "Bob Babbage" in (tmp_path / "mail" / "bob@example.org" / "feedback.html").read_text("utf-8")
