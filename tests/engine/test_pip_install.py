"""The kit installed by `pip install .` into a fresh environment: what it brings, and whether the commands work."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import gatelab
from gatelab.audit.notebooks import write_notebook
from helpers.tiny_lab import tiny_lab

# In the environment that the kit was installed into: the help of every command.
HELPS = """
from gatelab.cli.app import COMMANDS, app
from typer.testing import CliRunner
for command in COMMANDS:
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == 0 and "Usage: " in done.output, done.output
    print(command)
"""


@pytest.fixture(scope="module")
def place(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment. pip builds in a copy of the kit, with the setuptools that is here; the dependencies are this environment's."""
    source, place = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("venv")
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in tracked:
        if (root / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, source / name)
    venv.create(place, with_pip=False, symlinks=True)
    # All that the build needs; with the other packages in sight, pip would take this environment's kit for an older version.
    needed = tmp_path_factory.mktemp("setuptools")
    here = Path(sysconfig.get_paths()["purelib"])
    for path in (*here.glob("setuptools*"), *here.glob("_distutils_hack")):
        (needed / path.name).symlink_to(path)
    pip = [sys.executable, "-m", "pip", "--python", place / "bin" / "python", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "install", "--no-index", "--no-deps", "--no-build-isolation", "."], cwd=source,
        env=outside() | {"PYTHONPATH": str(needed)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    # A line of a .pth is a place to look in; the .pth files of that place are not read, so its editable kit is not seen.
    (packages(place) / "others.pth").write_text(f"{here}\n", encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def python(place: Path) -> Path:
    return place / "bin" / "python"


def packages(place: Path) -> Path:
    return next((place / "lib").glob("python*/site-packages"))


def outside() -> dict[str, str]:
    """The variables of this process that are not Python's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(program: Path, *words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *words], cwd=cwd, env=outside(), capture_output=True, text=True)


def test_one_package_is_installed_and_it_is_complete(place: Path, root: Path) -> None:
    (record,) = packages(place).glob("gatelab-*.dist-info/RECORD")
    with open(record, encoding="utf-8", newline="") as file:
        names = {row[0] for row in csv.reader(file)}
    tops = {name.split("/")[0] for name in names if not name.startswith("../../../bin/")}
    assert tops == {"gatelab", record.parent.name}
    there = {path.name for path in packages(place).iterdir()}
    assert there == tops | {"others.pth"}
    here = (path for path in (root / "autograder" / "gatelab").rglob("*") if path.is_file())
    wanted = {path.relative_to(root / "autograder").as_posix() for path in here if path.suffix != ".pyc"}
    assert wanted <= names


def test_every_program_answers_in_any_folder(place: Path, root: Path, tmp_path: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in project["scripts"]:
        version, help = (run(place / "bin" / name, word, cwd=tmp_path) for word in ("--version", "--help"))
        assert version.stdout.startswith(f"{name} {gatelab.__version__} ("), version.stdout + version.stderr
        assert help.returncode == 0 and f"Usage: {name}" in help.stdout, help.stdout + help.stderr
    commands = set(re.findall(r"^│ ([a-z][a-z-]*) ", help.stdout, re.MULTILINE))
    done = run(place / "bin" / "python", "-c", HELPS, cwd=tmp_path)
    assert done.returncode == 0 and set(done.stdout.split()) == commands, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_otter_is_still_otters_own_and_the_kit_is_the_wheels(python: Path, tmp_path: Path) -> None:
    done = run(
        python,
        "-c",
        "import gatelab, otter, otter.api; print(gatelab.__file__); print(otter.__file__)",
        cwd=tmp_path,
    )
    kit, otter = done.stdout.splitlines()
    assert Path(kit).is_relative_to(python.parents[1]) and not Path(otter).is_relative_to(python.parents[1])


def test_pytest_grades_a_submission_by_hand(python: Path, tmp_path: Path) -> None:
    lab = tiny_lab(tmp_path / "kit")
    path = write_notebook(tmp_path / "ada.ipynb", lab, {})
    done = run(
        python, "-m", "pytest", lab.hidden / "test_q1_softmax.py", "--submission", path, "-q", "-p",
        "no:cacheprovider", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0 and "q1  Softmax: 4 of 4" in done.stdout, done.stdout + done.stderr


def test_the_commands_grade_and_pack(place: Path, root: Path, tmp_path: Path) -> None:
    lab, program = tiny_lab(tmp_path / "kit"), place / "bin" / "gatelab"
    (tmp_path / "class").mkdir()
    write_notebook(tmp_path / "class" / "ada.ipynb", lab, {})
    graded = run(
        program, "grade", "class", "-o", "out", "--root", tmp_path / "kit", "--question", "q1", "--jobs", "1",
        cwd=tmp_path,
    )  # fmt: skip
    assert graded.returncode == 0, graded.stdout + graded.stderr
    row = (tmp_path / "out" / "grades.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    assert '"graded","","4"' in row
    # A zip holds the engine of the kit that it is made from.
    shutil.copytree(root / "autograder", tmp_path / "kit" / "autograder")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(root / name, tmp_path / "kit")
    packed = run(program, "zip", "-o", "dist", "--root", tmp_path / "kit", cwd=tmp_path)
    assert packed.returncode == 0, packed.stderr
    names = zipfile.ZipFile(tmp_path / "dist" / f"{lab.name}-autograder-STAFF-ONLY.zip").namelist()
    assert {"run_otter.py", "files/kit/autograder/gatelab/grading/engine.py", "requirements.txt"} <= set(
        names
    )
