"""A build that executes notebooks: does the solution pass its own public checks, which students will run?"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from gatelab.build import BuildError, solved
from gatelab.build.pipeline import build
from helpers.tiny_lab import tiny_kit, tiny_lab

pytestmark = pytest.mark.usefixtures("shared_server")


@pytest.mark.one_in(2)
def test_stored_numbers_from_before_the_check_was_changed_are_refused(tmp_path: Path) -> None:
    kit = tiny_kit(tmp_path)
    check = kit / "assignment/softmax/tests/q2.py"
    text = check.read_text(encoding="utf-8")
    check.write_text(text.replace("Numbers(seed=2)", "Numbers(seed=3)"), encoding="utf-8")
    with pytest.raises(BuildError) as caught:
        build(kit, accept=True, call=False)
    said = str(caught.value)
    assert said.startswith("q2: the solution does not pass its own public check (")
    assert "the loss, or its gradient, is not right." in said and "run gatelab fingerprints" in said
    assert not (kit / "release").exists() and not (kit / "solutions").exists()


OTHER_WORDS = """
import otter
from otter.test_files.abstract_test import TestFile
TestFile.summary = lambda check, **_: f"Aufgabe {check.name}\\nleider   nein"
grader = otter.Notebook()
"""
CHECK = (
    "OK_FORMAT = False\nname = {name!r}\nfrom otter.test_files import test_case\n\n"
    "@test_case()\ndef test_it(value):\n    assert value == {want}\n"
)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("cell", "refused"),
    [
        ("value = 1\ngrader.check('q2')", "q2: .*leider nein"),
        ("value = 1\ngrader.check_all()", r"q\d: .*leider nein"),
        ("value = 2\ngrader.check('q2')", ""),
        ("value = 1\ngrader.check('q1')", ""),
        ("print('q2 results:\\nthis is a picture of what a check says')", ""),
    ],
)
def test_what_failed_is_known_whatever_a_check_says(tmp_path: Path, cell: str, refused: str) -> None:
    lab, release = tiny_lab(tmp_path / "kit"), tmp_path / "release"
    (release / "tests").mkdir(parents=True)
    for name, want in (("q1", 1), ("q2", 2)):
        (release / "tests" / f"{name}.py").write_text(CHECK.format(name=name, want=want), encoding="utf-8")
    cells = [nbformat.v4.new_code_cell(source) for source in (OTHER_WORDS, cell, "sorted(globals())")]
    done = solved.execute("lab.ipynb", nbformat.v4.new_notebook(cells=cells), release)
    assert "listen" not in done.cells[2].outputs[0].data["text/plain"]
    if refused:
        with pytest.raises(BuildError, match=refused):
            solved.check_public(done, lab)
    else:
        solved.check_public(done, lab)
    assert not any(output.get("metadata") for one in done.cells for output in one.outputs)
