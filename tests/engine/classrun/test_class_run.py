"""`gatelab grade FOLDER -o OUT`, on a lab of two questions: does every submission of a class get its result, whatever is in it?"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gatelab.report.record.model import Report
from gatelab.report.record.schema import read_json
from helpers import command
from helpers.notebooks import write_notebook
from helpers.tables import grades
from helpers.tiny_lab import RIGHT, SETUP, mistake, tiny_kit

pytestmark = pytest.mark.usefixtures("shared_server")

COMMAND = str(Path(sys.executable).with_name("gatelab"))


def gatelab(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as an instructor does, in another process."""
    command = [COMMAND, "grade", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def here(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it in this process, which spares an import of torch."""
    words = ["grade", *map(str, arguments)]
    said = command.gatelab(*words)
    return subprocess.CompletedProcess(words, said.exit_code, said.stdout, said.stderr)


def points(out: Path) -> dict[str, list[str]]:
    return {name: [row["status"], row["q1"], row["q2"], row["total"]] for name, row in grades(out).items()}


def report(out: Path, name: str) -> Report:
    return read_json((out / "reports" / f"{grades(out)[name]['file']}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_kit(tmp_path_factory.mktemp("kit"), by_hand=True)


@pytest.fixture(scope="module")
def graded(kit: Path) -> tuple[Path, Path, subprocess.CompletedProcess[str]]:
    """A small class and its grades: the folder, the output, what the command said."""
    folder, out = kit / "class", kit / "out"
    folder.mkdir()
    wrong, _ = mistake("over-the-batch")
    write_notebook(folder / "ada.ipynb", SETUP, RIGHT["q1"], RIGHT["q2"])
    write_notebook(folder / "Ada.ipynb", SETUP, RIGHT["q1"])
    write_notebook(folder / "bob [bold].ipynb", SETUP, wrong, RIGHT["q2"])
    write_notebook(folder / "=cmd.ipynb", SETUP, "def softmax(*a):\n    raise NotImplementedError('q1')")
    (folder / "not-json.ipynb").write_bytes(b"\x80\x81")
    (folder / "empty.ipynb").write_bytes(b"")
    (folder / "two").mkdir()
    for name in ("my", "your"):
        (folder / "two" / f"{name}.html").touch()
    (folder / "lab.zip").write_bytes(b"PK")
    (folder / "mallory.ipynb").symlink_to(folder / "ada.ipynb")
    write_notebook(folder / "new\nline\x1b[31m.ipynb", SETUP, "import os\nos._exit(0)", RIGHT["q2"])
    return folder, out, gatelab(folder, "-o", out, "--root", kit, "--jobs", 2)


class TestAClass:
    def test_every_entry_gets_a_row(self, graded: tuple) -> None:
        folder, out, _ = graded
        rows = grades(out)
        assert len(rows) == len(list(folder.iterdir()))
        assert {name for name, row in rows.items() if row["status"] == "graded"} == {
            "ada", "Ada", "bob [bold]", "'=cmd", "new\\x0aline\\x1b[31m",
        }  # fmt: skip

    def test_the_points_are_those_that_were_earned(self, graded: tuple) -> None:
        found = points(graded[1])
        assert found["ada"] == ["graded", "4", "6", "10"]
        assert found["Ada"] == ["graded", "4", "0", "4"]
        assert found["'=cmd"] == ["graded", "0", "0", "0"]
        assert found["new\\x0aline\\x1b[31m"] == ["graded", "0", "6", "6"]
        assert found["bob [bold]"][2] == "6" and 0 < float(found["bob [bold]"][1]) < 4

    def test_each_reason_says_what_is_wrong_and_what_to_do(self, graded: tuple) -> None:
        reasons = {
            name: row["reason"] for name, row in grades(graded[1]).items() if row["status"] == "ungradable"
        }
        words = {
            "not-json": "not UTF-8",
            "empty": "the file is empty",
            "two": "only my.html, your.html; ask for the notebook",
            "lab.zip": "it is an archive that is damaged",
            "mallory.ipynb": "links are not followed",
        }
        assert reasons.keys() == words.keys()
        for name, said in words.items():
            assert reasons[name].startswith(name) and said in reasons[name]

    def test_every_row_has_its_report_and_its_feedback(self, graded: tuple) -> None:
        _, out, _ = graded
        files = {row["file"] for row in grades(out).values()}
        assert {path.name for path in (out / "reports").iterdir()} == {f"{file}.json" for file in files}
        assert {path.name for path in (out / "feedback").iterdir()} == {f"{file}.html" for file in files}
        for name, row in grades(out).items():
            assert report(out, name).status == row["status"]

    def test_the_mistake_is_counted_for_the_lecture(self, graded: tuple) -> None:
        _, out, _ = graded
        _, sentence = mistake("over-the-batch")
        book = json.loads((out / "class.json").read_text())
        assert [(m["misconception"], m["who"]) for m in book["misconceptions"]] == [
            (sentence, ["bob [bold]"])
        ]
        assert sentence in (out / "index.html").read_text()

    def test_follow_through_credit_is_in_every_output(self, graded: tuple) -> None:
        """A slip that explains all of q1 earns 0.4 of its 4 points."""
        _, out, _ = graded
        row = grades(out)["bob [bold]"]
        assert float(row["q1"]) == 1.6
        assert float(row["total"]) == 7.6
        question = report(out, "bob [bold]").question("q1")
        assert (question.earned, question.points) == (0, 1.6)
        book = json.loads((out / "class.json").read_text())
        assert [q["credited"] for q in book["questions"]] == [1, 0]
        page = (out / "feedback" / f"{row['file']}.html").read_text()
        assert "You therefore earn 1.6 of 4 points; the parts below alone would earn" in page

    def test_the_command_says_how_it_went(self, graded: tuple) -> None:
        _, out, said = graded
        assert said.returncode == 1, said.stderr
        assert "5 of 10 could not be graded:" in said.stdout
        assert f"Class report: {out / 'index.html'}" in said.stdout and str(out / "grades.csv") in said.stdout
        assert "bob [bold]" in said.stdout and "\x1b[31m" not in said.stdout + said.stderr
        assert "[7/7]" in said.stderr and "Traceback" not in said.stderr

    def test_the_grades_go_into_canvas(self, graded: tuple, tmp_path: Path) -> None:
        sheet = tmp_path / "canvas.csv"
        sheet.write_text("Student,ID,SIS Login ID,Section,Softmax (77)\nBo,1,bob [bold],S,\nNo,2,nobody,S,\n")
        filled = tmp_path / "filled.csv"
        said = command.gatelab("export", "canvas", graded[1], "--template", sheet, "-o", filled, "--partial")
        earned = points(graded[1])["bob [bold]"][3]
        assert filled.read_text() == sheet.read_text().replace("bob [bold],S,", f"bob [bold],S,{earned}")
        assert said.exit_code == 1 and "4 graded, but not in the sheet" in said.output


class TestAgain:
    """On a copy of the class above, which is graded."""

    @pytest.fixture
    def again(self, graded: tuple, kit: Path, tmp_path: Path) -> tuple[Path, Path, list[object]]:
        folder, out = tmp_path / "class", tmp_path / "out"
        shutil.copytree(graded[0], folder, symlinks=True)
        shutil.copytree(graded[1], out)
        return folder, out, [folder, "-o", out, "--root", kit]

    def test_finished_work_is_not_done_again(self, again: tuple) -> None:
        _, out, arguments = again
        before = points(out)
        said = here(*arguments)
        assert said.returncode == 1 and "7 of 7 notebooks are done from an earlier run" in said.stderr
        assert "[" not in said.stderr and points(out) == before

    def test_only_what_changed_is_graded_again(self, again: tuple) -> None:
        folder, out, arguments = again
        write_notebook(folder / "Ada.ipynb", SETUP, RIGHT["q2"])
        (folder / "lab.zip").unlink()
        said = here(*arguments)
        assert "[7/7] Ada: 6 of 10" in said.stderr and "ada:" not in said.stderr
        assert points(out)["Ada"] == ["graded", "0", "6", "6"] and points(out)["ada"][3] == "10"
        assert not (out / "reports/lab.zip.json").exists() and not (out / "feedback/lab.zip.html").exists()

    def test_another_seed_or_a_damaged_report_does_not_count_as_done(self, again: tuple) -> None:
        folder, out, arguments = again
        for path in folder.iterdir():
            if path.name != "ada.ipynb":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        path = next((out / "reports").glob("ada*.json"))
        path.write_text(path.read_text()[:100])
        assert "[1/1] ada: 10 of 10" in here(*arguments).stderr
        said = here(*arguments, "--seed", 5)
        assert said.returncode == 0 and "[1/1] ada: 10 of 10" in said.stderr and report(out, "ada").seed == 5
        assert "[1/1] ada: 10 of 10" in here(*arguments, "--seed", 5, "--fresh").stderr

    def test_one_question_alone_gives_its_points(self, again: tuple) -> None:
        _, out, arguments = again
        before = (out / "grades.csv").read_bytes()
        said = here(*arguments, "--question", "q2")
        assert said.returncode == 2 and (out / "grades.csv").read_bytes() == before
        assert said.stderr == (
            f"{out}: holds the grading of all questions; choose another -o, or --fresh to replace it.\n"
        )
        said = here(*arguments, "--question", "q2", "--fresh")
        assert said.returncode == 1
        row = grades(out)["ada"]
        assert "q1" not in row and (row["q2"], row["total"], row["out_of"]) == ("6", "6", "6")
        assert [question.id for question in report(out, "ada").questions] == ["q2"]
        said = here(*arguments)
        assert said.returncode == 2 and "holds the grading of q2; choose another -o" in said.stderr
        exported = command.gatelab("export", "canvas", out, "--template", out / "no.csv")
        assert exported.exit_code == 2 and "only q2 was graded here" in exported.output

    def test_another_class_does_not_replace_this_one(self, again: tuple, tmp_path: Path) -> None:
        folder, out, _ = again
        other = tmp_path / "other"
        other.mkdir()
        write_notebook(other / "zoe.ipynb", SETUP, RIGHT["q2"])
        before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
        said = here(other, *again[2][1:])
        assert said.returncode == 2
        assert f"{out}: holds the grading of the folder {folder}; choose another -o" in said.stderr
        assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
        assert here(other, *again[2][1:], "--fresh").returncode == 0 and list(grades(out)) == ["zoe"]

    def test_marks_by_hand_are_kept_and_counted(self, again: tuple, tmp_path: Path) -> None:
        """As a spreadsheet saves them: other separators, another encoding, a comma in the number."""
        _, out, arguments = again
        path, sheet, filled = out / "grades.csv", tmp_path / "canvas.csv", tmp_path / "filled.csv"
        sheet.write_text(
            "Student,ID,SIS Login ID,Section,Softmax (77)\nAd,1,bob [bold],S,3\nNo,2,nobody,S,\n"
        )
        export = ["canvas", str(out), "--template", str(sheet), "-o", str(filled), "--partial"]
        assert "without q3 (2 points) for 5 students" in command.gatelab("export", *export).output

        bob = float(points(out)["bob [bold]"][3])
        rows = grades(out)
        rows["bob [bold]"]["q3"], rows["empty"]["q3"] = "1,5", "1"
        with open(path, "w", encoding="cp1252", newline="") as file:
            writer = csv.DictWriter(file, rows["ada"], delimiter=";")
            writer.writeheader()
            writer.writerows(rows.values())
        said = command.gatelab("export", *export).output
        assert "without q3 (2 points) for 4 students" in said and f"Ad: 3 → {bob + 1.5:g}" in said
        assert f"bob [bold],S,{bob + 1.5:g}" in filled.read_text()

        here(*arguments, "--fresh")
        row = grades(out)["bob [bold]"]
        assert (row["q3"], float(row["total"]), row["out_of"]) == ("1.5", bob + 1.5, "12")
        assert grades(out)["empty"]["q3"] == "1" and grades(out)["empty"]["total"] == ""
        assert (grades(out)["ada"]["total"], grades(out)["ada"]["out_of"]) == ("10", "10")
        pages = {path.name[:3]: path.read_text() for path in (out / "feedback").iterdir()}
        assert "of 12 points" in pages["bob"] and "marked by hand" not in pages["bob"]
        assert "of 10 points" in pages["ada"] and "q3 (2 points)" in pages["ada"]

    @pytest.mark.one_in(2)
    @pytest.mark.parametrize("mark", ["2", "good"])
    def test_a_mark_saved_meanwhile_is_not_overwritten(self, again: tuple, mark: str) -> None:
        """A class takes long, and the table is open on somebody's desk."""
        folder, out, arguments = again
        write_notebook(folder / "zoe.ipynb", "import time\ntime.sleep(2)")
        command = [COMMAND, "grade", *map(str, arguments), "--fresh", "--jobs", "1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            assert next(line for line in running.stderr if line.startswith("["))
            (out / "grades.csv").write_text(f"submission,q3\nada,{mark}\n")
            said = running.communicate(timeout=300)[1]
        assert "Traceback" not in said
        kept = out / "grades-kept-1.csv"
        if mark == "2":
            assert grades(out)["ada"]["q3"] == "2" and grades(out)["ada"]["out_of"] == "12"
            assert not kept.exists()
            assert "of 12 points" in (out / "feedback" / f"{grades(out)['ada']['file']}.html").read_text()
        else:
            assert grades(out)["ada"]["q3"] == "" and grades(out)["ada"]["total"] == "10"
            assert kept.read_text() == f"submission,q3\nada,{mark}\n"
            assert (
                f"'good' is not a number from 0 to 2; fix it there and save. That table was kept as {kept};"
                in said
            )

    @pytest.mark.parametrize(
        ("name", "mark", "said"),
        [
            ("ada", "3", "ada, column q3: '3' is not a number from 0 to 2; fix it there and save."),
            ("ada", "good", "ada, column q3: 'good' is not a number"),
            ("", "1", "holds marks for '', and no submission has that name"),
        ],
    )
    def test_an_impossible_mark_stops_the_run(self, again: tuple, name: str, mark: str, said: str) -> None:
        _, out, arguments = again
        (out / "grades.csv").write_text(f"submission,q3\n{name},{mark}\n")
        result = here(*arguments)
        assert result.returncode == 2 and said in result.stderr and "Traceback" not in result.stderr
        assert (out / "grades.csv").read_text() == f"submission,q3\n{name},{mark}\n"
        exported = command.gatelab("export", "canvas", out, "--template", out / "no.csv")
        assert exported.exit_code == 2 and said in exported.output

    def test_the_number_of_jobs_changes_nothing(self, again: tuple) -> None:
        _, out, arguments = again
        names = [name for name, row in grades(out).items() if row["status"] == "graded"]
        before = {
            name: [(q.points, q.note, [p.student_text for p in q.parts]) for q in report(out, name).questions]
            for name in names
        }
        here(*arguments, "--fresh", "--jobs", 1)
        after = {
            name: [(q.points, q.note, [p.student_text for p in q.parts]) for q in report(out, name).questions]
            for name in names
        }
        assert after == before
