"""The meaning of common exceptions is explained in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gatelab.handed_out.checking.plain import DTYPES, INDICES, NO_GPU, TUPLE, meaning
from gatelab.handed_out.checking.terms import TERMS, Terms
from helpers.common_errors import MISTAKES, raised

LIST = "A list was used as if it were a tensor: `torch.stack(…)` makes one of a list of tensors, `torch.tensor(…)` of a list of numbers."
LACKS = "The call lacks something that the definition asks for. (CONTRACT.md says what the answers take.)"
MORE = (
    "The call passes more than the definition takes. (CONTRACT.md says what the answers take; a method's definition begins with "
    "`self`, a function's does not.)"
)
OTHER_NAME = (
    "The definition has no argument of that name. (CONTRACT.md says what the answers' arguments are called.)"
)
ONE = (
    "One number was needed (by `.item()`, `math`, `float()`, `int()` or `torch.tensor([…])`), and this tensor holds another number "
    "of them. torch has its own functions for tensors, and `torch.stack` makes one of a list of them."
)
PAIRS = "A layer of this lab returns two things."
OF_A_LAB = (("not tuple\\b|'tuple' object has no attribute", PAIRS), ("PackedSequence", "It is packed."))


@pytest.fixture
def lab_without_meanings() -> Iterator[None]:
    before = TERMS.set(Terms())
    yield
    TERMS.reset(before)


@pytest.fixture
def lab_with_meanings() -> Iterator[None]:
    before = TERMS.set(Terms(meanings=OF_A_LAB))
    yield
    TERMS.reset(before)


def meaning_of(about: str) -> str:
    error = raised(MISTAKES[about])
    return meaning(error["type"], error["message"])


@pytest.mark.usefixtures("lab_without_meanings")
@pytest.mark.parametrize(
    ("about", "means"),
    [
        ("cuda", NO_GPU), ("cuda, new", NO_GPU), ("mps", NO_GPU), ("dtype", DTYPES), ("dtype linear", DTYPES), ("dtype lstm", DTYPES),
        ("tuple has no", TUPLE), ("no attribute of tensor", ""), ("no attribute", ""), ("round", ""), ("linear of list", LIST), ("too many indices", ""),
        ("missing", LACKS), ("missing 2", LACKS), ("too many arguments", MORE), ("keyword 2", OTHER_NAME), ("cross entropy dtype", INDICES),
        ("item", ONE), ("int of tensor", ONE), ("list of tensor", ONE),
        ("tuple for tensor", TUPLE), ("packed", ""), ("lstm state", ""), ("matmul", ""), ("key", ""), ("zero", ""),
        ("import", "The lab is graded with the modules in its requirements.txt, and no others."),
        ("debugger", "A debugger was left in (`breakpoint()`, `set_trace()`): remove it."),
    ],
)  # fmt: skip
def test_its_meaning_is_explained_in_plain_words(about: str, means: str) -> None:
    assert meaning_of(about) == means


@pytest.mark.usefixtures("lab_with_meanings")
def test_a_labs_own_meanings_come_before_the_engines() -> None:
    assert [meaning_of(about) for about in ("tuple for tensor", "tuple has no", "packed")] == [
        PAIRS,
        PAIRS,
        "It is packed.",
    ]
    assert meaning_of("cuda") == NO_GPU and meaning_of("matmul") == ""


@pytest.mark.usefixtures("lab_without_meanings")
@pytest.mark.parametrize(
    ("type", "message"),
    [
        ("TypeError", "chunk(): argument 'dim' must be int, not tuple"),
        ("TypeError", "chunk(): argument 'chunks' (position 1) must be int, not str"),
        ("AttributeError", "'tuple' object has no attribute 'append'"),
        ("AttributeError", "'int' object has no attribute 'keys'"),
        ("AttributeError", "'list' object has no attribute 'push'"),
        ("EOFError", "Ran out of input"),
    ],
)
def test_nothing_is_said_about_an_error_that_only_looks_like_a_known_one(type: str, message: str) -> None:
    assert meaning(type, message) == ""


@pytest.mark.usefixtures("lab_without_meanings")
def test_whole_numbers_times_fractions_are_not_taken_for_indices() -> None:
    for message in ("expected scalar type Long but found Float", "expected scalar type Float but found Long"):
        assert meaning("RuntimeError", message) == DTYPES
