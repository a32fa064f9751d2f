"""Results from numpy are compared by their numbers; its scalars count as plain numbers, as in the hidden suites."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gatelab.handed_out.checking.calling import Student
from gatelab.handed_out.checking.differ import Finding, is_number
from gatelab.handed_out.checking.fingerprint import Print, fingerprint, not_compared, same, wrong_in
from gatelab.handed_out.checking.record import Call


def returning(value: Any) -> Call:
    """The call of an answer that returns this."""
    return Student({"answer": lambda: value}).call("answer")


def stored(value: Any) -> Print:
    return fingerprint(returning(value))


@pytest.mark.parametrize(
    ("scalar", "number"),
    [
        (np.float64(2.5), 2.5),
        (np.float32(2.5), 2.5),
        (np.longdouble(2.5), 2.5),
        (np.int64(3), 3),
        (np.uint8(3), 3),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_numpy_scalar_counts_as_the_plain_number(scalar: Any, number: Any) -> None:
    """Whichever of the two the right answer returned, also inside a tuple, a list or a dict."""
    for shown in (lambda one: one, lambda one: (one, [one]), lambda one: {"mean": one}):
        assert same(stored(shown(scalar)), stored(shown(number)))
        assert not same(stored(shown(scalar + 1 if number is not True else np.False_)), stored(shown(number)))


def test_a_numpy_scalar_is_a_python_number_to_a_check() -> None:
    is_number(returning(np.float32(2.5)), float, 2.5)
    is_number(returning(np.int64(3)), int, 3)
    with pytest.raises(Finding, match="should be a whole number"):
        is_number(returning(np.bool_(True)), int)


def test_stored_fingerprints_of_plain_values_and_tensors_do_not_change() -> None:
    """Otherwise the files of existing labs would be outdated."""
    kept = [
        (2.5, ["0f8af21a", 2.5]),
        (3, ["b80b5f46", 3.0]),
        (True, ["76f40ba8", 1.0]),
        (None, ["fcd792cb", 0.0]),
        ("text", ["18fe9afd", 0.0]),
        (torch.tensor([1.0, 2.0], dtype=torch.float64), ["944dbfde", -0.4263366056280201]),
    ]
    assert all(same(stored(value), [*print, 0.0]) for value, print in kept)


RIGHT = np.array([1.0, 3.0, 5.0, 4 / 3])


def test_the_numbers_of_an_array_are_compared() -> None:
    """So are its shape and its kind of numbers; how many bytes a whole number has depends on the machine."""
    assert same(stored(RIGHT + 1e-13), stored(RIGHT))
    for wrong in (np.array([-99.0, 0, 0, 3]), RIGHT[:, None], RIGHT[::-1], np.array([1.0, 3.0, 5.0, np.nan])):
        assert not same(stored(wrong), stored(RIGHT))
    counts = np.array([3, 1, 2])
    assert same(stored(counts.astype(np.int32)), stored(counts)) and same(
        stored(counts[::-1][::-1]), stored(counts)
    )
    assert not same(stored(counts.astype(float)), stored(counts)) and not same(
        stored(counts > 1), stored(counts)
    )
    assert not same(stored({"mean": RIGHT + 1}), stored({"mean": RIGHT}))


@pytest.mark.parametrize(
    ("value", "right", "said"),
    [
        (torch.from_numpy(RIGHT), RIGHT, "a numpy array"),
        (RIGHT.tolist(), RIGHT, "a numpy array"),
        (RIGHT, torch.from_numpy(RIGHT), "a tensor"),
        (RIGHT, RIGHT.tolist(), "a list"),
        (torch.from_numpy(RIGHT), RIGHT.tolist(), "a list"),
        (torch.from_numpy(RIGHT) + 1, RIGHT, "values"),
        (RIGHT.astype(np.float32), RIGHT, "an array of float64"),
        (np.array([1, 3]), np.array([1.0, 3.0]), "an array of float64"),
        (RIGHT + 1, RIGHT, "values"),
        ([[1.0], [2.0, 3.0]], RIGHT, "values"),
        ([], RIGHT, "values"),
        (np.array(["a"]), RIGHT, "values"),
        (None, RIGHT, "values"),
        (RIGHT, RIGHT, ""),
    ],
    ids=str,
)
def test_right_numbers_in_another_type_are_reported_as_such(value: Any, right: Any, said: str) -> None:
    call = returning(value)
    assert wrong_in({"right": {"answer": [stored(right)]}}, [call], call) == said


def test_what_cannot_be_compared_is_named() -> None:
    held = (RIGHT, torch.zeros(2), 1, None, "text", {"of": object()}, np.array(["a"]), 1j)
    assert not_compared(returning(held)) == ["object", "ndarray", "complex"]
