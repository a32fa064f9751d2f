"""A cell has one number and its first words everywhere: in messages, quoted lines, hints, the pages and the results."""

from __future__ import annotations

import re

import nbformat
import pytest

from gatelab.audit.notebooks import SETUP
from gatelab.grading.engine import Engine
from gatelab.report.outputs.gradescope import gradescope_results
from gatelab.report.outputs.pages import feedback_page
from gatelab.report.record.model import Report
from gatelab.report.whole_class.class_report import _cells

STEP = (
    "\n  \n%time 1 + \\\n  1\n\ndef softmax(logits):\n    # 8 lines down\n    return logits @ logits // 1\n"
)
CELLS = [
    ("markdown", "# A title"),
    ("code", SETUP),
    ("markdown", "Some text"),
    ("code", STEP),  # cell 4, line 8
    ("code", "\n\nimport torch\n\nraise ValueError(0)\n"),  # cell 5, line 5
    ("code", "\n%pwd\ndef cross_entropy(x, h:\n    pass\n"),  # cell 6, line 3
    ("code", "\n\nfrom torch import log_softmax"),  # cell 7, line 3
]


@pytest.fixture(scope="module")
def report(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Report:
    notebook = nbformat.v4.new_notebook()
    for kind, source in CELLS:
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        notebook.cells.append(new(source))
    path = tmp_path_factory.mktemp("numbers") / "lab.ipynb"
    nbformat.write(notebook, path)
    return engine.grade(path, questions=["q1", "q2"])


def test_a_message_quotes_the_students_own_line(report: Report) -> None:
    messages = {part.student_text for part in report.question("q1").parts}
    assert all(
        '(cell 4 ("%time 1 + \\"), line 8: return logits @ logits // 1)' in message for message in messages
    ), messages


def test_a_cell_that_stopped_is_reported_with_its_own_line_once(report: Report) -> None:
    found = {cell.index: cell for cell in report.cells}
    assert sorted(found) == [5, 6]
    assert found[5].message.endswith('(cell 5 ("import torch"), line 5: raise ValueError(0))')
    assert found[6].message.endswith('(cell 6 ("%pwd"), line 3: def cross_entropy(x, h:)')
    assert len(re.findall("line", found[6].message)) == 1
    assert found[5].start == "import torch"


def test_it_is_the_same_number_everywhere(engine: Engine, report: Report) -> None:
    assert report.hints == ['cell 7 ("from torch import…"), line 3: imports log_softmax from torch']
    page = feedback_page(engine.lab, report)
    output = gradescope_results(report)["output"]
    for text in (page.replace("&#34;", '"'), output, " ".join(_cells(report))):
        for number, start in ((5, "import torch"), (6, "%pwd")):
            assert re.search(rf'[Cc]ell {number} \("{start}"\)', text), text
        assert {int(n) for n in re.findall(r"[Cc]ell (\d+)", text)} <= {4, 5, 6}
