"""What `nbgrader autograde` and `generate_feedback` make of a class: an answer that nobody wrote, and the curve of a training."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from gatelab.build.course import write_source
from gatelab.lab.spec import Lab
from helpers import build_kit
from helpers.build_kit import NAME, accept_now
from helpers.command import typed
from helpers.grade_books import left_to_mark, read_book
from helpers.notebooks import load_notebook, save_notebook

pytestmark = pytest.mark.one_in(2)

TRAINED = """

from gatelab.report.record.curve import Curve, Look, Point


@part("q1", "trained", 1)
def test_trained(student, draw):
    student.curve = Curve("accuracy", 0.9, [Point(10, 2.0), Point(20, 1.0)], [Look(20, 0.95)], True)
    student.softmax(draw(2, 3))
"""
REWORDED = build_kit.MASTER.replace("# # Two steps", "# # Two short steps").replace(
    "# %% [markdown] nbgrader",
    "# %% [markdown]\n# ## q3\n# Say what decides a row.\n\n# %% [markdown] nbgrader",
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The course after both steps, and what the second said. A suite of it watches a training."""
    kit = build_kit.make_kit(tmp_path_factory.mktemp("feedback") / "kit")
    suite = kit / "tests" / NAME / "hidden" / "test_q1_softmax.py"
    text = suite.read_text(encoding="utf-8").replace('"arguments-kept", 1', '"arguments-kept", 0.5')
    suite.write_text(text + TRAINED.replace('"trained", 1', '"trained", 0.5'), encoding="utf-8")
    nbgrader(kit, "generate_assignment", NAME)
    lab = Lab.in_repository(kit, NAME)
    earlier = load_notebook(kit / "release" / NAME / lab.notebook)
    build_kit.write_master(kit, REWORDED)
    accept_now(kit)
    nbgrader(kit, "generate_assignment", NAME)
    write_source(lab, kit)
    solved = load_notebook(kit / "assignment" / NAME / lab.notebook)
    hand_in(kit, "ada", solved)
    for student, notebook in (
        ("bob", load_notebook(kit / "release" / NAME / lab.notebook)),
        ("cleo", earlier),
    ):
        unwritten = copy.deepcopy(notebook)
        answers = {id_of(cell): cell["source"] for cell in solved["cells"]}
        for cell in unwritten["cells"]:
            if id_of(cell) in ("q1-solution", "q2-solution"):
                cell["source"] = answers[id_of(cell)]
        hand_in(kit, student, unwritten)
        for cell in unwritten["cells"]:
            cell["metadata"] = {}
        hand_in(kit, f"{student}-bare", unwritten)
    nbgrader(kit, "autograde", NAME)
    return kit, nbgrader(kit, "generate_feedback", NAME)


def id_of(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def hand_in(kit: Path, student: str, notebook: dict) -> None:
    save_notebook(notebook, kit / "submitted" / student / NAME / "lab.ipynb")


def nbgrader(kit: Path, *words: str) -> str:
    done = typed(kit, "nbgrader", *words)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_an_unwritten_answer_of_any_release_has_0_points_and_waits_for_nobody(
    graded: tuple[Path, str],
) -> None:
    book = graded[0] / "gradebook.db"
    points = {student: scores["q3"] for student, scores in read_book(book).items()}
    assert points == {"ada": None, "bob": 0, "bob-bare": 0, "cleo": 0, "cleo-bare": 0}
    waiting = left_to_mark(book)
    assert "q3" in waiting["ada"] and not any(waiting[name] for name in points if name != "ada")


def test_the_page_shows_how_the_model_trained(graded: tuple[Path, str]) -> None:
    page = (graded[0] / "feedback" / "ada" / NAME / "lab.html").read_text(encoding="utf-8")
    assert "After 20 steps every group of unseen inputs reached 0.9" in page
    assert "<polyline" in page and "Your training loss: 2 over the first 10 steps, 1 at step 20." in page


def test_the_steps_warn_of_nothing(graded: tuple[Path, str]) -> None:
    assert "WARNING" not in graded[1], graded[1]


def test_points_above_the_maximum_are_named_by_autograde_and_export(
    graded: tuple[Path, str], tmp_path: Path
) -> None:
    kit = shutil.copytree(graded[0], tmp_path / "kit")
    with Gradebook(f"sqlite:///{kit / 'gradebook.db'}") as book:
        grade = book.find_grade("q1", "lab", NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 7, False
        book.db.commit()
    for step in (("autograde", NAME, "--student=ada", "--force"), ("export",)):
        said = " ".join(nbgrader(kit, *step).split())
        assert "ada, q1: the grade book's 7 points, given in formgrader, are more than the 4 that" in said
    assert "q1" in left_to_mark(kit / "gradebook.db")["ada"]
