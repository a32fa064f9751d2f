"""A lab whose questions are all marked by hand works with every way of grading, and no notebook has to run for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gatelab.build.autograder_zip import build_autograder_zip
from gatelab.build.pipeline import build
from gatelab.grading.engine import Engine
from gatelab.integrations.otter.run import exit_code, grade_apart
from gatelab.lab.spec import Lab
from helpers.notebooks import save_notebook
from helpers.otter_in_process import use_engine
from helpers.tiny_class import Tiny, gatelab
from helpers.tiny_lab import RIGHT, WRITTEN, tiny_kit, written_kit
from helpers.zips import unpacked

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=1)]

ANSWER = "The differences between the logits."


def answered(path: Path, grade_id: str = WRITTEN, **metadata: object) -> Path:
    """A notebook of one written answer, in the cell of this ID."""
    cell = {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": grade_id}}, "source": ANSWER}
    return save_notebook({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, path)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A graded class of such a lab."""
    tiny = Tiny(tmp_path_factory.mktemp("written"))
    written_kit(tiny.kit)
    answered(tiny.folder / "ada" / "softmax" / "lab.ipynb")
    answered(tiny.folder / "bob" / "softmax" / "lab.ipynb", "another-lab")
    done = tiny.grade()
    assert done.exit_code == 1 and "itself failed" not in done.output, done.output
    return tiny


def test_a_class_waits_for_its_marks_and_another_labs_notebook_is_refused(tiny: Tiny) -> None:
    rows = tiny.rows()
    assert (rows["ada"]["status"], rows["ada"]["total"], rows["ada"]["out_of"]) == ("graded", "0", "0")
    assert rows["bob"]["status"] == "ungradable" and "none of the questions" in rows["bob"]["reason"]


def test_a_mark_is_the_total_and_a_second_grading_keeps_it(tiny: Tiny, tmp_path: Path) -> None:
    marked = tiny.copy(tmp_path)
    assert marked.gatelab("mark", "ada", WRITTEN, "1.5").exit_code == 0
    assert marked.grade().exit_code == 1
    assert marked.totals()["ada"] == "1.5 of 2"
    exported = gatelab("export", "csv", marked.out, "--partial")
    assert exported.exit_code == 0, exported.output


def test_to_grade_that_question_or_an_unknown_one_is_refused_with_one_true_sentence(
    tiny: Tiny, tmp_path: Path
) -> None:
    for id, says in (
        (WRITTEN, "is marked by hand, as every question of this lab."),
        ("q7", "this lab has q1."),
    ):
        done = gatelab("grade", tiny.folder, "-o", tmp_path / "out", "--root", tiny.kit, "--question", id)
        assert (done.exit_code, says in done.output) == (2, True), done.output


def test_a_quick_look_and_a_class_without_a_gradable_file_end_as_usual(tiny: Tiny, tmp_path: Path) -> None:
    quick = gatelab("grade", tiny.folder, "-o", tmp_path / "quick", "--root", tiny.kit, "--quick")
    assert quick.exit_code == 1 and "itself failed" not in quick.output
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "essay.pdf").write_bytes(b"%PDF")
    none = gatelab("grade", tmp_path / "class", "-o", tmp_path / "out", "--root", tiny.kit)
    assert none.exit_code == 1 and "itself failed" not in none.output
    (tmp_path / "empty").mkdir()
    empty = gatelab("grade", tmp_path / "empty", "-o", tmp_path / "out2", "--root", tiny.kit)
    assert empty.exit_code == 2 and "nothing was handed in here" in empty.output


@pytest.mark.one_in(3)
def test_it_is_built_and_what_was_handed_out_is_known_as_such(tmp_path: Path) -> None:
    kit = written_kit(tmp_path / "kit")
    built = build(kit, execute=False, accept=True)
    handed_out = tmp_path / "class" / "ada.ipynb"
    save_notebook(json.loads((built.release / "lab.ipynb").read_text(encoding="utf-8")), handed_out)
    done = gatelab("grade", handed_out.parent, "-o", tmp_path / "out", "--root", kit)
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "out" / "reports" / "ada.json").read_text())["as_handed_out"] is True


@pytest.mark.one_in(3)
def test_an_answer_whose_cell_lost_nbgraders_metadata_is_graded_and_can_be_marked(tmp_path: Path) -> None:
    kit = written_kit(tmp_path / "kit")
    built = build(kit, execute=False, accept=True)
    stripped = json.loads((built.release / "lab.ipynb").read_text(encoding="utf-8"))
    for cell in stripped["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == WRITTEN:
            cell["source"] = ANSWER
        cell["metadata"] = {}
    save_notebook(stripped, tmp_path / "class" / "ada.ipynb")
    done = gatelab("grade", tmp_path / "class", "-o", tmp_path / "out", "--root", kit)
    assert done.exit_code == 0, done.output
    marked = gatelab("mark", "ada", WRITTEN, "1.5", "-o", tmp_path / "out", "--root", kit)
    assert marked.exit_code == 0 and "Total now: 1.5" in marked.output, marked.output


def test_an_autograder_zip_says_who_marks_it_and_takes_no_points(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab.in_repository(tiny.kit)
    source = unpacked(build_autograder_zip(lab, tmp_path), tmp_path / "source")
    with Engine(lab) as engine:
        use_engine(monkeypatch, engine)
        results = grade_apart(source, answered(tmp_path / "lab.ipynb"), tmp_path / "results")
    assert exit_code(results) == 0
    assert results["output"] == "q1 (2 points) is marked by hand."
    assert results["score"] == 0
    assert [(test["name"], test["output"]) for test in results["tests"]] == [
        ("For staff", "Nothing to note.")
    ]


def test_a_written_answer_alone_is_graded_in_a_lab_with_code_too(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path)
    tiny_kit(tiny.kit, by_hand=True)
    answered(tiny.folder / "ada" / "softmax" / "lab.ipynb", "q3")
    assert tiny.grade().exit_code == 0
    assert tiny.totals() == {"ada": "0 of 10"}


def test_a_class_of_a_lab_with_one_question_is_graded(tmp_path: Path) -> None:
    tiny = Tiny.lay_out(tmp_path, {"ada": (RIGHT["q1"],)})
    tiny.table.write_text(tiny.table.read_text(encoding="utf-8").partition("[q2]")[0], encoding="utf-8")
    for path in (*tiny.kit.rglob("test_q2_*.py"), *tiny.kit.rglob("q2.py")):
        path.unlink()
    shutil.rmtree(tiny.kit / "tests" / "softmax" / "bank")
    assert tiny.grade().exit_code == 0
    assert tiny.totals() == {"ada": "4 of 4"}
