"""What staff entered in place of the grader's points: kept over regrades, shown with its reason wherever points are, never dropped."""

from __future__ import annotations

import csv
import io
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import Result

from gatelab.classrun.for_export import read_graded
from gatelab.report.outputs.gradescope import gradescope_results
from helpers import command
from helpers.marked_class import Class, saved
from helpers.notebooks import write_notebook
from helpers.tables import rows_of
from helpers.tiny_lab import RIGHT, SETUP

pytestmark = pytest.mark.usefixtures("shared_server")

WHY = "the sum was right, shown at the board"


def gatelab(fresh: Class, *words: object, **more: object) -> Result:
    return command.gatelab(*words, "-o", fresh.out, "--root", fresh.kit, **more)


def kept(fresh: Class) -> list[dict[str, str]]:
    return rows_of(fresh.out / "corrections.csv")


def page(fresh: Class, name: str) -> str:
    return (fresh.out / "feedback" / f"{name}.html").read_text(encoding="utf-8")


def filled(fresh: Class, system: str, sheet: str) -> list[dict[str, str]]:
    path = fresh.base / "sheet.csv"
    path.write_text(sheet, encoding="utf-8")
    command.gatelab("export", system, fresh.out, "--template", path, "--partial")
    return rows_of(fresh.out / f"{system}.csv")


def everywhere(fresh: Class, name: str, question: str, points: str, total: str, why: str) -> None:
    """The points that staff gave count, with their reason, in the table, on both pages and in every export."""
    row = fresh.rows()[name]
    assert (row[question], row["total"]) == (points, total)
    assert f"{question}: {points} instead of 4 ({why})" in row["overrides"]
    for text in (page(fresh, name), (fresh.out / "index.html").read_text(encoding="utf-8")):
        assert f"Staff gave {points} of 4 points here" in text and why in text
    (canvas,) = filled(fresh, "canvas", f"Student,ID,SIS Login ID,Section,Softmax (77)\nA,1,{name},S,\n")
    assert canvas["Softmax (77)"] == total
    (moodle,) = filled(
        fresh, "moodle", f"Identifier,Full name,Grade,Feedback comments\nParticipant 1,{name},,\n"
    )
    assert moodle["Grade"] == total and why in moodle["Feedback comments"]
    report = next(report for report in read_graded(fresh.out).reports() if report.submission == name)
    results = gradescope_results(report)
    test = next(test for test in results["tests"] if test["name"].startswith(f"{question}:"))
    assert (results["score"], test["score"]) == (float(total), float(points)) and why in test["output"]


def test_a_first_comment_does_not_count_as_an_emptied_cell(fresh: Class) -> None:
    """Where no mark by hand was ever given, and where somebody has saved the table just before."""
    said = gatelab(fresh, "comment", "ada", "See me.")
    assert (said.exit_code, said.stderr) == (0, "")
    fresh.edit({("bob", "q1"): "3", ("bob", "override_reason"): WHY})
    assert "emptied" not in gatelab(fresh, "comment", "cleo; x", "See me too.").stderr
    fresh.edit({("ada", "comment_for_student"): ""})
    assert "column comment_for_student was emptied for ada" in fresh.run().stderr
    assert "See me." in page(fresh, "ada") and fresh.rows()["cleo; x"]["comment_for_student"] == "See me too."


def test_only_the_page_that_a_correction_is_on_is_written_again(fresh: Class) -> None:
    pages = {path: path.stat().st_mtime_ns for path in (fresh.out / "feedback").iterdir()}
    assert len(pages) > 3

    def written() -> list[str]:
        found = [path.stem for path, time in pages.items() if path.stat().st_mtime_ns != time]
        pages.update({path: path.stat().st_mtime_ns for path in pages})
        return found

    assert gatelab(fresh, "mark", "ada", "q1", "3", "--why", WHY).exit_code == 0
    assert written() == ["ada"] and WHY in page(fresh, "ada")
    assert gatelab(fresh, "comment", "bob", "Well done.").exit_code == 0
    assert written() == ["bob"] and "Well done." in page(fresh, "bob")
    fresh.run()
    assert written() == []
    assert gatelab(fresh, "mark", "ada", "q1", "--remove").exit_code == 0
    assert written() == ["ada"] and WHY not in page(fresh, "ada")
    # A page that was cut off or taken away is made again.
    (fresh.out / "feedback" / "bob.html").write_text(page(fresh, "bob")[:-20], encoding="utf-8")
    (fresh.out / "feedback" / "007.html").unlink()
    gatelab(fresh, "comment", "ada", "Well done.")
    assert sorted(path.stem for path in (fresh.out / "feedback").iterdir()) == sorted(p.stem for p in pages)
    assert sorted(written()) == ["007", "ada", "bob"] and page(fresh, "bob").endswith("</html>\n")


