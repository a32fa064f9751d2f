"""Right work in notebooks of unusual habits has all its points: what of this lab's answers is bound again, called or filled in.

Every case is the solved notebook with one change. (Habits that need nothing of this lab: tests/engine/sandbox/worker/.)
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import Cells, answer, code, full, place, swap

pytestmark = pytest.mark.one_in(3, at=2)


def partial_class(cells: Cells) -> None:
    answer(cells, "q3")["source"] += "\nimport functools\nLSTM = functools.partial(LSTM)\n"


def instance_under_the_class_name(cells: Cells) -> None:
    cells.append(code("LSTM = LSTM(16, 32)\nGRU = GRU(4, 5)"))


def star_import_later(cells: Cells) -> None:
    cells.append(code("from torch.nn import *"))


def answers_anew(cells: Cells) -> None:
    at = place(cells, "q12-solution")
    cells.insert(at + 1, code("from collections import OrderedDict\nanswers = OrderedDict(answers)"))


def answers_emptied(cells: Cells) -> None:
    cells.append(code("answers = {}"))


def answers_that_a_function_fills_in(cells: Cells) -> None:
    """The name is bound where no statement of a cell's top level binds it."""
    answer(cells, "q12")["source"] += (
        "\nRIGHT = answers\nanswers = dict.fromkeys(RIGHT)\n"
        "def fill():\n    global answers\n    answers = dict(RIGHT)\nfill()\n"
    )


def compared_where_it_is_defined(cells: Cells) -> None:
    check = (
        "def verified(function):\n    args = [torch.ones(1, 1)] * 3 + [torch.ones(4, 1)] * 2 + [torch.zeros(4)] * 2\n"
        "    cell = nn.LSTMCell(1, 1)\n    cell(torch.ones(1, 1))\n    function(*args)\n    return function\n\n@verified\n"
    )
    answer(cells, "q1")["source"] = check + answer(cells, "q1")["source"]


@pytest.mark.parametrize(
    ("change", "question"),
    [
        (partial_class, "q3"), (instance_under_the_class_name, "q3"), (star_import_later, "q3"), (answers_anew, "q12"),
        (answers_emptied, "q12"), (answers_that_a_function_fills_in, "q12"), (compared_where_it_is_defined, "q1"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)  # fmt: skip
def test_the_last_own_binding_is_the_answer(graded: Callable, change: Callable, question: str) -> None:
    assert full(graded(change, question), question)


def test_an_own_step_may_take_more_than_the_contract_asks(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        swap(
            answer(cells, "q8"),
            "def step(self, token, state):",
            "def step(self, token, state, temperature=1.0):",
        )
        swap(answer(cells, "q10"), "model.step(token, state)", "model.step(token, state, temperature=1.0)")

    assert full(graded(change, "q8", "q9", "q10"), "q8", "q10")


def test_a_name_that_failed_is_not_what_an_experiment_further_down_calls_so(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        cells.insert(place(cells, "q1-solution"), code("writer = 1 / 0"))
        swap(answer(cells, "q1"), "pre = ", "writer.add(x)\n    pre = ")

    message = graded(change, "q1").question("q1").parts[0].student_text
    assert "NameError: name 'writer' is not defined" in message, message
