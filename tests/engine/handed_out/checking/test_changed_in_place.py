"""A change of an argument in place is reported, whatever the argument is, and the next call gets the argument unchanged."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from gatelab.handed_out.checking.calling import Student
from gatelab.handed_out.checking.differ import Finding, is_number, untouched

Answer = Callable[[Any], object]


def numbers() -> Any:
    return [3.0, 1.0, float("nan")]


def array() -> Any:
    return np.array(numbers())


def rows() -> Any:
    return [[2, 1], array(), torch.tensor([1.0])]


CHANGED: dict[str, tuple[Any, Answer, str]] = {
    "a sorted list": (numbers(), lambda x: x.sort(), "changed its argument x in place; make a new list"),
    "an item": (numbers(), lambda x: x.__setitem__(0, 4.0), "changed its argument x in place; make a new list"),
    "a longer list": (numbers(), lambda x: x.append(1.0), "changed its argument x in place; make a new list"),
    "a list in a list": (rows(), lambda x: x[0].sort(), "changed its argument x[0] in place; make a new list"),
    "a list for a list": (rows(), lambda x: x.__setitem__(0, 1), "changed its argument x in place; make a new list"),
    "an array in a list": (rows(), lambda x: x[1].sort(), "changed its argument x[1] in place; make a new array"),
    "a tensor in a list": (rows(), lambda x: x[2].zero_(), "changed its argument x[2] in place; make a new tensor"),
    "another tensor": (rows(), lambda x: x.__setitem__(2, torch.zeros(1)), "changed its argument x[2] in place; make a new tensor"),
    "an array": (array(), lambda x: x.sort(), "changed its argument x in place; make a new array"),
    "an array's shape": (array(), lambda x: setattr(x, "shape", (3, 1)), "changed its argument x in place; make a new array"),
    "an array of objects": (np.array([[1], "a"], dtype=object), lambda x: x.fill(0), "changed its argument x in place; make a new array"),
    "a key": ({"a": 1}, lambda x: x.update(a=2), "changed its argument x in place; make a new dict"),
    "another key": ({"a": 1}, lambda x: x.pop("a"), "changed its argument x in place; make a new dict"),
    "a list in a dict": ({1: [2, 1]}, lambda x: x[1].sort(), "changed its argument x[1] in place; make a new list"),
    "a tensor": (torch.tensor([2.0, 1.0]), lambda x: x.zero_(), "changed its argument x in place; make a new tensor"),
}  # fmt: skip
KEPT: list[Any] = [
    numbers(), array(), rows(), {"a": [1.0, None, "text"]}, OrderedDict(a={"b": OrderedDict(c=1)}), defaultdict(list, a=[1]),
    (1, torch.nn.Parameter(torch.ones(2))), [torch.nn.Parameter(torch.ones(2))], np.array([[1], "a"], dtype=object), object(), [object()],
    [], np.array([]), {}, torch.Size([1, 2]),
]  # fmt: skip


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("case", CHANGED)
def test_a_change_in_place_is_reported_and_undone_for_the_next_call(case: str, named: bool) -> None:
    value, change, said = CHANGED[case]
    if named and "tensor" in case:
        pytest.skip("a tensor that is passed by name is the check's own")
    seen: list[str] = []

    def answer(x: Any) -> None:
        seen.append(repr(x))
        change(x)

    student = Student({"answer": answer})
    for _ in range(2):
        call = student.call("answer", x=value) if named else student.call("answer", value, names="x")
        with pytest.raises(Finding) as caught:
            untouched(call)
        assert said in str(caught.value) and "in place; make a new" in str(caught.value)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("value", KEPT, ids=lambda value: type(value).__name__)
def test_what_is_only_read_is_not_called_changed(value: Any) -> None:
    student = Student({"answer": lambda x, also: (type(x), list(x) if isinstance(x, list) else x)})
    call = student.call("answer", value, also=value)
    untouched(call)


def test_a_subclass_of_dict_stays_one() -> None:
    student = Student({"answer": lambda counts, also: (counts["none"], also["none"])})
    held = defaultdict(int, a=1)
    assert student.call("answer", dict(held), also=held).error is not None
    assert student.call("answer", held, also=held).value == (0, 0) and held == {"a": 1}


def test_a_wrong_number_after_requires_grad_was_switched_on_is_explained_by_it() -> None:
    """The number is wrong because the call changed what it counts."""

    def count(layer: torch.nn.Module) -> int:
        return sum(p.requires_grad_().numel() for p in layer.parameters() if p.is_leaf)

    frozen = torch.nn.Linear(3, 4)
    frozen.weight.requires_grad_(False)
    call = Student({"count": count}).call("count", frozen)
    with pytest.raises(
        Finding, match="`requires_grad` of a tensor that was passed in, or of a model's weight"
    ):
        is_number(call, int, 4)
