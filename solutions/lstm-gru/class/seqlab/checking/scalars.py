"""A number that numpy made is the number: so an answer is read, in a check and on its way out of a worker."""

from __future__ import annotations

from typing import Any

import numpy as np

REAL = "biuf"  # numpy's letters for bools, whole numbers and floats


def is_scalar(value: Any) -> bool:
    """Whether it is a single value of numpy's, or an array without axes."""
    return isinstance(value, np.generic) or (type(value) is np.ndarray and value.shape == ())


def without_numpy(scalar: Any) -> Any:
    """Python's own value for it."""
    found = scalar.item()
    return float(found) if isinstance(found, np.floating) else found  # a long double's item is itself
