"""The engine's tests work on the tiny lab alone: where the kit's other labs are gone, each of them is still collected."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gatelab.lab.spec import Lab, lab_names

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
FOLDERS = ("assignment", "release", "solutions", "tests")


def names_a_lab() -> re.Pattern[str]:
    """The name of any of the kit's labs, as a folder or as a module."""
    names = [re.escape(name).replace(r"\-", "[-_]") for name in lab_names(ROOT)]
    return re.compile(rf"(?<![\w-])(?:{'|'.join([*names, 'kit_lab'])})(?![\w-])")


def imported(path: Path) -> set[Path]:
    """The helpers in tests/ that a file imports, at its top or in a function."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        places = [TESTS / module.replace(".", "/") for module in modules]
        found.update(place.with_suffix(".py") for place in places)
        found.update(place / "__init__.py" for place in places)
    return {place for place in found if place.is_file()}


def engines_tests() -> set[Path]:
    """The files below tests/engine, what attacks any lab, the settings of all tests, and every helper that one of these imports, however far away."""
    waiting = {*(TESTS / "engine").rglob("*.py"), *(TESTS / "hostile").glob("*.py"), TESTS / "conftest.py"}
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        waiting |= imported(path) - seen
    return seen


def test_no_test_of_the_engine_and_no_helper_of_one_names_a_lab_of_the_kit() -> None:
    files = engines_tests()
    assert {
        TESTS / "helpers" / "tiny_lab.py",
        TESTS / "helpers" / "notebooks.py",
        TESTS / "fuzz" / "targets.py",
    } < files
    looked_for = names_a_lab()
    found = {
        path.relative_to(TESTS).as_posix()
        for path in files - {Path(__file__)}
        if looked_for.search(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_no_attempt_at_every_lab_goes_by_what_a_lab_of_the_kit_asks_for() -> None:
    labs = [Lab.in_repository(ROOT, name) for name in lab_names(ROOT)]
    asked_for = {name for lab in labs for spec in lab.questions.values() for name in spec.names}
    looked_for = re.compile(rf"\b(?:{'|'.join(map(re.escape, asked_for))})\b")
    attempts = {
        path.name: path.read_text(encoding="utf-8") for path in (TESTS / "hostile").glob("attempts/*.py")
    }
    assert len(attempts) > 60
    assert [
        name for name, text in attempts.items() if looked_for.search(text) or names_a_lab().search(text)
    ] == []


def test_a_name_is_found_however_it_is_written() -> None:
    for name in lab_names(ROOT):
        for text in (f'"tests/{name}/hidden"', f"from {name.replace('-', '_')} import x", "import kit_lab"):
            assert names_a_lab().search(text), text
    assert not names_a_lab().search("softmax, rnn-basics")


@pytest.mark.one_in(2)
def test_every_test_of_the_engine_is_collected_without_the_kits_labs(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a clone, and git does not say what belongs to it")
    labs = lab_names(ROOT)
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")  # fmt: skip
    gone = tuple(f"{folder}/{name}/" for folder in FOLDERS for name in labs)
    for name in tracked:
        if name and not name.startswith(gone) and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    assert not any((tmp_path / place).exists() for place in gone)
    # A grading in this process switches pytest's plugins off for its children.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "--collect-only", "-p", "no:cacheprovider", "tests/engine"],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "error" not in done.stdout.splitlines()[-1]
