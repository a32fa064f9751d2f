"""What `grader.export(pdf=False)` makes in a student's notebook: is it taken as it is by every door?"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import otter
import pytest

from gatelab.integrations.otter.intake import take_in
from gatelab.lab.spec import Lab
from helpers.command import gatelab
from helpers.notebooks import write_notebook
from helpers.tables import grades
from helpers.tiny_lab import RIGHT, SETUP, TINY


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The zip, in a class's folder, with otter's log and whatever else otter packs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("student"))
        write_notebook(Path("lab.ipynb"), SETUP, RIGHT["q1"])
        Path("tests").mkdir()
        folder = tmp_path_factory.mktemp("class")
        otter.Notebook(nb_path="lab.ipynb", tests_dir="tests").export(
            export_path=str(folder / "ada.zip"), pdf=False, display_link=False
        )
        names = zipfile.ZipFile(folder / "ada.zip").namelist()
        assert "lab.ipynb" in names and len(names) > 1, "otter packs nothing else any more"
        yield folder / "ada.zip"


def test_otters_own_commands_find_the_notebook(exported: Path, tmp_path: Path) -> None:
    intake = take_in(exported, tmp_path, Lab.in_repository(TINY))
    assert intake.reason == "" and intake.notebook is not None
    assert len(json.loads(intake.notebook.read_text())["cells"]) == 2


def test_the_class_command_grades_it_for_the_student_whose_name_it_has(
    exported: Path, tmp_path: Path
) -> None:
    pytest.importorskip("gatelab.cli.intake", reason="the class command does not open archives here")
    out = tmp_path / "out"
    done = gatelab("grade", exported.parent, "-o", out, "--root", TINY, "--question", "q1")
    assert done.exit_code == 0, done.output
    assert {name: float(row["q1"]) for name, row in grades(out).items()} == {"ada": 4}
