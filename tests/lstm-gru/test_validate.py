"""nbgrader's Validate: is a notebook a success there only when its public checks are?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from public_checks import student_folder

from gatelab.lab.spec import Lab

pytestmark = pytest.mark.one_in(3, at=2)

WARNS = "    import warnings; warnings.warn('slow')\n"
# The headline at the end is the one that every wrong notebook got before.
SUCCESS = "Success! Your notebook passes all the tests."


def validated(folder: Path, lab: Lab, answers: dict[str, str]) -> str:
    """The output of the button's command for the released cells of q1 to q3 with these answers."""
    student_folder(lab, folder)
    notebook = json.loads((lab.release / lab.notebook).read_text(encoding="utf-8"))
    kept, wanted = [], {f"{id}{end}" for id in ("q1", "q2", "q3") for end in ("", "-solution")}
    for cell in notebook["cells"]:
        source, id = "".join(cell["source"]), cell["metadata"].get("nbgrader", {}).get("grade_id")
        if id in wanted or source.startswith("import math") or "otter.Notebook(" in source:
            cell["source"] = answers.get(id, source)
            kept.append(cell)
    assert len(kept) == 8
    (folder / "lab.ipynb").write_text(json.dumps(notebook | {"cells": kept}), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("nbgrader"), "validate", "lab.ipynb"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wrong_answer_and_a_stub_have_failed_and_say_why_and_a_right_one_has_not(
    lab: Lab, tmp_path: Path
) -> None:
    """The right one warns on stderr, which is not a failure either."""
    right = lab.reference("q1").replace("    pre =", WARNS + "    pre =", 1)
    assert WARNS in right
    wrong = lab.reference("q2").replace("(1 - z) * n", "z * n").replace("kept = z * h", "kept = (1 - z) * h")
    assert "kept = (1 - z)" in wrong
    said = validated(tmp_path, lab, {"q1-solution": right, "q2-solution": wrong})
    assert SUCCESS not in said
    assert "VALIDATION FAILED ON 2 CELL(S)!" in said
    assert 'grader.check("q1")' not in said
    reasons = " ".join(said.split())
    assert "This looks like a known mistake:" in reasons and "q3 is not written yet: `LSTM`" in reasons
    assert "..." not in said, "nbgrader cut a line"


def test_elsewhere_a_failed_check_stays_ordinary_output(
    check, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = check("q1", {})
    assert repr(result).startswith("q1 results:")
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert repr(result).startswith("q1 results:")
    assert "q1 is not written yet" in capsys.readouterr().err
