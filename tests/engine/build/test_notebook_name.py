"""lab.toml names the students' notebook, and its master is the script with the same name."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from gatelab.build.new import TEMPLATE, new_lab
from helpers.command import succeeded
from helpers.tables import rows_of
from helpers.tiny_lab import TINY, tiny_kit

NAME, NOTEBOOK = "softmax", "week3.ipynb"


def rename(root: Path) -> Path:
    """Give the notebook and the master of the tiny lab below `root` another name; returns `root`."""
    folder = root / "assignment" / NAME
    (folder / "lab.py").rename((folder / NOTEBOOK).with_suffix(".py"))
    table = folder / "lab.toml"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace('"lab.ipynb"', f'"{NOTEBOOK}"'), encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = rename(tiny_kit(tmp_path_factory.mktemp("kit")))
    demo = root / "assignment" / NAME / "demo.py"
    demo.write_text("# %% [markdown]\n# # A demo\n\n# %%\nprint(1)\n", encoding="utf-8")
    succeeded("build", "--accept", "--root", root)
    return root


def test_the_notebook_that_students_get_and_the_solved_one_have_the_name(kit: Path) -> None:
    release, solutions = kit / "release" / NAME, kit / "solutions" / NAME
    assert [path.name for path in release.glob("*.ipynb")] == [NOTEBOOK]
    assert sorted(path.name for path in solutions.glob("*.ipynb")) == ["demo.ipynb", NOTEBOOK]
    assert [path.name for path in (solutions / "class").glob("*.ipynb")] == ["demo.ipynb"]
    assert not [path for path in release.rglob("*.py") if path.name in ("week3.py", "demo.py")]
    [student_zip] = (kit / "dist").glob("*.zip")
    assert any(name.endswith(NOTEBOOK) for name in zipfile.ZipFile(student_zip).namelist())


@pytest.mark.usefixtures("shared_server")
def test_the_solved_notebook_gets_full_points(kit: Path, tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    shutil.copy(kit / "solutions" / NAME / NOTEBOOK, tmp_path / "class" / "ada.ipynb")
    succeeded("grade", tmp_path / "class", "-o", tmp_path / "out", "--jobs", "1", "--root", kit)
    [row] = rows_of(tmp_path / "out" / "grades.csv")
    assert {id: float(row[id]) for id in ("q1", "q2")} == {"q1": 4, "q2": 6}


def test_the_autograder_zip_holds_the_release(kit: Path, tmp_path: Path) -> None:
    succeeded("zip", "-o", tmp_path, "--root", kit)
    [path] = tmp_path.glob("*.zip")
    assert any(name.endswith(f"release/{NAME}/{NOTEBOOK}") for name in zipfile.ZipFile(path).namelist())


def test_a_lab_copied_from_such_a_template_has_its_title_in_the_notebook(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / TEMPLATE, ignore=shutil.ignore_patterns("__pycache__"))
    rename(tmp_path / TEMPLATE)
    assignment, _ = new_lab(tmp_path, "rnn-basics", "Recurrent basics")
    assert "# # Recurrent basics\n" in (assignment / "week3.py").read_text(encoding="utf-8")
