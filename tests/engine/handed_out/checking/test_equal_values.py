"""One function compares values for four purposes, which differ only in the tolerance."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch

from gatelab.handed_out.checking.equal import AGAIN, ASKED, DRAWN, EXACT, REPLAYED, alike

T, A, NAN = torch.tensor, np.array, math.nan
MEASURES = {"exact": EXACT, "asked": ASKED, "again": AGAIN, "replayed": REPLAYED, "drawn": DRAWN}
ONE = T([1.0], dtype=torch.float64)
# Two values, and the uses in which they are equal.
PAIRS: list[tuple[Any, Any, str]] = [
    (ONE, ONE + 1e-5, "again drawn"),
    (ONE, ONE + 1e-8, "again replayed drawn"),
    (ONE, ONE.float(), "asked"),
    (ONE, ONE[None], ""),
    (ONE, T([1]), ""),
    (T([1]), T([1], dtype=torch.int32), "asked"),
    (T([100_000]), T([100_001]), "drawn"),
    (T([True]), T([False]), "drawn"),
    (T([True]), T([1]), ""),
    (T([NAN, math.inf]), T([NAN, math.inf]), "exact asked again replayed drawn"),
    (T([math.inf]), T([5.0]), "drawn"),
    (T([1.0]), T([1.0]).requires_grad_(), "exact asked again replayed drawn"),
    (T([0.1], dtype=torch.float16), T([0.1001], dtype=torch.float16), "drawn"),
    (A([1.0]), A([1.0 + 1e-5]), "again drawn"),
    (A([1.0]), A([1.0], dtype=np.float32), "asked"),
    (A([1], dtype=np.uint8), A([1]), "asked"),
    (A([NAN]), A([NAN]), "exact asked again replayed drawn"),
    (A(["a"]), A(["b"]), "drawn"),
    (A([None, 2.0]), A([None, 2.0]), "exact asked again replayed drawn"),
    (A([1.0]), T([1.0]), ""),
    (A([1.0]), [1.0], ""),
    (ONE, 1.0, ""),
    ([1, 2], (1, 2), "again"),
    ([1, 2], [1, 2, 3], ""),
    ({"a": 1}, {"b": 1}, ""),
    ({"a": [ONE]}, {"a": [ONE + 1e-8]}, "again replayed drawn"),
    (1, 1.0, "asked again"),
    (1.0, 1.0 + 1e-5, "again"),
    (1.0, 1.0 + 5e-7, "again replayed drawn"),
    (NAN, NAN, "exact asked again replayed drawn"),
    (math.inf, 5.0, ""),
    (math.inf, math.inf, "exact asked again replayed drawn"),
    ("a", "b", ""),
    (None, 0, ""),
    (len, print, "again"),
    (1j, 2j, ""),
]  # fmt: skip


@pytest.mark.parametrize(("pair", "use"), [*itertools.product(range(len(PAIRS)), MEASURES)])
def test_only_allowed_differences_count_as_equal(pair: int, use: str) -> None:
    a, b, where = PAIRS[pair]
    for x, y in ((a, b), (b, a), ([a], [b]), ({"x": (a, 1)}, {"x": (b, 1)})):
        assert alike(x, y, MEASURES[use]) == (use in where.split()), (x, y)


@pytest.mark.parametrize("value", [pair[0] for pair in PAIRS], ids=repr)
def test_a_value_is_equal_to_itself_in_every_use(value: Any) -> None:
    assert all(alike(value, value, by) for by in MEASURES.values())
