"""What is said of a slip in a layer, or of what it leaves behind, is true: the solved notebook with one change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import Cells, answer, swap

pytestmark = pytest.mark.one_in(3, at=2)


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


def test_adding_to_an_existing_gradient_is_reported(graded: Callable) -> None:
    """The norms are right wherever x has no .grad before: that they are not right yet would be false."""
    added = "def gradient_norms(layer, x):\n    x.requires_grad_(True)\n    layer(x)[0][:, -1].sum().backward()\n    return x.grad.norm(dim=(0, 2))\n"

    def change(cells: Cells) -> None:
        answer(cells, "q4")["source"] += "\n" + added

    (left,) = [p for p in graded(change, "q4").question("q4").parts if not p.passed]
    first, _, then = left.student_text.partition(" When x and the weights already have a .grad")
    assert first.startswith("After a call of `gradient_norms`, a `.grad` is no longer what it was") and then
