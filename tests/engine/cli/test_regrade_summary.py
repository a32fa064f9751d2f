"""A regrade lists the changes for a submission below its name, whatever the name is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gatelab.classrun.regrade import Difference, sentence
from gatelab.cli.regrade_summary import summary


@pytest.mark.parametrize("name", ["ada", " ada", "ada q1: 3"])
@pytest.mark.parametrize(("question", "said"), [("q1", "    q1: 3 → 4 (why)"), ("", "    3 → 4 (why)")])
def test_a_name_is_printed_once(name: str, question: str, said: str) -> None:
    found = Difference(name, question, 3, 4, "why")
    run = SimpleNamespace(submissions=[SimpleNamespace(name=name)])
    again = SimpleNamespace(run=run, new={name: None}, totals=lambda submission: (3, 4))
    lines = summary(again, [found])  # type: ignore[arg-type]
    assert lines[:2] == [f"{name}: total 3 → 4", said]


def test_the_average_is_of_those_whose_points_move() -> None:
    found = [
        Difference("ada", "q1", 3, 4, "why"),
        Difference("bob", "q1", 3, 3, "another message"),
        Difference("cleo", "q2", 3, 3, "another message"),
    ]
    names = ("ada", "bob", "cleo")
    run = SimpleNamespace(submissions=[SimpleNamespace(name=name) for name in names])
    again = SimpleNamespace(run=run, new=dict.fromkeys(names), totals=lambda submission: (3, 3))
    lines = summary(again, found)  # type: ignore[arg-type]
    assert lines[-1] == "q1: 1 up, 0 down, +1 points on average of those."


def test_a_line_of_its_own_names_all() -> None:
    assert sentence(Difference("ada", "q1", 3, None, "why")) == "ada q1: 3 → no grade (why)"
    assert sentence(Difference("ada", "", 3, 4, "why")) == "ada: 3 → 4 (why)"
