"""docs/deadline-night.md, typed through: every command of the page, as written there, in its order, in a kit's folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import mixed_class
from helpers.tiny_lab import tiny_kit

pytestmark = pytest.mark.one_in(3, at=0)

BIN = Path(sys.executable).parent
# The code that a command of the page ends with in this class (essay.pdf cannot be graded); others end with 0.
CODES = {"gatelab grade": {1}, "gatelab why essay": {1}, "gatelab doctor": {0, 1}, "gatelab export": {1}}


def page(root: Path) -> str:
    return (root / "docs" / "deadline-night.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def typed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int, str]]:
    """Each command, its exit code, and what it said."""
    base = tmp_path_factory.mktemp("night")
    kit = tiny_kit(base / "kit", by_hand=True)
    mixed_class.mixed_class(kit / "submissions")
    (kit / "sheet.csv").write_text("Student,ID,SIS Login ID,Section,Softmax (7)\nAda,1,ada,S,\nNo,2,no,S,\n")
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = []
    for block in re.findall(r"^```sh\n(.*?)^```", page(root), re.MULTILINE | re.DOTALL):
        for command in block.splitlines():
            if command in [earlier for earlier, *_ in done]:  # the second time: one came in once more
                shutil.copy(kit / "submissions" / "ada.ipynb", kit / "submissions" / "adam.ipynb")
            said = subprocess.run(
                ["bash", "-c", command], cwd=kit, env=environment, capture_output=True, text=True, timeout=170
            )
            done.append((command, said.returncode, said.stdout + said.stderr))
    return done


def test_every_command_of_the_page_does_what_it_says(typed: list[tuple[str, int, str]]) -> None:
    assert len(typed) >= 9
    for command, code, said in typed:
        wanted = next((codes for begin, codes in CODES.items() if command.startswith(begin)), {0})
        assert code in wanted and "Traceback" not in said and "Errno" not in said, f"{command}\n{said}"


def test_what_was_graded_is_kept_and_what_is_new_is_graded(typed: list[tuple[str, int, str]]) -> None:
    first, second = (said for command, _, said in typed if command.startswith("gatelab grade"))
    assert "/5] adam" in first and "4 of 5 notebooks are done from an earlier run" in second
    assert "/5] adam: 10 of 10" in second and "/5] grace" not in second


def test_the_answers_are_those_of_the_student(typed: list[tuple[str, int, str]]) -> None:
    said = {command: text for command, _, text in typed}
    assert "essay.pdf: it is an exported page" in said["gatelab why essay"]
    assert "q1  Softmax  4 of 4" in said["gatelab show ada q1"]
    assert "seed 5" in said["gatelab show submissions/ada.ipynb q1 --seed 5"]
    assert (
        "canvas.csv: 1 grade filled in." in said["gatelab export canvas out --template sheet.csv --partial"]
    )


def test_every_message_quoted_on_the_page_is_in_the_engine(root: Path) -> None:
    """The sentences in the table of the page are in the engine, up to what is put into them."""
    engine = "\n".join(path.read_text("utf-8") for path in (root / "autograder" / "gatelab").rglob("*.py"))
    rows = re.findall(r"^\| `(.*?)`", page(root), re.MULTILINE)
    assert len(rows) >= 5
    for words in rows:
        assert re.split(r" \(|…", words)[0].strip() in engine, words


def test_the_page_is_one_page(root: Path) -> None:
    assert len(page(root).splitlines()) <= 90
