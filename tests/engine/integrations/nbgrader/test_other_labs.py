"""Two labs in one course: neither what one hands out nor a mistake in it stops the other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gatelab.build.course import write_source
from gatelab.build.new import TEMPLATE, new_lab
from gatelab.build.pipeline import built_release
from gatelab.lab.spec import Lab
from helpers import build_kit
from helpers.build_kit import accept_now
from helpers.command import typed
from helpers.files import files_below
from helpers.grade_books import read_book
from helpers.notebooks import load_notebook, save_notebook
from helpers.tiny_lab import TINY

pytestmark = pytest.mark.one_in(3, at=2)

OWN, OTHER = build_kit.NAME, "conv-nets"
HALF_A_QUESTION = '\n[q3]\ntitle = "Perplexity"\npoints = 5\nnames = ["perplexity"]\n'
# What is wrong with the other lab → the file, what is replaced in it and by what, and what its own steps say.
FAULTS = {
    "a question that is only in lab.toml": ("lab.toml", b"", HALF_A_QUESTION.encode(), "q3"),
    "a slip in lab.toml": ("lab.toml", b"points = 4", b'points = "4"', "points"),
    "a master that lacks a marker": ("lab.py", b"# END SOLUTION", b"", "END SOLUTION"),
    "a master in another encoding": ("lab.py", b"# %%", b"# \xfc\n# %%", "lab.py"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = build_kit.make_kit(tmp_path_factory.mktemp("made") / "kit")
    shutil.copytree(TINY, root / TEMPLATE, ignore=shutil.ignore_patterns("__pycache__"))
    new_lab(root, OTHER)
    accept_now(root, OTHER)
    return root


@pytest.fixture
def kit(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "kit")


def break_other(kit: Path, fault: str) -> str:
    """Break the second lab; what its own steps must say."""
    name, old, new, said = FAULTS[fault]
    path = kit / "assignment" / OTHER / name
    text = path.read_bytes()
    path.write_bytes(text.replace(old, new, 1) if old else text + new)
    return said


def test_a_file_that_one_lab_hands_out_stays_with_the_staff_of_the_other(kit: Path) -> None:
    for name in (OWN, OTHER):
        (kit / "assignment" / name / "demo.txt").write_text("a demo\n")
    table = kit / "assignment" / OWN / "lab.toml"
    table.write_text(table.read_text("utf-8").replace('"tests"]', '"tests", "demo.txt"]'), "utf-8")
    for name in (OWN, OTHER):
        accept_now(kit, name)
        done = typed(kit, "nbgrader", "generate_assignment", name)
        assert done.returncode == 0, done.stderr
        assert ("demo.txt" in files_below(kit / "release" / name)) == (name == OWN)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_lab_is_refused_and_the_other_one_is_built(kit: Path, fault: str) -> None:
    said = break_other(kit, fault)
    with built_release(Lab.in_repository(kit, OWN), kit) as release:  # as the build does
        assert (release / "lab.ipynb").is_file()
    done = typed(kit, "nbgrader", "generate_assignment", OTHER)
    assert done.returncode != 0 and said in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not (kit / "release" / OTHER).exists()


def test_submissions_are_graded_beside_a_faulty_lab_and_not_for_it(kit: Path) -> None:
    for name in (OWN, OTHER):
        write_source(Lab.in_repository(kit, name), kit)
        solved = load_notebook(kit / "assignment" / name / "lab.ipynb")
        save_notebook(solved, kit / "submitted" / "ada" / name / "lab.ipynb")
    said = break_other(kit, "a master that lacks a marker")
    for step in ("generate_assignment", "autograde"):
        done = typed(kit, "nbgrader", step, OWN)
        assert done.returncode == 0, done.stderr
    assert read_book(kit / "gradebook.db")["ada"] == {"q1": 4, "q2": 6, "q3": None}
    done = typed(kit, "nbgrader", "autograde", OTHER)
    assert done.returncode != 0 and said in done.stderr and "Traceback" not in done.stderr, done.stderr
