"""The world of the grader is the notebook's: what this lab's notebook and its experiments define is there for an answer.

Each case is the solved notebook with a change that is right in Jupyter; it must earn what the solved notebook earns. (What any lab's
notebook may hold, from magics to files: tests/engine/sandbox/worker/.)
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from solved_notebook import containing

from helpers.solved_notebook import Cells, answer, code, full, place, swap

pytestmark = pytest.mark.one_in(3, at=2)


def uses_deepcopy(cells: Cells) -> None:
    swap(
        answer(cells, "q4"),
        "def gradient_norms(layer, x):",
        "def gradient_norms(layer, x):\n    layer = copy.deepcopy(layer)",
    )


def uses_models_and_tqdm(cells: Cells) -> None:
    cell = answer(cells, "q5")
    cell["source"] = (
        "def count_parameters(module):\n"
        "    return sum(p.numel() for p in tqdm(list(module.parameters())) if p.requires_grad)\n\n\n"
        "def matched_hidden_size(target_params, input_size):\n"
        "    size = lambda width: count_parameters(models.rnn(input_size, width))\n"
        "    width = 1\n    while size(width + 1) <= target_params:\n        width += 1\n"
        "    return min(width, width + 1, key=lambda w: (abs(size(w) - target_params), w))\n"
    )


def helper_typed_into_a_picture_cell(cells: Cells) -> None:
    cell = containing(cells, "diagrams.lstm_cell(")
    cell["source"] += "\n\n\ndef squash(v):\n    return 1 / (1 + torch.exp(-v))\n"
    source = answer(cells, "q1")["source"]
    assert "torch.sigmoid" in source
    answer(cells, "q1")["source"] = source.replace("torch.sigmoid", "squash")


def name_of_an_experiment(cells: Cells) -> None:
    """`lstm_size`, which the experiment of Part 2 counts, in a later answer."""
    swap(
        answer(cells, "q6"),
        "def last_valid(outputs, lengths):",
        "def last_valid(outputs, lengths):\n    assert lstm_size > 0",
    )


def name_made_of_an_experiments_result(cells: Cells) -> None:
    k = place(cells, "q6-solution")
    cells.insert(
        k,
        code(
            "twice = {name: 2 * size for name, size in contestants.items()} if isinstance(contestants, dict) else 2\nROWS = len(contestants)"
        ),
    )
    swap(
        answer(cells, "q6"),
        "def last_valid(outputs, lengths):",
        "def last_valid(outputs, lengths):\n    assert ROWS > 0 and twice",
    )


def name_of_an_experiment_for_a_helper(cells: Cells) -> None:
    """`width`, which the contest of Part 2 counts with, is a helper here."""
    answer(cells, "q5")["source"] += "\ndef width(d, h):\n    return h * (d + h + 2)\n"
    swap(
        answer(cells, "q5"),
        "def count_parameters(module):",
        "def count_parameters(module):\n    assert width(1, 1) == 4",
    )


@pytest.mark.parametrize(
    ("change", "question"),
    [
        (uses_deepcopy, "q4"), (uses_models_and_tqdm, "q5"), (helper_typed_into_a_picture_cell, "q1"),
        (name_of_an_experiment, "q6"), (name_of_an_experiment_for_a_helper, "q5"), (name_made_of_an_experiments_result, "q6"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)  # fmt: skip
def test_what_the_notebook_defines_is_there(graded: Callable, change: Callable, question: str) -> None:
    assert full(graded(change, question), question)


def test_a_notebook_that_runs_through_gets_no_remark_on_its_cells(graded: Callable) -> None:
    """An experiment that was put off fills a dict, and a plain line of the same cell reads what is in it."""
    report = graded(lambda cells: None, "q1", "q4")
    assert report.cells == []
    assert full(report, "q1", "q4")


@pytest.mark.parametrize(
    "line",
    [
        "first = a_step['RNN', 200]",
        "print(a_step['GRU', 20])",
        "both = {**a_step}\nlowest = min(both.values())",
        "for name in fresh:\n    assert a_step[name, 20] < 1",
    ],
)
def test_a_line_of_the_students_waits_for_what_an_experiment_fills(graded: Callable, line: str) -> None:
    report = graded(lambda cells: cells.insert(place(cells, "q5-solution"), code(line)), "q4", "q5")
    assert report.cells == []
    assert full(report, "q4", "q5")


def test_an_answer_can_use_what_an_experiment_fills(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        swap(
            answer(cells, "q5"),
            "def count_parameters(module):",
            "def count_parameters(module):\n    assert a_step['RNN', 20] < 1",
        )

    assert full(graded(change, "q5"), "q5")


def test_layers_in_a_module_call_the_step_next_to_them(graded: Callable) -> None:
    """Another step that is put into the notebook is put there, too."""

    def change(cells: Cells) -> None:
        answer(cells, "q3")["source"] = (
            "%%writefile layers.py\nimport math\nimport torch\nfrom torch import nn\nfrom __main__ import lstm_step, gru_step\n\n"
            + answer(cells, "q3")["source"]
        )
        cells.insert(place(cells, "q3"), code("from layers import *"))

    assert full(graded(change, "q3"), "q3")