class TestAnOverride:
    def test_an_override_by_command_counts_everywhere_and_survives_regrading(self, fresh: Class) -> None:
        said = gatelab(fresh, "mark", "ada", "q1", "3", "--why", WHY)
        assert said.exit_code == 0 and "ada q1: 3 of 4 instead of the grader's 4. Total now: 3" in said.stdout
        everywhere(fresh, "ada", "q1", "3", "3", WHY)
        fresh.run("--fresh")
        everywhere(fresh, "ada", "q1", "3", "3", WHY)
        assert json.loads((fresh.out / "reports" / "ada.json").read_text())["questions"][0]["points"] == 4

    def test_an_override_equal_to_the_graders_points_is_not_said_to_replace_them(self, fresh: Class) -> None:
        said = gatelab(fresh, "mark", "ada", "q1", "4", "--why", WHY)
        assert said.exit_code == 0 and "ada q1: 4 of 4. Total now: 4" in said.stdout
        assert fresh.rows()["ada"]["overrides"] == f"q1: 4 ({WHY})"
        assert f"Staff gave 4 of 4 points here: {WHY}." in page(fresh, "ada")

    def test_an_override_written_into_grades_is_read_with_its_reason(self, fresh: Class) -> None:
        fresh.edit({("ada", "q1"): "2,5", ("ada", "override_reason"): WHY})
        said = fresh.run()
        assert f"Corrections read from {fresh.grades}: ada q1 4 → 2.5 ({WHY})." in said.stderr
        everywhere(fresh, "ada", "q1", "2.5", "2.5", WHY)
        assert fresh.rows()["ada"]["override_reason"] == "" and "read from" not in fresh.run().stderr
        everywhere(fresh, "ada", "q1", "2.5", "2.5", WHY)

    @pytest.mark.parametrize(
        "words", [("comment", "bob", "Well done."), ("mark", "bob", "q1", "2", "--why", WHY)]
    )
    def test_an_override_that_a_correcting_command_reads_is_named_by_it(
        self, fresh: Class, words: tuple[str, ...]
    ) -> None:
        fresh.edit({("ada", "q1"): "3", ("bob", "q1"): "1"})
        said = gatelab(fresh, *words)
        assert said.exit_code == 0
        assert f"Corrections read from {fresh.grades}: ada q1 4 → 3, without a reason; bob q1" in said.stderr

    def test_an_override_gets_a_reason_that_is_written_later(self, fresh: Class) -> None:
        fresh.edit({("ada", "q1"): "3"})
        assert "ada q1 4 → 3, without a reason" in fresh.run().stderr
        assert "no reason was given" in page(fresh, "ada")
        fresh.edit({("ada", "override_reason"): WHY})
        fresh.run()
        everywhere(fresh, "ada", "q1", "3", "3", WHY)

    @pytest.mark.parametrize("way", ["dash", "command", "remove"])
    def test_an_override_is_taken_back(self, fresh: Class, way: str) -> None:
        before = fresh.rows()
        gatelab(fresh, "mark", "ada", "q1", "3", "--why", WHY)
        if way == "dash":
            fresh.edit({("ada", "q1"): "-"})
            assert "ada q1 override withdrawn (was 3)" in fresh.run().stderr
        else:
            said = gatelab(fresh, "mark", "ada", "q1", *(["-"] if way == "command" else ["--remove"]))
            assert said.exit_code == 0 and "ada q1: taken back." in said.stdout
        assert fresh.rows() == before and WHY not in page(fresh, "ada")
        assert any(WHY in path.read_text() for path in (fresh.out / "earlier").glob("*-corrections-*"))

    def test_an_override_is_not_withdrawn_by_a_missing_cell(self, fresh: Class) -> None:
        gatelab(fresh, "mark", "ada", "q1", "3", "--why", WHY)
        (fresh.out / "corrections.csv").unlink()
        assert "corrections.csv: was removed; it is written again from" in fresh.run().stderr
        path = fresh.out / "corrections.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
        assert "lacked the corrections ada q1; they are put back from" in fresh.run().stderr
        fresh.edit({("ada", "q1"): ""})
        assert "an emptied cell withdraws nothing" in fresh.run().stderr
        fresh.grades.unlink()
        fresh.run()
        everywhere(fresh, "ada", "q1", "3", "3", WHY)

    def test_an_override_of_an_earlier_file_must_be_given_again(self, fresh: Class) -> None:
        gatelab(fresh, "mark", "ada", "q1", "3", "--why", WHY)
        gatelab(fresh, "comment", "ada", "Well drawn.")
        write_notebook(fresh.folder / "ada.ipynb", SETUP, RIGHT["q1"], "# better")
        said = fresh.run()
        row = fresh.rows()["ada"]
        assert (row["q1"], row["overrides"]) == ("4", "")
        assert row["mark_again"] == "q1 was 3; comment was Well drawn."
        assert "To be marked again" in said.stderr and "ada q1 (was 3)" in said.stderr

    def test_an_old_table_saved_over_a_newer_one_overrides_nothing(self, fresh: Class) -> None:
        older = fresh.table()
        gatelab(fresh, "mark", "ada", "q1", "3", "--why", WHY)
        row = next(row for row in older if row[0] == "bob")
        row[older[0].index("q3")] = "1"
        fresh.grades.write_bytes(saved(older))
        fresh.run()
        everywhere(fresh, "ada", "q1", "3", "3", WHY)
        assert fresh.marks() == {("bob", "q3"): 1.0} and len(kept(fresh)) == 1

    def test_no_formula_reaches_a_table_and_the_text_comes_back(self, fresh: Class) -> None:
        why = '=HYPERLINK("x"); -1 as said'
        gatelab(fresh, "mark", "ada", "q1", "3", "--why", why)
        for row in csv.reader(io.StringIO((fresh.out / "corrections.csv").read_text())):
            assert not any(cell.startswith(("=", "-", "+", "@")) for cell in row)
        assert not fresh.rows()["ada"]["overrides"].startswith("=")
        fresh.run()
        assert "=HYPERLINK(&#34;x&#34;); -1 as said" in page(fresh, "ada")

    def test_the_plain_table_has_overrides_and_comments_and_no_formula(self, fresh: Class) -> None:
        gatelab(fresh, "mark", "ada", "q1", "3", "--why", WHY)
        gatelab(fresh, "comment", "ada", "=1+1")
        gatelab(fresh, "comment", "ada", "q3", "Well done.")
        command.gatelab("export", "csv", fresh.out, "--partial")
        with open(fresh.out / "export.csv", encoding="utf-8-sig", newline="") as file:
            rows = {row["submission"]: row for row in csv.DictReader(file)}
        assert rows["ada"]["overrides"] == f"q1: 3 instead of 4 ({WHY})"
        assert rows["ada"]["comments"] == "'=1+1; q3: Well done." and rows["ada"]["late_penalty"] == ""
        assert {rows["bob"][title] for title in ("overrides", "comments", "late_penalty")} == {""}

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (["ada", "q1", "5", "--why", "x"], "ada q1: '5' is not a number from 0 to 4."),
            (["--remove"], "gatelab mark takes NAME QUESTION POINTS, NAME QUESTION --remove, or nothing"),
            (["--why", "x"], "gatelab mark takes NAME QUESTION POINTS"),
            (["ada", "q1", "nan", "--why", "x"], "ada q1: 'nan' is not a number from 0 to 4."),
            (["ada", "q1", "3"], "ada q1: say with --why why you replace the grader's points"),
            (["ada", "q1", "3", "--why", " \n"], "gatelab mark: nothing follows --why but an empty text"),
            (["ad", "q1", "3", "--why", "x"], "'ad': no submission of this class has that name; did you mean ada?"),
            (["ada", "Q1", "4"], "Q1: no question of this class (did you mean q1?); there are q1, q2"),
            (["ada", "q1", "-1"], "gatelab mark: -1 is below zero. See gatelab mark --help."),
            (["adda", "q1", "3", "--why", "x"], "'adda': no submission of this class has that name; did you mean ada?"),
            (["ada", "q4", "4", "--why", "x"], "q4: no question of this class"),
            (["ada", "q1", "--remove"], "ada q1: there is nothing to withdraw."),
            (["ada", "q1"], "gatelab mark takes NAME QUESTION POINTS"),
            (["ada", "q3", "3"], "ada q3: '3' is not a number from 0 to 2."),
        ],
    )  # fmt: skip
    def test_bad_input_gets_one_sentence(self, fresh: Class, words: list[str], why: str) -> None:
        before = fresh.files()
        said = gatelab(fresh, "mark", *words)
        assert said.exit_code == 2 and said.stderr.startswith(why) and said.stderr.count("\n") == 1
        assert fresh.files() == before

    @pytest.mark.parametrize(
        ("cells", "why"),
        [
            ({("bob", "q1"): "15"}, "bob, column q1: '15' is not a number from 0 to 4; fix it there and save."),
            ({("bob", "q2"): "eight"}, "bob, column q2: 'eight' is not a number from 0 to 6"),
            ({("bob", "q1"): "3", ("bob", "file"): "ada"}, "in a row whose file is not that of bob"),
        ],
    )  # fmt: skip
    def test_a_bad_cell_is_refused_before_anything_is_written(
        self, fresh: Class, cells: dict, why: str
    ) -> None:
        fresh.edit(cells)
        before = fresh.files()
        said = fresh.run()
        assert said.exit_code == 2 and why in said.stderr and said.stderr.count("\n") == 1
        assert fresh.files() == before

    def test_a_damaged_table_does_not_count_as_one_without_corrections(self, fresh: Class) -> None:
        gatelab(fresh, "mark", "ada", "q1", "3", "--why", WHY)
        (fresh.out / "corrections.csv").write_text(
            "submission,what,question,points,why,sha256\nada,points,q1,many,,\n"
        )
        said = fresh.run()
        assert said.exit_code == 2 and "corrections.csv: has no correction in line 2; copy " in said.stderr


