"""Right work in notebooks of further habits has all its points, and a slip in them its true words: what needs this lab's layers.

Every case is the solved notebook with one change, as in test_odd_notebooks.py. (Loops, f-strings and magics of one's own need no lab of
layers: tests/engine/sandbox/worker/test_habits_of_cells.py.)
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from solved_notebook import Cells, answer, code, containing, full, place, swap

pytestmark = pytest.mark.one_in(3, at=2)

PRE = "pre = "
OLD = "def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):\n    return h, c, {}\n"


def before_q1(*sources: str, use: str) -> Callable[[Cells], None]:
    """Cells in front of q1's answer, and a line in the answer that uses what they give."""

    def change(cells: Cells) -> None:
        at = place(cells, "q1-solution")
        cells[at:at] = [code(source) for source in sources]
        swap(answer(cells, "q1"), PRE, f"{use}\n    {PRE}")

    return change


def set_up_last(cells: Cells) -> None:
    """The import cell was moved below the answers, after it had run."""
    cells.append(cells.pop(cells.index(containing(cells, "import math\n\nimport numpy"))))


def bases_below(cells: Cells) -> None:
    swap(answer(cells, "q3"), "class LSTM(nn.Module)", "class LSTM(Base)")
    cells += [code("class Base(Deeper): ..."), code("class Deeper(nn.Module): ...")]


@pytest.mark.parametrize("change", [set_up_last, bases_below], ids=lambda change: change.__name__)
def test_names_from_a_cell_below_are_available_to_the_answers_above(
    graded: Callable, change: Callable
) -> None:
    assert full(graded(change, "q3"), "q3")


def test_a_stub_below_the_answer_is_a_stub_even_with_another_docstring(graded: Callable) -> None:
    stub = OLD.replace("    return", '    """Mine."""\n    raise NotImplementedError("q1")\n    return')
    report = graded(lambda cells: cells.insert(place(cells, "q1"), code(stub)), "q1")
    assert full(report, "q1")


def test_an_attribute_that_only_the_students_class_has_is_not_called_another_mistake(
    graded: Callable,
) -> None:
    """Every call fails with an AttributeError, as for anyone who packs the source; the error is about another object."""

    def change(cells: Cells) -> None:
        swap(
            answer(cells, "q8"),
            "def encode(self, source, source_lengths):\n",
            "def encode(self, source, source_lengths):\n        self.encoder.width\n",
        )

    question = graded(change, "q8").question("q8")
    assert (question.mistakes, question.note) == ([], "")
    assert any("'LSTM' object has no attribute 'width'" in part.student_text for part in question.parts)


def test_what_a_layer_returns_is_not_cut_before_it_is_shown(graded: Callable) -> None:
    """Outputs without the state: no part calls the first sequence of the batch the outputs."""

    def change(cells: Cells) -> None:
        swap(answer(cells, "q3"), "outputs, (h, c)", "outputs")

    parts = [part for part in graded(change, "q3").question("q3").parts if not part.passed]
    assert "lstm-state-dict" in [part.name for part in parts]
    assert all("should return two things: outputs and the state" in part.student_text for part in parts)


PLAIN = {
    "half precision": ("x = x.half()", "Tensors of two dtypes were combined"),
    "a cast": ("h = h.float()", "`.float()`"),
    "a graph that was cut": ("h.data.sum().backward()", "cut the graph?"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_common_errors_are_explained_in_true_words(graded: Callable, name: str) -> None:
    line, words = PLAIN[name]
    said = graded(before_q1(use=line), "q1").question("q1").parts[0].student_text
    assert words in said, said
    assert "float32 and float64" not in said


def test_adding_to_an_existing_gradient_is_reported(graded: Callable) -> None:
    """The norms are right wherever x has no .grad before: that they are not right yet would be false."""
    added = "def gradient_norms(layer, x):\n    x.requires_grad_(True)\n    layer(x)[0][:, -1].sum().backward()\n    return x.grad.norm(dim=(0, 2))\n"

    def change(cells: Cells) -> None:
        answer(cells, "q4")["source"] += "\n" + added

    (left,) = [p for p in graded(change, "q4").question("q4").parts if not p.passed]
    first, _, then = left.student_text.partition(" When x and the weights already have a .grad")
    assert first.startswith("After a call of `gradient_norms`, a `.grad` is no longer what it was") and then
