"""The public checks, run by otter as a student runs them: right answers pass, a stub is called one, the notebook stays as it was."""

from __future__ import annotations

import html
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
from otter.test_files.exception_test import ExceptionTestFile
from public_checks import ALL, CODE, STEP, first_message, names_with, student_folder

from gatelab.audit.fingerprints import namespace
from gatelab.build.stubs import StubSolutions
from gatelab.lab.spec import Lab

pytestmark = pytest.mark.one_in(3, at=0)

ROOT = Path(__file__).resolve().parents[2]


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
        assert "NotWritten" in next(r.message for r in result.test_case_results if not r.passed)


def test_the_message_is_what_is_read_first(check, lab, bank):
    chaff = bank.chaffs_of("q1")[0]
    result = check("q1", namespace(lab, chaff))
    plain, page = repr(result), result._repr_html_()
    assert plain.splitlines()[1:3] == [
        "✗ q1 lstm_step: not yet",
        f"    This looks like a known mistake: {chaff.misconception} Hint: {chaff.hint}",
    ]
    assert plain.splitlines()[3].startswith("    Seen in: `lstm_step` (")
    assert (
        page.index("✗</span> <strong>q1 lstm_step</strong>: not yet")
        < page.index("known mistake")
        < page.index("Seen in: <code>lstm_step</code>")
    )


def test_what_a_check_shows_needs_no_emoji_font(check, lab, bank):
    """Without one, an emoji is an empty box. The words say the same, for people who listen."""
    right, wrong = (check("q1", namespace(lab, *chaff)) for chaff in ([], bank.chaffs_of("q1")[:1]))
    assert right.passed_all and "q1</strong> passed!" in right._repr_html_()
    for result in (right, wrong):
        for text in (repr(result), result._repr_html_()):
            assert [sign for sign in text if ord(sign) > 0x27FF or sign in "✅❌✨"] == []


def test_nothing_of_otters_surrounds_the_message(check, lab, bank):
    """The line of the test file is not where the mistake is, and backticks are not how code looks."""
    for question, code in [
        ("q1", STEP + "return h"),
        ("q8", "def shift_right(targets, bos):\n    return targets.x"),
    ]:
        result = check(question, names_with(lab, code))
        for text in (repr(result), result._repr_html_()):
            assert "Error at line" not in text and "in test q" not in text and "CheckFailed" not in text
            assert "result:" not in text and "see the message above" not in text
        assert "`" not in result._repr_html_() and "<code>" in result._repr_html_()
    assert result._repr_html_().count("✓") == 1  # what is right in q8 is still shown


def test_a_check_of_other_staff_looks_as_otter_shows_it(check, lab, tmp_path):
    check("q1", namespace(lab))  # ours are installed
    test = tmp_path / "other.py"
    test.write_text(
        "from otter.test_files import test_case\nOK_FORMAT = False\nname = 'other'\n"
        "@test_case()\ndef test(env):\n    assert env['x'] == 1, 'x is not 1'\n"
    )
    file = ExceptionTestFile.from_file(str(test))
    file.run({"x": 2})
    assert "Error at line 6 in test other" in repr(file) and "x is not 1" in file._repr_html_()


def test_no_message_is_lost_in_html(check, lab):
    result = check("q1", names_with(lab, STEP + "raise ValueError('got <class X> here')"))
    assert "&lt;class X&gt; here" in result._repr_html_() and "<class X> here" in repr(result)


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


def test_the_students_versions_are_the_graders():
    pins = set((ROOT / "constraints.txt").read_text().split())
    lines = (ROOT / "assignment" / "lstm-gru" / "requirements.txt").read_text().splitlines()
    assert {line.split("#")[0].strip() for line in lines if line[:1] != "#"} <= pins


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
        assert text in html.unescape(output["text/html"])
    read = "from otter.check.logs import Log; print(len(Log.from_file('.OTTER_LOG').entries))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", read], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "4"  # the start and three checks
