"""The public checks, run by otter as a student runs them: right answers pass, a stub is called one, the notebook stays as it was."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jupytext
import nbformat
import pytest
import torch
from nbclient import NotebookClient
from public_checks import ALL, CODE, STEP, first_message, names_with, student_folder

from gatelab.bank.fingerprints import namespace
from gatelab.build.stubs import StubSolutions
from gatelab.lab import Lab

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("question", CODE)
def test_every_right_answer_passes(check, lab, bank, question):
    for wheat in (None, *bank.wheats_of(question)):
        result = check(question, namespace(lab, wheat))
        assert result.passed_all, f"{wheat}: {result}"


def stubs(lab: Lab) -> dict:
    """The namespace of the untouched notebook: every solution cell of the master with its stub."""
    names = namespace(Lab(lab.assignment, lab.hidden / "nothing"))
    clear = StubSolutions()
    for cell in jupytext.read(lab.assignment / "lab.py").cells:
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            cell, _ = clear.preprocess_cell(cell, {"language": "python"}, 0)
            try:
                exec(cell.source, names)
            except NotImplementedError:
                continue
    return names


@pytest.mark.parametrize("question", ALL)
def test_an_untouched_stub_is_called_not_written(check, lab, question):
    for names in (stubs(lab), {}):
        result = check(question, names)
        assert not result.passed_all
        assert first_message(result).startswith(f"{question} is not written yet"), repr(result)
        assert "NotWritten" in repr(result)


def test_the_message_is_what_is_read_first(check, lab, bank):
    chaff = bank.chaffs_of("q1")[0]
    result = check("q1", namespace(lab, chaff))
    plain, html = repr(result), result._repr_html_()
    assert plain.index(chaff.misconception) < plain.index("❌")
    assert html.index(chaff.misconception) < html.index("❌")
    assert plain.splitlines()[1].strip().startswith("q1 lstm_step message: This looks like a known mistake:")


def test_no_message_is_lost_in_html(check, lab):
    result = check("q1", names_with(lab, STEP + "raise ValueError('got <class X> here')"))
    assert "‹class X> here" in result._repr_html_()


def test_a_check_leaves_the_notebook_as_it_was(check, lab):
    names = namespace(lab)
    before = {name: value for name, value in names.items() if name != "__builtins__"}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    for question in CODE:
        check(question, names)
    assert torch.equal(torch.rand(2), expected)
    assert {name: value for name, value in names.items() if name != "__builtins__"} == before


def test_the_concept_check_knows_only_whether_all_are_right(check, lab):
    key = tomllib.loads(lab.concept_key.read_text(encoding="utf-8"))
    answers = {id: row["answer"] for id, row in key.items()}
    assert check("q12", {"answers": answers}).passed_all
    wrong = {id: "abcd" if len(str(answer)) == 4 else answer for id, answer in answers.items()}
    message = first_message(check("q12", {"answers": wrong}))
    assert "not all of them are right" in message
    assert not re.search(r"\bc\d", message)


def test_otter_can_read_the_test_files_everywhere(lab):
    """otter opens them in the machine's own encoding, which is not UTF-8 on every Windows."""
    for question in ALL:
        (lab.assignment / "tests" / f"{question}.py").read_bytes().decode("ascii")


def test_the_students_requirements_are_the_kits():
    pins = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    lines = (ROOT / "assignment" / "lstm-gru" / "requirements.txt").read_text().splitlines()
    assert {line for line in lines if line and not line.startswith("#")} <= pins


def test_a_kernel_shows_it_as_a_student_sees_it(lab, bank, tmp_path):
    """A real notebook, its folder as students have it; and otter's log opens where there is no seqlab."""
    student_folder(lab, tmp_path)
    wrong = next(chaff for chaff in bank.chaffs_of("q1") if chaff.id == "forget-and-input-swapped")
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    check = 'grader.check("q1")'
    cells = ["import otter, torch\ngrader = otter.Notebook('lab.ipynb', tests_dir='tests')", check]
    cells += [wrong.source, check, STEP + "y = x @ w_hh.T\n    return y", check]
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(notebook, tmp_path / "lab.ipynb")
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [cell.outputs[0].data for cell in notebook.cells if cell.source == check]
    for output, text in zip(
        shown,
        ["q1 is not written yet", wrong.misconception, "In your line 2 of the cell: y = x @ w_hh.T"],
        strict=True,
    ):
        assert text in output["text/plain"]
        assert text in output["text/html"]
    read = "from otter.check.logs import Log; print(len(Log.from_file('.OTTER_LOG').entries))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", read], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "4"  # the start and three checks