class TestWhatElseIsGiven:
    def test_a_mark_by_hand_goes_the_same_way(self, fresh: Class) -> None:
        said = gatelab(fresh, "mark", "ada", "q3", "1,5", "--why", "no figure is named")
        assert said.exit_code == 0 and fresh.marks() == {("ada", "q3"): 1.5}
        assert fresh.rows()["ada"]["total"] == "5.5" and "no figure is named" in page(fresh, "ada")
        assert "q3: marked by hand (no figure is named)" in fresh.rows()["ada"]["overrides"]
        gatelab(fresh, "mark", "ada", "q3", "-")
        assert fresh.marks() == {} and fresh.rows()["ada"]["total"] == "4"

    def test_comments_go_into_every_output_until_they_are_taken_back(self, fresh: Class) -> None:
        gatelab(fresh, "comment", "ada", "Please come to see me.\nSoon.")
        gatelab(fresh, "comment", "ada", "q1", "Mind <the> axes.")
        gatelab(fresh, "comment", "ada", "q3", "Half of it.")
        fresh.edit({("bob", "comment_for_student"): "Fine work, -1 for style"})
        said = fresh.run("--fresh")
        assert "bob comment Fine work, -1 for style" in said.stderr
        assert fresh.rows()["ada"]["comment_for_student"] == "Please come to see me. Soon."
        assert fresh.rows()["ada"]["question_comments"] == "q1: Mind <the> axes.; q3: Half of it."
        for text in ("Please come to see me. Soon.", "Mind &lt;the&gt; axes.", "Half of it."):
            assert text in page(fresh, "ada")
        sheet = "Identifier,Full name,Grade,Feedback comments\nParticipant 1,ada,,\nParticipant 2,bob,,\n"
        ada, bob = (row["Feedback comments"] for row in filled(fresh, "moodle", sheet))
        assert "Please come to see me. Soon." in ada and "Mind <the> axes." in ada and "Half of it." in ada
        assert "Fine work, -1 for style" in bob
        fresh.edit({("bob", "comment_for_student"): "", ("ada", "comment_for_student"): "-"})
        said = fresh.run()
        assert "column comment_for_student was emptied for bob; what was written there is kept" in said.stderr
        assert "Fine work, -1 for style" in page(fresh, "bob") and "come to see me" not in page(fresh, "ada")
        assert gatelab(fresh, "comment", "ada", "q1", "--remove").exit_code == 0
        assert "Mind" not in page(fresh, "ada")
        assert gatelab(fresh, "comment", "ada", "q1", "--remove").exit_code == 2
        assert (
            gatelab(fresh, "comment", "ada", "q1").stderr
            == "ada q1: the comment is missing; write it after the question.\n"
        )

    def test_corrections_of_ungradable_work_are_kept_and_give_no_total(self, fresh: Class) -> None:
        said = gatelab(fresh, "mark", "essay.pdf", "q1", "3", "--why", "on paper")
        assert said.exit_code == 0 and "It has no total: it was not graded." in said.stdout
        gatelab(fresh, "comment", "essay.pdf", "Hand in the notebook next time.")
        row = fresh.rows()["essay.pdf"]
        assert (row["q1"], row["total"]) == ("3", "") and "Hand in the notebook" in page(fresh, "essay.pdf")

    def test_whatever_is_given_to_ungradable_work_is_shown_wherever_a_comment_is(self, fresh: Class) -> None:
        gatelab(fresh, "mark", "essay.pdf", "q1", "3", "--why", "on paper")
        gatelab(fresh, "mark", "essay.pdf", "q3", "1", "--why", "half of it")
        gatelab(fresh, "comment", "essay.pdf", "q1", "Hand in the notebook.")
        shown = [page(fresh, "essay.pdf"), (fresh.out / "index.html").read_text(encoding="utf-8")]
        for way in ("why", "show"):
            said = command.gatelab(way, "essay.pdf", "-o", fresh.out)
            assert said.exit_code == 1
            shown.append(" ".join(said.stdout.split()))
        for text in shown:
            assert "Staff gave 3 points for q1: on paper." in text
            assert "Staff gave 1 of 2 points for q3: half of it." in text
            assert "Comment on q1: Hand in the notebook." in text
        gatelab(fresh, "mark", "essay.pdf", "q3", "--remove")
        assert "for q3" not in page(fresh, "essay.pdf") and "for q1" in page(fresh, "essay.pdf")

    def test_a_correction_of_a_student_who_has_left_is_kept_and_blocks_nobody(self, fresh: Class) -> None:
        gatelab(fresh, "mark", "ada", "q1", "3", "--why", WHY)
        (fresh.folder / "ada.ipynb").unlink()
        said = fresh.run()
        assert "corrections.csv: keeps corrections of ada, not in this class" in said.stderr
        assert "ada" not in fresh.rows() and kept(fresh)[0]["submission"] == "ada"

    def test_without_a_graded_class_there_is_nothing_to_correct(self, tmp_path: Path) -> None:
        command = [str(Path(sys.executable).with_name("gatelab")), "mark", "ada", "q1", "4"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stdout) == (2, "")
        assert (
            done.stderr
            == "There is no graded class here or in ./out; name with -o the folder that gatelab grade wrote.\n"
        )

    def test_a_table_that_cannot_be_written_is_reported_and_the_correction_is_not_lost(
        self, fresh: Class
    ) -> None:
        """No file may be larger than 600 bytes: corrections.csv is not, the grade table and the pages are."""
        before = fresh.grades.read_bytes()
        command = [str(Path(sys.executable).with_name("gatelab")), "mark", "ada", "q1", "3", "--why", WHY]
        done = subprocess.run(
            [*command, "-o", fresh.out, "--root", fresh.kit], capture_output=True, text=True, timeout=120,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600)),
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
        assert done.stderr.startswith(f"{fresh.grades}: could not be written (File too large)")
        assert fresh.grades.read_bytes() == before
        fresh.run()
        everywhere(fresh, "ada", "q1", "3", "3", WHY)
