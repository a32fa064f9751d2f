"""A slip in what the grader is asked for: one sentence under the cell. In IPython, as in a notebook, with the real otter."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from public_checks import student_folder

from gatelab.lab.spec import Lab

ALL = "There are q1 to q12."
Q1 = f'did you mean grader.check("q1")? {ALL}'
NEEDED = (
    f'grader.check needs a question, as in grader.check("q1"); grader.check_all() runs every check. {ALL}'
)
SETUP = "import otter\nimport seqlab\ngrader = otter.Notebook(tests_dir='tests')"
ASKED = [  # what is in the cell, and what is said under it
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


RIGHT = ("value = 1\ngrader.check('q2')", "grader.check(question='q2')", "list(grader.check_all().results)")
WITHOUT = ("grader.check('q1')", "grader.check_all()")
RUN = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

settings = Config()
settings.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=settings, colors="nocolor")
told = []
for cell in json.load(sys.stdin):
    with capture_output(display=False) as shown:
        result = shell.run_cell(cell, store_history=False)
    told.append([(shown.stdout + shown.stderr).strip(), result.success])
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def answers(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bool]]:
    """What is under each cell but the first, and whether it ran to its end; all in one run, with right calls between."""
    folder = tmp_path_factory.mktemp("student")
    student_folder(lab, folder)
    for check in (folder / "tests").glob("q*.py"):  # a check that costs nothing, of a name of the notebook
        check.write_text(
            f'OK_FORMAT = False\nname = "{check.stem}"\nfrom otter.test_files import test_case\n'
            "@test_case()\ndef test_it(value):\n    assert value == 1\n"
        )
    cells = [SETUP, *RIGHT, *(cell for cell, _ in ASKED), RIGHT[0], GONE, *WITHOUT]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN],
        cwd=folder, input=json.dumps(cells), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [(text, whole) for text, whole in json.loads(done.stdout.splitlines()[-1])][1:]


def test_a_mistyped_call_gets_one_sentence_that_says_which_checks_exist(
    answers: list[tuple[str, bool]],
) -> None:
    shown = answers[len(RIGHT) : len(RIGHT) + len(ASKED)]
    assert [text for text, _ in shown] == [sentence for _, sentence in ASKED]
    assert not any(
        whole for _, whole in shown
    )  # what runs all cells stops here, and Validate counts it as failed


def test_a_right_call_asks_of_the_notebooks_own_names_as_ever(answers: list[tuple[str, bool]]) -> None:
    (by_place, _), (by_name, _), (every, _) = answers[: len(RIGHT)]
    assert "All test cases passed" in by_place and by_place == by_name
    assert every.endswith(str([f"q{k}" for k in range(1, 13)]))
    assert answers[len(RIGHT) + len(ASKED)] == answers[0]


def test_without_the_folder_of_checks_it_says_where_to_get_it(answers: list[tuple[str, bool]]) -> None:
    for text, whole in answers[-2:]:
        assert text.startswith("There are no checks in ") and text.endswith(NO_FOLDER) and not whole
        assert "\n" not in text
