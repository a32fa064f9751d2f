"""`gatelab show` and `gatelab why`: the right row if several students handed in the same bytes, and a student who handed in nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helpers.tiny_class import CLASS, Tiny, gatelab

pytestmark = pytest.mark.usefixtures("shared_server")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """ada, and bob with a copy of ada's file; Mia Miss is on the roster only."""
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("twice"), {"ada": CLASS["ada"]})
    shutil.copytree(tiny.folder / "ada", tiny.folder / "bob")
    roster = tiny.base / "people.csv"
    roster.write_text("Name,ID\nAda,ada\nBob,bob\nMia Miss,mia\n", encoding="utf-8")
    assert tiny.grade("--roster", roster).exit_code == 0
    return tiny


def notebook(tiny: Tiny, name: str) -> Path:
    return tiny.folder / name / "softmax" / "lab.ipynb"


@pytest.mark.parametrize("name", ["ada", "bob"])
@pytest.mark.parametrize("command", ["show", "why"])
def test_a_file_is_its_own_row_even_if_another_has_the_same_bytes(
    tiny: Tiny, command: str, name: str
) -> None:
    done = gatelab(command, notebook(tiny, name), "-o", tiny.out)
    assert done.exit_code == 0 and done.output == gatelab(command, name, "-o", tiny.out).output


@pytest.mark.parametrize("command", ["show", "why"])
def test_a_file_from_elsewhere_that_several_handed_in_belongs_to_nobody_yet(
    tiny: Tiny, tmp_path: Path, command: str
) -> None:
    copy = shutil.copy(notebook(tiny, "ada"), tmp_path / "lab.ipynb")
    done = gatelab(command, copy, "-o", tiny.out)
    assert done.exit_code == 2 and "was handed in by 2: ada, bob; type one of these names." in done.output


def test_a_student_who_handed_in_nothing_has_no_grade_to_explain(tiny: Tiny) -> None:
    done = gatelab("why", "Mia", "-o", tiny.out)
    assert done.exit_code == 1
    assert done.output == "Mia Miss: there is no grade to explain. Nothing was handed in.\n"
    assert gatelab("show", "Mia", "-o", tiny.out).exit_code == 1
