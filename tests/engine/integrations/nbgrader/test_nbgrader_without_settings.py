"""Where the course's settings cannot be made, nbgrader stops: without them it would run what students handed in itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from gatelab.integrations.nbgrader.course import find_programs
from helpers.tiny_lab import tiny_kit

TROUBLE = {
    "no gatelab": "import sys\nsys.modules['gatelab'] = None\n",
    "an error of its own": "import gatelab.integrations.nbgrader.course as course\n\ndef broken():\n    raise ZeroDivisionError('at the start')\n\n"
    "course.find_programs = broken\n",
    "a lab that cannot be read": "import gatelab.build.course as course\n\ndef broken(lab, root):\n    raise OSError(28, 'No space left on device')\n\n"
    "course.write_source = broken\n",
}
START = "from nbgrader.apps.nbgraderapp import main\nmain()\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in whose grade book the lab is, and a submission that writes a file when it is run."""
    from nbgrader.api import Gradebook

    find_programs()
    place = tmp_path_factory.mktemp("course")
    tiny_kit(place)
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    notebook.cells = [nbformat.v4.new_code_cell(f"open({str(place / 'ran')!r}, 'w').close()")]
    for folder in ("submitted/ada/softmax", "release/softmax"):
        (place / folder).mkdir(parents=True)
        nbformat.write(notebook, place / folder / "lab.ipynb")
    with Gradebook(f"sqlite:///{place / 'gradebook.db'}") as book:
        book.add_assignment("softmax")
        book.add_notebook("lab", "softmax")
    return place


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
def test_no_submission_runs_if_the_settings_fail(course: Path, trouble: str) -> None:
    (course / "start.py").write_text(trouble + START, encoding="utf-8")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "start.py", "autograde", "softmax", "--create"],
        cwd=course, env=os.environ | {"PATH": programs}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode and not (course / "ran").exists() and not (course / "autograded").exists()
    assert "nbgrader_config.py: " in done.stderr and "Traceback" not in done.stderr
