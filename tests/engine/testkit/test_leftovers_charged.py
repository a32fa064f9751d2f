"""Which part is lost by a call that leaves something changed."""

from __future__ import annotations

from gatelab.testkit.leftovers import costs


def test_the_smallest_part_is_charged() -> None:
    points = {"a": 2.0, "b": 1.0, "c": 1.0, "d": 0.5}
    assert costs(["a", "b", "c"], points) == "c"
    assert costs(["a"], points) == "a"
    assert costs([], points) is None
