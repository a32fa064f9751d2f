"""Which of several definitions is the student's answer, and which of several values the answer finds.

Every case is the solved notebook with one change. (How names are found as they were at a check: test_names_at_the_check.py.)
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import PRE, Cells, answer, before_q1, code, full, place, swap, use_in_q1

OLD = "def softmax(logits):\n    return logits\n"
SHADOW = "def softmax(*args, **kwargs):\n    raise RuntimeError('an older attempt')\n\n"


def raw_cell(cells: Cells) -> None:
    answer(cells, "q1")["cell_type"] = "raw"


def markdown_cell(cells: Cells) -> None:
    answer(cells, "q1")["cell_type"] = "markdown"


def answer_above_the_stub(cells: Cells) -> None:
    at = place(cells, "q1-solution")
    cells.insert(at, code(cells[at]["source"]))
    head = cells[at + 1]["source"].split(f"    {PRE}")[0]
    cells[at + 1]["source"] = head + '    raise NotImplementedError("q1: not written yet")\n'


def stub_below_with_another_docstring(cells: Cells) -> None:
    stub = OLD.replace("    return", '    """Mine."""\n    raise NotImplementedError("q1")\n    return')
    cells.insert(place(cells, "q1"), code(stub))


def star_import_later(cells: Cells) -> None:
    """It brings a function of the answer's name, which takes more arguments."""
    cells.append(code("from torch import *"))


def result_under_the_function_name(cells: Cells) -> None:
    cells.append(code("softmax = softmax(torch.ones(1, 1))"))


def an_older_attempt_above(cells: Cells) -> None:
    cells.insert(place(cells, "q1-solution"), code(SHADOW))


def tags_copied_along(cells: Cells) -> None:
    """The answer was written into a copy of an experiment cell and of a check cell."""
    at = place(cells, "q1-solution")
    text = cells[at]["source"]
    cells[at]["source"] = ""
    cells[at + 1 : at + 1] = [
        code(text, tags=["experiment"], nbgrader={"grade": True, "solution": False, "grade_id": "q1"})
    ]


def scripted(cells: Cells) -> None:
    answer(cells, "q1")["source"] = (
        OLD
        + answer(cells, "q1")["source"].replace("def softmax", "def _core")
        + "\nimport torch\nsoftmax = torch.jit.trace\nsoftmax = lambda *args: _core(*args)\n"
    )


OWN = [
    raw_cell, markdown_cell, answer_above_the_stub, stub_below_with_another_docstring, star_import_later,
    result_under_the_function_name, an_older_attempt_above, tags_copied_along, scripted,
]  # fmt: skip


@pytest.mark.parametrize("change", OWN, ids=lambda change: change.__name__)
def test_the_students_last_own_binding_is_graded(graded: Callable, change: Callable) -> None:
    assert full(graded(change, "q1"), "q1")


def test_a_name_that_is_bound_again_is_reported_with_its_cell(graded: Callable) -> None:
    report = graded(result_under_the_function_name, "q1")
    assert [(cell.index, cell.message) for cell in report.cells] == [
        (7, "It binds `softmax` to something else after your answer; your answer was graded.")
    ]


def test_the_last_of_two_own_definitions_counts_as_in_jupyter(graded: Callable) -> None:
    report = graded(lambda cells: cells.insert(place(cells, "q1"), code(SHADOW)), "q1")
    assert report.question("q1").points == 0
    (message,) = [cell.message for cell in report.cells if cell.what == "bound again"]
    assert message.startswith("It defines `softmax` again, after cell 3;")


def at_the_end(source: str, use: str) -> Callable[[Cells], None]:
    """A cell below the checks, and a line of q1's answer that uses what that cell changes."""

    def change(cells: Cells) -> None:
        use_in_q1(cells, use)
        cells.append(code(source))

    return change


def helper_of_another_question(cells: Cells) -> None:
    """`mask` is one thing for q1 and another for q2, further down."""
    use_in_q1(cells, "assert mask(x) is x")
    answer(cells, "q1")["source"] += "\ndef mask(logits):\n    return logits\n"
    answer(cells, "q2")["source"] = (
        "def mask(logits, labels):\n    return None\n" + answer(cells, "q2")["source"]
    )
    swap(answer(cells, "q2"), "    of_the", "    assert mask(logits, labels) is None\n    of_the")


