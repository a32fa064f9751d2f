"""Whether two answers are equal, and the messages for equal calls that do not give equal answers.

It imports nothing but numpy and torch: the text of this file is also run in a worker (testkit/steady.py).
"""

from __future__ import annotations

import numpy as np
import torch

RANDOM = (
    "{who}, called again with the same arguments, gives a different answer: something in it is drawn at random (a dropout "
    "that is left on? `rand`?). Here the answer must follow from the arguments and weights alone."
)
KEPT = (
    "{who}, called again with the same arguments and the same random numbers, gives a different answer. What does it keep "
    "from one call to the next (a global variable, an attribute, a tensor that is changed in place)?"
)


def alike(a: object, b: object) -> bool:
    """Equal up to rounding in float32, through tuples, lists, dicts and arrays; of other values only the types are compared."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        wide = torch.complex128 if a.is_complex() else torch.float64
        return torch.allclose(a.detach().to(wide), b.detach().to(wide), 1e-4, 1e-6, equal_nan=True)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.dtype.kind in "biufc":
            return bool(np.allclose(a, b, 1e-4, 1e-6, equal_nan=True))
        return all(map(alike, a.ravel().tolist(), b.ravel().tolist()))
    if isinstance(a, np.generic) and isinstance(b, np.generic) and a.dtype == b.dtype:
        return alike(np.asarray(a), np.asarray(b))
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, (float, complex)) and isinstance(b, (float, complex)):
        return a == b or abs(a - b) <= 1e-6 + 1e-4 * abs(a) or (a != a and b != b)
    return a == b if isinstance(a, (bool, int, str, type(None))) else type(a) is type(b)
