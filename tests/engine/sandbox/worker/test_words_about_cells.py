"""What is said of a cell or an answer that failed is true, and leads on.

Every case is the solved notebook with one change.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import PRE, Cells, answer, before_q1, swap

Change = Callable[[Cells], None]


def written(old: str, new: str) -> Change:
    return lambda cells: swap(answer(cells, "q1"), old, new)


def merged(cells: Cells) -> None:
    cell = answer(cells, "q1")
    cell["source"] = f"<<<<<<< HEAD\n{cell['source']}\n=======\n>>>>>>> theirs\n"


def nothing_returned(cells: Cells) -> None:
    answer(cells, "q1")["source"] = "def softmax(logits):\n    logits = logits * 1"


SAID: dict[str, tuple[Change, list[str]]] = {
    "the cell that failed is named": (written("):", ")"), ["`softmax` is not defined in the notebook. Cell ", "SyntaxError"]),
    "marks of a merge": (merged, ["marks of a merge conflict", "keep one"]),
    "an indentation error has its line": (written(f"    {PRE}", f"      {PRE}"), ["line 3", "shifted ="]),
    "torch's own NotImplementedError is no stub": (before_q1(use="torch.ones(2, dtype=torch.long).sigmoid_(); nn.Module()(x)"), ["Your code raised"]),
    "nothing returned": (nothing_returned, ["None (is a `return` missing?)"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_words_about_a_cell_are_true_and_lead_on(graded: Callable, name: str) -> None:
    change, words = SAID[name]
    message = graded(change, "q1").question("q1").parts[0].student_text
    assert all(word in message for word in words), message
    assert "Not written yet" not in message and "<tokenize>" not in message


PLAIN = {
    "half precision": ("x = x.half() @ torch.eye(x.shape[1], dtype=x.dtype)", "Tensors of two dtypes were combined"),
    "a cast": ("x = x.float() @ torch.eye(x.shape[1], dtype=x.dtype)", "`.float()`"),
    "a graph that was cut": ("x.data.sum().backward()", "cut the graph?"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_common_errors_are_explained_in_true_words(graded: Callable, name: str) -> None:
    line, words = PLAIN[name]
    said = graded(before_q1(use=line), "q1").question("q1").parts[0].student_text
    assert words in said, said
    assert "float32 and float64" not in said