def value_under_a_check_in_capitals(cells: Cells) -> None:
    """Where file names have no case, otter finds the test of q1 for it."""
    before_q1("one = 1", use="x = x * one")(cells)
    at = place(cells, "q1")
    swap(cells[at], '"q1"', '"Q1"')
    cells.insert(at + 1, code("one = 2"))


LATER = {
    "a builtin": at_the_end("sum = 0\nfor k in range(3):\n    sum += k\nlen = 4; max = 3; min = 2; list = [1]", "assert sum(list((max(1, 2), min(1, 2)))) == 3"),
    "a module": at_the_end("F = 440.0  # Hz", "x = x + 0 * F.relu(x)"),
    "a helper": helper_of_another_question,
    "a value, under a check in capitals": value_under_a_check_in_capitals,
    "everything deleted": at_the_end("del torch, np, nn, F, softmax, cross_entropy\nimport gc; gc.collect()", "assert F.relu and nn.Linear and np.ones and torch.ones"),
    "everything reset": at_the_end("%reset -f", "assert F.relu and nn.Linear and np.ones and torch.ones"),
}  # fmt: skip


@pytest.mark.parametrize("name", LATER)
def test_an_answer_finds_what_it_used_when_it_was_checked(graded: Callable, name: str) -> None:
    assert full(graded(LATER[name], "q1", "q2"), "q1", "q2")


def set_up_last(cells: Cells) -> None:
    """The set-up cell was moved below the answers, after it had run."""
    answer(cells, "q1")["source"] += (
        "\n\nclass Same(nn.Module):\n    def forward(self, x):\n        return F.relu(x) - F.relu(-x)\n"
    )
    use_in_q1(cells, "x = Same()(x)")
    cells.append(cells.pop(0))


def bases_below(cells: Cells) -> None:
    before_q1("class Same(Base):\n    def forward(self, x):\n        return x", use="x = Same()(x)")(cells)
    cells += [code("class Base(Deeper): ..."), code("class Deeper(nn.Module): ...")]


def bases_of_the_answer_below(cells: Cells) -> None:
    """The answer is an object that is called."""
    source = answer(cells, "q1")["source"].replace("(logits)", "(self, logits)").replace("\n", "\n    ")
    answer(cells, "q1")["source"] = f"class Softmax(Base):\n    {source}\n\nsoftmax = Softmax().softmax\n"
    cells += [code("class Base(Deeper): ..."), code("class Deeper(nn.Module): ...")]


@pytest.mark.parametrize(
    "change", [set_up_last, bases_below, bases_of_the_answer_below], ids=lambda change: change.__name__
)
def test_names_from_a_cell_below_are_available_to_the_answers_above(
    graded: Callable, change: Callable
) -> None:
    assert full(graded(change, "q1", "q2"), "q1", "q2")


def helper_in_a_cell_that_plots(cells: Cells) -> None:
    plots = "import matplotlib.pyplot as plt\nplt.figure()\nplt.plot([1, 2, 3])\nplt.show()\n\n\ndef same(x):\n    return x.clone()\n"
    cells.insert(place(cells, "q1-solution"), code(plots, tags=["experiment"]))
    use_in_q1(cells, "x = same(x)")


def device_in_the_import_cell(cells: Cells) -> None:
    (cell,) = [cell for cell in cells if "import otter" in cell["source"]]
    cell["source"] += (
        '\ndevice = torch.device("cuda" if torch.cuda.is_available() else "cpu")\nprint(device)\n'
    )
    use_in_q1(cells, "x = x.to(device)")


@pytest.mark.parametrize(
    "change",
    [helper_in_a_cell_that_plots, device_in_the_import_cell],
    ids=lambda change: change.__name__,
)
def test_what_a_student_adds_to_any_cell_is_there(graded: Callable, change: Callable) -> None:
    assert full(graded(change, "q1"), "q1")
