"""The written answers one after the other, and all on one page, for markers who do without formgrader."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import Result

from helpers.command import gatelab
from helpers.marked_class import Class
from helpers.notebooks import save_notebook
from helpers.tiny_lab import RIGHT, SETUP, tiny_lab

pytestmark = pytest.mark.usefixtures("shared_server")

HOSTILE = "</div><script>alert(1)</script><img src=x onerror=alert(2)> \x1b[2J\x1b]0;owned\x07 [x](javascript:alert(3)) \u202e"
STUB = "*Your answer here.*"
QUESTION = "### q3: say it\nin your own words"
ANSWERS = {
    "ada": "The largest logit wins.",
    "bob": HOSTILE,
    "cleo": STUB,
    "dora": None,
    "eve": "Without any metadata.",
}


def notebook(answer: str | None, handed_out: bool = False, metadata: bool = True) -> dict:
    def cell(kind: str, source: str, grade_id: str = "") -> dict:
        mark = {"nbgrader": {"grade_id": grade_id}} if grade_id and metadata else {}
        more = {"outputs": [], "execution_count": None} if kind == "code" else {}
        return {"cell_type": kind, "source": source, "metadata": mark, **more}

    cells = [cell("code", SETUP), cell("markdown", QUESTION)]
    if not handed_out:
        cells.insert(1, cell("code", RIGHT["q1"], "q1-solution"))
    if answer is not None:
        cells.append(cell("markdown", answer, "q3"))
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    base = tmp_path_factory.mktemp("written")
    lab = tiny_lab(base / "kit", by_hand=True)
    save_notebook(notebook(STUB, handed_out=True), base / "kit" / "release" / lab.name / "lab.ipynb")
    solved = notebook("The model: rows add up & stay positive.")
    save_notebook(solved, base / "kit" / "solutions" / lab.name / "lab.ipynb")
    (lab.assignment / "RUBRIC.md").write_text(
        "# Rubric\n\n## q3: two words (2 points)\n\n| 1 | <b>roles</b> |\n\n## q4: not here\n\nnothing\n",
        encoding="utf-8",
    )
    for name, answer in ANSWERS.items():
        save_notebook(notebook(answer, metadata=name != "eve"), base / "class" / f"{name}.ipynb")
    graded = Class(base, base / "kit")
    graded.run()
    return graded


@pytest.fixture
def fresh(graded: Class, tmp_path: Path) -> Class:
    return graded.copy(tmp_path)


def mark(fresh: Class, typed: str) -> Result:
    return gatelab("mark", fresh.out, "--root", fresh.kit, input=typed)


def test_answers_come_one_by_one_with_rubric_and_model_answer(fresh: Class) -> None:
    said = mark(fresh, "1,5\n\n2\n")
    text = said.stdout
    assert said.exit_code == 0 and "2 marks given, 1 left." in text
    assert (
        text.index("| 1 | <b>roles</b> |")
        < text.index("The model: rows add up & stay positive.")
        < text.index("The largest logit wins.")
    )
    assert "q4" not in text
    assert "Without any metadata." in text
    assert "q3: not shown for dora: its cell was not found" in said.stderr
    assert fresh.marks() == {("ada", "q3"): 1.5, ("eve", "q3"): 2.0}
    assert (
        fresh.rows()["ada"]["q3"] == "1.5"
        and "of 12 points" in (fresh.out / "feedback" / "ada.html").read_text()
    )
    assert "· bob · 1 of 1" in mark(fresh, "q\n").stdout
    assert fresh.marks() == {("ada", "q3"): 1.5, ("eve", "q3"): 2.0}


def test_an_answer_that_was_not_written_has_0_points_and_may_get_others(fresh: Class) -> None:
    said = mark(fresh, "q\n")
    assert "q3: nothing was written by cleo, who has 0 points there" in said.stderr
    row, page = fresh.rows()["cleo"], fresh.out / "feedback" / "cleo.html"
    assert (row["q3"], row["out_of"]) == ("", "12") and "Nothing was written for q3" in row["reason"]
    assert "of 12 points" in page.read_text() and "Nothing was written here." in page.read_text()
    assert fresh.rows()["ada"]["out_of"] == "10" and "Nothing" not in fresh.rows()["ada"]["reason"]
    exported = gatelab("export", "csv", fresh.out)
    assert f"cleo,,,cleo,graded,{row['total']},12" in (fresh.out / "export.csv").read_text("utf-8-sig")
    assert "4 totals left out" in exported.stderr

    given = gatelab("mark", "cleo", "q3", "1", "-o", fresh.out, "--root", fresh.kit)
    assert given.exit_code == 0, given.output
    row = fresh.rows()["cleo"]
    assert (row["q3"], row["out_of"], row["reason"]) == ("1", "12", "")
    assert "Nothing was written" not in page.read_text()


def test_without_a_release_the_marker_is_told_that_a_stub_may_look_like_an_answer(fresh: Class) -> None:
    release = fresh.kit / "release" / "softmax" / "lab.ipynb"
    assert str(release) not in mark(fresh, "q\n").stderr
    aside = release.rename(release.with_name("aside"))
    try:
        said = mark(fresh, "q\n")
    finally:
        aside.rename(release)
    assert f"{release}: is missing" in said.stderr and "run `gatelab build` first" in said.stderr


def test_the_marker_can_go_back_and_look_again(fresh: Class) -> None:
    said = mark(fresh, "1\nb\nr\n2\nq\n")
    assert fresh.marks() == {("ada", "q3"): 2.0}
    assert said.stdout.count("The model: rows add up") == 2 and "1 mark given, 2 left." in said.stdout


def test_a_typing_error_gives_no_mark_and_ends_piped_input(fresh: Class) -> None:
    said = mark(fresh, "1\n3\n1\n")
    assert said.exit_code == 2 and "'3' is not a number from 0 to 2." in said.stderr
    assert fresh.marks() == {("ada", "q3"): 1.0}


def test_no_control_character_of_a_student_reaches_the_terminal(fresh: Class) -> None:
    said = mark(fresh, "\n\n\n")
    assert "alert(1)" in said.output
    assert not set(said.output) & {"\x1b", "\x07", "\u202e"}
    assert fresh.marks() == {} and "0 marks given, 3 left." in said.stdout


def test_no_code_of_a_student_runs_on_the_page(fresh: Class) -> None:
    mark(fresh, "1\nq\n")
    page = (fresh.out / "written.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "&lt;b&gt;roles&lt;/b&gt;" in page
    for part in ("<script", "<img", "<b>", "\x1b", 'href="javascript'):
        assert part not in page
    assert (
        "default-src 'none'" in page and "Nothing was written." in page and "its cell was not found" in page
    )


def test_where_the_submissions_are_gone_the_command_that_finds_them_is_named(fresh: Class) -> None:
    moved = fresh.base / "elsewhere" / fresh.folder.name
    moved.parent.mkdir()
    fresh.folder.rename(moved)
    said = mark(fresh, "")
    assert said.exit_code == 1
    assert (
        f"what was graded cannot be found or read in {fresh.folder}; run gatelab grade SUBMISSIONS -o {fresh.out}"
        in said.stderr
    )
    assert said.stdout.endswith("4 answers without a mark cannot be shown here.\n")
    said = gatelab("grade", moved, "-o", fresh.out, "--root", fresh.kit)
    assert said.exit_code == 0, said.output
    said = mark(fresh, "q\n")
    assert "The largest logit wins." in said.stdout, said.output


def test_an_answer_that_cannot_be_shown_is_still_counted_at_the_end(fresh: Class) -> None:
    said = mark(fresh, "1\n2\n0\n")
    assert "3 marks given, 0 left. 1 more answer without a mark cannot be shown here." in said.stdout
    said = mark(fresh, "")
    assert said.exit_code == 0
    assert "1 answer without a mark cannot be shown here; every other one has a mark." in said.stdout
    assert gatelab("mark", "dora", "q3", "1", "-o", fresh.out, "--root", fresh.kit).exit_code == 0
    assert "Every answer has a mark." in mark(fresh, "").stdout


def test_a_resubmitted_answer_is_not_shown_for_the_graded_one(fresh: Class) -> None:
    mark(fresh, "1\nq\n")
    save_notebook(notebook("Another one."), fresh.folder / "bob.ipynb")
    said = mark(fresh, "q\n")
    assert "Another one." not in said.stdout
    assert "bob" in said.stderr and "run gatelab grade again" in said.stderr


def test_blank_answers_are_not_asked_for_where_only_other_questions_were_graded(
    graded: Class, tmp_path: Path
) -> None:
    part = Class(tmp_path, graded.kit)
    for name in ("ada", "cleo"):
        save_notebook(notebook(ANSWERS[name]), tmp_path / "class" / f"{name}.ipynb")
    part.run("--question", "q1")
    said = mark(part, "q\n")
    assert "· ada · 1 of 1" in said.stdout and "(nothing was written)" not in said.stdout
    assert (
        "q3: nothing was written by cleo, so no mark is asked for; gatelab mark NAME q3 POINTS gives one."
        in said.stderr
    )
    assert gatelab("mark", "cleo", "q3", "1", "-o", part.out, "--root", part.kit).exit_code == 0
    assert "cleo" not in mark(part, "q\n").stderr
