"""What common exceptions mean is said in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from common_errors import MISTAKES, raised

from gatelab.handed_out.checking.plain import DTYPES, NO_GPU, TUPLE, meaning
from gatelab.handed_out.checking.terms import TERMS, Terms

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
