"""The seed that a run of the tests prints in its head is that of all its processes: with it, the same cases come again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CASE = """
from pathlib import Path

def test_it(turn, pytestconfig):
    assert str(turn) == pytestconfig.getoption("--hypothesis-seed")
    Path(__file__).with_suffix(".seed").write_text(str(turn))
"""


CASES = """
import pytest
from pathlib import Path

@pytest.mark.one_in(3)
@pytest.mark.parametrize("case", range(7))
def test_a_case(case):
    with Path(__file__).with_name("taken").open("a") as file:
        file.write(f"{case} ")

@pytest.mark.one_in(2, among="slow")
def test_one():
    Path(__file__).with_name("one").touch()

@pytest.mark.one_in(2, among="slow")
def test_other():
    Path(__file__).with_name("other").touch()
"""

FILE_OF_TWO = """
import pytest
from pathlib import Path

pytestmark = pytest.mark.one_in(2, at={at})

@pytest.mark.one_in(2)
@pytest.mark.parametrize("case", "ab")
def test_a_case(case):
    with Path(__file__).with_name("taken").open("a") as file:
        file.write(f"{{case}}{at} ")

def test_the_rest():
    pass
"""


def pytest_run(root: Path, folder: Path, *more: str, **environment: str) -> str:
    """What pytest prints in a folder with the conftest of these tests."""
    shutil.copy(root / "tests" / "conftest.py", folder)
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {root / 'tests'}\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *more]
    # As from a terminal: this process may be one of pytest-xdist's, or a grading may have set how it collects.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "GATELAB"))}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=plain | environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_passed_to_every_process(root: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(CASE)
    printed = pytest_run(root, tmp_path, "-n", "2", "--dist", "loadfile")
    seeds = {path.read_text() for path in tmp_path.glob("*.seed")}
    assert len(seeds) == 1 and f"--hypothesis-seed={seeds.pop()} makes the same cases again" in printed


def test_every_case_has_its_turn_and_a_test_that_is_named_has_all(root: Path, tmp_path: Path) -> None:
    (tmp_path / "test_cases.py").write_text(CASES)

    def taken(*more: str, **environment: str) -> str:
        pytest_run(root, tmp_path, *more, **environment)
        found = (tmp_path / "taken").read_text().strip()
        (tmp_path / "taken").unlink()
        return found

    turns = [taken("--hypothesis-seed=4")]
    assert (tmp_path / "one").exists() and not (tmp_path / "other").exists()
    turns += [taken(f"--hypothesis-seed={seed}") for seed in (5, 6)]
    assert turns == ["1 4", "2 5", "0 3 6"]
    everything = "0 1 2 3 4 5 6"
    assert (tmp_path / "one").exists() and (tmp_path / "other").exists()
    assert taken("-k", "test_a_case") == taken("test_cases.py::test_a_case") == everything
    assert taken("-n", "0", GATELAB_ALL="1") == everything


def test_files_take_turns_and_in_the_end_all_their_cases_have_run(root: Path, tmp_path: Path) -> None:
    for at in (0, 1):
        (tmp_path / f"test_{at}.py").write_text(FILE_OF_TWO.format(at=at))

    def taken(*more: str, **environment: str) -> str:
        pytest_run(root, tmp_path, *more, **environment)
        found = (tmp_path / "taken").read_text().strip()
        (tmp_path / "taken").unlink()
        return found

    assert [taken(f"--hypothesis-seed={seed}") for seed in (0, 13)] == ["a0", "b1"]
    assert taken("--hypothesis-seed=12", "test_0.py") == "a0"
    assert taken(GATELAB_ALL="1") == "a0 b0 a1 b1"
