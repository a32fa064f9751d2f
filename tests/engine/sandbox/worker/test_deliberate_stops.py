"""A deliberate stop in a notebook: what is below it is an old attempt, unless it is the only answer.

Every case is the solved notebook with one change.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import Cells, answer, code, full, place, swap

OLD = "def softmax(logits):\n    return logits\n"


def test_the_old_attempt_would_lose_points_without_a_stop(graded: Callable) -> None:
    assert graded(lambda cells: cells.append(code(OLD)), "q1").question("q1").points < 4


STOPS = {
    "an old attempt below a stop in the same cell": lambda cells: cells.insert(place(cells, "q1") + 1, code(f"raise SystemExit('old attempts')\n\n{OLD}")),
    "scratch cells below a stop": lambda cells: cells.extend([code("class StopExecution(Exception): ...\nraise StopExecution"), code(OLD)]),
    "old attempts below sys.exit": lambda cells: cells.extend([code("import sys\nsys.exit()"), code(OLD)]),
}  # fmt: skip


@pytest.mark.parametrize("name", STOPS)
def test_code_below_a_deliberate_stop_is_not_an_answer(graded: Callable, name: str) -> None:
    assert full(graded(STOPS[name], "q1"), "q1")


def test_work_that_continues_below_a_stop_is_graded_as_in_jupyter(graded: Callable) -> None:
    """A stop in the middle, with answers below it that are the only ones."""

    def change(cells: Cells) -> None:
        at = place(cells, "q2-solution")
        cells[at:at] = [code("SEED = 2\nraise KeyboardInterrupt"), code("SEED = 1")]
        swap(answer(cells, "q2"), "    of_the", "    assert SEED == 1\n    of_the")

    assert full(graded(change, "q1", "q2"), "q1", "q2")
