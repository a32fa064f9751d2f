"""The kit installed from its wheel, into an environment of its own: what it brings, and whether the commands work."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.lab.spec import Lab


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built with the setuptools that is here, from a copy of what a wheel is made of."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "autograder", "pyproject.toml", "README.md", "LICENSE"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in tracked:
        if (root / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((root / name).read_bytes())
    build = f"from setuptools.build_meta import build_wheel; build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel installed, and this one's packages without their editable kit."""
    place = tmp_path_factory.mktemp("venv")
    venv.create(place, with_pip=False, symlinks=True)
    packages = next((place / "lib").glob("python*/site-packages"))
    with zipfile.ZipFile(wheel) as zip:
        zip.extractall(packages)
    # A line of a .pth is a place to look in; the .pth files of that place are not read.
    (packages / "others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return place / "bin" / "python"


def run(python: Path, *words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run([python, *words], cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_wheel_installs_one_package_completely(wheel: Path, root: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gatelab"}
    here = (path for path in (root / "autograder" / "gatelab").rglob("*") if path.is_file())
    wanted = {path.relative_to(root / "autograder").as_posix() for path in here if path.suffix != ".pyc"}
    assert wanted <= set(names)


def test_otter_is_still_otters_own_and_the_kit_is_the_wheels(python: Path, tmp_path: Path) -> None:
    done = run(
        python,
        "-c",
        "import gatelab, otter, otter.api; print(gatelab.__file__); print(otter.__file__)",
        cwd=tmp_path,
    )
    kit, otter = done.stdout.splitlines()
    assert Path(kit).is_relative_to(python.parents[1]) and not Path(otter).is_relative_to(python.parents[1])


def test_pytest_grades_a_submission_by_hand(python: Path, lab: Lab, root: Path, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "ada.ipynb", lab, {})
    done = run(
        python, "-m", "pytest", root / "tests/lstm-gru/hidden/test_q1_lstm_step.py", "--submission", path, "-q", "-p",
        "no:cacheprovider", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0 and "q1  One LSTM step: 10 of 10" in done.stdout, done.stdout + done.stderr


def test_the_commands_grade_and_pack(python: Path, lab: Lab, root: Path, tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    write_notebook(tmp_path / "class" / "ada.ipynb", lab, {})
    command = ("-c", "from gatelab.cli.app import app; app()")
    graded = run(
        python, *command, "grade", "class", "-o", "out", "--root", root, "--question", "q1", "--jobs", "1",
        cwd=tmp_path,
    )  # fmt: skip
    assert graded.returncode == 0, graded.stdout + graded.stderr
    assert "10" in (tmp_path / "out" / "grades.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    packed = run(python, *command, "zip", "-o", "dist", "--root", root, cwd=tmp_path)
    assert packed.returncode == 0, packed.stderr
    names = zipfile.ZipFile(tmp_path / "dist" / "lstm-gru-autograder-STAFF-ONLY.zip").namelist()
    assert {"run_otter.py", "files/kit/autograder/gatelab/grading/engine.py", "requirements.txt"} <= set(
        names
    )
