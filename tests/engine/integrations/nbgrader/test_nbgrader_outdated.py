"""nbgrader's steps, run once more after something was changed: they do again what is outdated, skip the rest, and lose nothing when they refuse."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import traitlets.log
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback, NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gatelab.build import snapshot
from gatelab.build.course import configure_releases
from gatelab.build.pipeline import built_release
from gatelab.integrations.nbgrader import engines
from gatelab.integrations.nbgrader.course import configure_grading
from gatelab.lab.spec import Lab
from helpers import build_kit
from helpers.files import files_below, replace_in
from helpers.grade_books import left_to_mark, read_book
from helpers.notebooks import cell_of, load_notebook, save_notebook

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=2)]

LAB = build_kit.NAME
PART = """

@part("q1", "one-row", 1)
def test_a_single_row(student, draw):
    logits = draw(1, 4)
    close(student.softmax(logits).value, logits.softmax(dim=1), "softmax(logits) of a single row", "N K")
"""
LATE = "[late]\ndue = 2026-03-01T00:00:00Z\npercent_per_day = 10\n\n[q1]"


class Course:
    """An nbgrader course below `root`; its steps run here, as JupyterLab's server and the commands run them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.book = root / "gradebook.db"

    def step(self, kind: type, **settings: Any) -> list[str]:
        """What nbgrader said; raises NbGraderException if the command would end with exit code 1."""
        config = Config()
        configure_grading(config, self.root)
        configure_releases(config, self.root)
        step = kind(
            coursedir=CourseDirectory(config=config, root=str(self.root), assignment_id=LAB), config=config
        )
        for name, value in settings.items():
            setattr(step, name, value)
        with listened() as said:
            step.start()
        return said

    def refused(self, kind: type, **settings: Any) -> str:
        """What a step that must refuse said. It may change nothing."""
        before = self.kept()
        with listened() as said, pytest.raises(NbGraderException):
            self.step(kind, **settings)
        assert self.kept() == before
        return "\n".join(said)

    def accept(self) -> None:
        lab = Lab.in_repository(self.root)
        with built_release(lab, self.root) as release:
            snapshot.accept(release, lab)

    def kept(self) -> dict[str, dict[str, bytes]]:
        return {name: files_below(self.root / name) for name in ("release", "autograded", "feedback")}

    def replace(self, path: str, old: str, new: str) -> None:
        replace_in(self.root / path, old, new, 1)

    def hand_in(self, student: str, notebook: dict) -> None:
        save_notebook(notebook, self.root / "submitted" / student / LAB / "lab.ipynb")

    def page(self, student: str) -> str:
        page = self.root / "feedback" / student / LAB / "lab.html"
        return re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8"))

    def give(self, student: str, cell: str, points: float, comment: str) -> None:
        """As in formgrader."""
        with Gradebook(f"sqlite:///{self.book}") as book:
            grade = book.find_grade(cell, "lab", LAB, student)
            grade.manual_score, grade.needs_manual_grade = points, False
            book.find_comment(cell, "lab", LAB, student).manual_comment = comment
            book.db.commit()

    def score(self, student: str) -> tuple[float, float, float | None]:
        with Gradebook(f"sqlite:///{self.book}") as book:
            found = book.find_submission_notebook("lab", LAB, student)
            return found.score, found.max_score, found.late_submission_penalty


@contextmanager
def listened() -> Iterator[list[str]]:
    said: list[str] = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    log = traitlets.log.get_logger()
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield said
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, shared_server: None) -> Iterator[Course]:
    """A course of two whose written answers were marked by hand. The tests follow one another in it."""
    made = Course(build_kit.make_kit(tmp_path_factory.mktemp("course")))
    made.step(GenerateAssignment)
    solved = load_notebook(made.root / "assignment" / LAB / "lab.ipynb")
    made.hand_in("ada", solved)
    made.hand_in("bob", solved)
    (made.root / "submitted" / "ada" / LAB / "timestamp.txt").write_text("2026-03-02 10:00:00 UTC")
    made.step(Autograde)
    made.give("ada", "q3", 2.0, "well done")
    yield made
    engines._close()


