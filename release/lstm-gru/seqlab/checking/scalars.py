# Written by gatelab build from autograder/gatelab/handed_out/checking/scalars.py; change it there.
"""Treats numpy's scalars as plain numbers, both in a check and in an answer that leaves a worker."""

from __future__ import annotations

from typing import Any

import numpy as np

REAL = "biuf"  # numpy's letters for bools, whole numbers and floats


def is_scalar(value: Any) -> bool:
    """Whether it is a numpy scalar or an array without axes."""
    return isinstance(value, np.generic) or (type(value) is np.ndarray and value.shape == ())


def without_numpy(scalar: Any) -> Any:
    """The scalar as a value of Python's own types."""
    found = scalar.item()
    return (
        float(found) if isinstance(found, np.floating) else found
    )  # `item` of a long double returns a long double
