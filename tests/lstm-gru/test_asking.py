"""A slip in what the grader is asked for: one sentence under the cell. In a real Jupyter kernel, with the real otter."""

from __future__ import annotations

import shutil

import nbformat
import pytest
from nbclient import NotebookClient
from public_checks import student_folder

from gatelab.lab.spec import Lab

ALL = "There are q1 to q12."
Q1 = f'did you mean grader.check("q1")? {ALL}'
NEEDED = (
    f'grader.check needs a question, as in grader.check("q1"); grader.check_all() runs every check. {ALL}'
)
SETUP = "import otter\nimport seqlab\ngrader = otter.Notebook(tests_dir='tests')"
ASKED = [  # what stands in the cell, and what is said under it
    ('grader.check("Q1")', f"There is no question Q1; {Q1}"),
    ('grader.check("q1 ")', f"There is no question q1 ; {Q1}"),
    ('grader.check("q01")', f"There is no question q01; {Q1}"),
    ('grader.check("1")', f"There is no question 1; {Q1}"),
    ("grader.check(1)", f"There is no question 1; {Q1}"),
    ('grader.check("Question 1")', f"There is no question Question 1; {Q1}"),
    ('grader.check("q1.py")', f"There is no question q1.py; {Q1}"),
    ('grader.check("tests/q1.py")', f"There is no question tests/q1.py; {Q1}"),
    ('grader.check("lstm_step")', f"There is no question lstm_step; {Q1}"),
    ('grader.check("lstm_setp")', f"There is no question lstm_setp; {Q1}"),
    ("def lstm_step(): pass\ngrader.check(lstm_step)", f"There is no question lstm_step; {Q1}"),
    ('grader.check("q13")', f"There is no question q13. {ALL}"),
    ('grader.check("q0")', f"There is no question q0. {ALL}"),
    ('grader.check("q12a")', f"q12a has no check: a person reads what you write. {ALL}"),
    ('grader.check(["q1", "q2"])', f"There is no question ['q1', 'q2']. {ALL}"),
    ("grader.check()", NEEDED),
    ('grader.check("")', NEEDED),
    (
        'grader.check("q1", "q2")',
        'grader.check takes one question at a time, as in grader.check("q1").',
    ),
    (
        'grader.check_all("q1")',
        'grader.check_all() takes nothing: it runs every check. For one: grader.check("q1").',
    ),
]
GONE = "import shutil\nshutil.rmtree('tests')"
NO_FOLDER = "unzip the handout again, all of it, and open the notebook in that folder."


@pytest.fixture(scope="module")
def cells(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> list[nbformat.NotebookNode]:
    """All of it in one run of one notebook; a right call, by name and by position, before and after the slips."""
    folder = tmp_path_factory.mktemp("student")
    student_folder(lab, folder)
    for check in (folder / "tests").glob("q*.py"):  # a check that costs nothing, of a name of the notebook
        check.write_text(
            f'OK_FORMAT = False\nname = "{check.stem}"\nfrom otter.test_files import test_case\n'
            "@test_case()\ndef test_it(value):\n    assert value == 1\n"
        )
    right = [
        "value = 1\ngrader.check('q2')",
        "grader.check(question='q2')",
        "list(grader.check_all().results)",
    ]
    code = [
        SETUP,
        *right,
        *(cell for cell, _ in ASKED),
        right[0],
        GONE,
        "grader.check('q1')",
        "grader.check_all()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in code])
    settings = {"metadata": {"path": str(folder)}}
    NotebookClient(
        notebook, kernel_name="python3", timeout=120, allow_errors=True, resources=settings
    ).execute()
    shutil.rmtree(folder)
    return notebook.cells[1:]


def told(cell: nbformat.NotebookNode) -> str:
    return "\n".join(
        "\n".join(output.get("traceback", [])) or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    )


def test_a_slip_is_answered_in_one_sentence_that_says_what_there_is(cells: list) -> None:
    assert {cell.source: told(cell) for cell in cells[3 : 3 + len(ASKED)]} == dict(ASKED)
    assert all(cell.outputs[0].output_type == "error" for cell in cells[3 : 3 + len(ASKED)])


def test_a_right_call_asks_of_the_notebooks_own_names_as_ever(cells: list) -> None:
    by_place, by_name, every = cells[:3]
    assert "All test cases passed" in told(by_place) and told(by_place) == told(by_name)
    assert told(every) == str([f"q{k}" for k in range(1, 13)])
    assert "All test cases passed" in told(cells[3 + len(ASKED)])


def test_without_the_folder_of_checks_it_says_where_to_get_it(cells: list) -> None:
    for cell in cells[-2:]:
        said = told(cell)
        assert said.startswith("There are no checks in ") and said.endswith(NO_FOLDER), said
        assert "\n" not in said
