"""What common exceptions mean is said in plain words."""

from __future__ import annotations

import pytest
from common_errors import MISTAKES, raised

from gatelab.handed_out.checking.plain import DTYPES, NO_GPU, PACKED, TUPLE, meaning


@pytest.mark.parametrize(
    ("about", "means"),
    [
        ("packed", PACKED), ("packed, method", PACKED), ("cuda", NO_GPU), ("cuda, new", NO_GPU), ("mps", NO_GPU),
        ("dtype", DTYPES), ("dtype linear", DTYPES), ("dtype lstm", DTYPES), ("tuple for tensor", TUPLE),
        ("tuple has no", TUPLE), ("matmul", ""), ("key", ""), ("zero", ""),
        ("import", "The lab is graded with the modules in its requirements.txt, and no others."),
        ("debugger", "A debugger was left in (`breakpoint()`, `set_trace()`): remove it."),
    ],
)  # fmt: skip
def test_its_meaning_is_explained_in_plain_words(about: str, means: str) -> None:
    error = raised(MISTAKES[about])
    assert meaning(error["type"], error["message"]) == means, error