def test_marks_given_since_are_on_the_next_feedback_page(course: Course) -> None:
    course.step(GenerateFeedback)
    assert "well done" in course.page("ada") and "12.0" in course.page("ada")
    course.give("bob", "q3", 1.0, "half of it")
    course.step(GenerateFeedback)
    assert "half of it" in course.page("bob") and "11.0" in course.page("bob")


def test_what_is_up_to_date_is_not_graded_again(course: Course) -> None:
    before = course.kept()["autograded"]
    said = course.step(Autograde)
    assert len([line for line in said if line.startswith("Skipping existing assignment")]) == 2
    assert course.kept()["autograded"] == before


def test_a_submission_that_was_replaced_is_graded_again(course: Course) -> None:
    """Without a timestamp, too."""
    notebook = load_notebook(course.root / "submitted" / "bob" / LAB / "lab.ipynb")
    stubbed = copy.deepcopy(notebook)
    cell_of(stubbed, "q2-solution")["source"] = "pass"
    course.hand_in("bob", stubbed)
    said = course.step(Autograde)
    assert sum("graded again" in line for line in said) == 1
    assert read_book(course.book)["bob"]["q2"] == 0 and left_to_mark(course.book)["bob"] == {"q3"}
    course.hand_in("bob", notebook)
    course.step(Autograde)
    assert read_book(course.book)["bob"]["q2"] == 6


def test_changed_points_and_dates_are_in_the_book_after_the_documented_steps(course: Course) -> None:
    """Nothing that a person gave is lost, nor has to be looked at again."""
    course.replace(f"assignment/{LAB}/lab.toml", "points = 4", "points = 5")
    course.replace(f"assignment/{LAB}/lab.toml", "[q1]", LATE)
    suite = course.root / "tests" / LAB / "hidden" / "test_q1_softmax.py"
    suite.write_text(suite.read_text(encoding="utf-8") + PART, encoding="utf-8")
    course.accept()
    for force in (False, True):
        said = course.refused(Autograde, force=force)
        assert "4 points for q1, the lab has 5" in said and f"nbgrader generate_assignment {LAB}" in said
    course.step(GenerateAssignment)
    course.step(Autograde)
    assert course.score("ada") == (13, 13, 2.6)
    assert left_to_mark(course.book)["ada"] == set()
    course.step(GenerateFeedback)
    assert "well done" in course.page("ada") and "5.0 / 5.0" in course.page("ada")


def test_a_release_that_is_not_accepted_leaves_the_existing_one(course: Course) -> None:
    course.replace(f"assignment/{LAB}/lab.py", "# # Two steps", "# # Two small steps")
    assert "+    # Two small steps" in course.refused(GenerateAssignment)
    assert not list(course.root.glob(".gatelab-build-*"))
    course.replace(f"assignment/{LAB}/lab.py", "# # Two small steps", "# # Two steps")


def test_a_question_that_is_removed_after_submissions_is_refused_in_a_sentence(course: Course) -> None:
    """Before anything is removed; and the way out that the sentence names is one."""
    text = (course.root / "assignment" / LAB / "lab.toml").read_text(encoding="utf-8")
    (course.root / "assignment" / LAB / "lab.toml").write_text(text[: text.index("\n[q3]")], encoding="utf-8")
    master = course.root / "assignment" / LAB / "lab.py"
    cells = master.read_text(encoding="utf-8").split("\n# %%")
    master.write_text("\n# %%".join(cell for cell in cells if '"q3"' not in cell), encoding="utf-8")
    course.accept()
    said = course.refused(GenerateAssignment)
    assert "removed: q3" in said and "2 submissions" in said and "Traceback" not in said
    said = course.refused(Autograde, force=True)
    assert "2 points for q3" in said and "Traceback" not in said
    assert f"nbgrader db assignment remove {LAB} --force" in course.refused(GenerateAssignment)
    with Gradebook(f"sqlite:///{course.book}") as book:
        book.remove_assignment(LAB)  # what that command does
    course.step(GenerateAssignment)
    course.step(Autograde)
    assert read_book(course.book)["ada"] == {"q1": 5, "q2": 6}
