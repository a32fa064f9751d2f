"""Assertions for hidden suites. Each reports the first thing that is wrong, in the student's terms.

The findings and their order are those of handed_out/checking (tensors.py, findings.py), which the public checks use too. A
message never contains more than a few numbers: for a tensor one of the student's, for a single number the student's and ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from gatelab.handed_out.checking.equal import ASKED, alike
from gatelab.handed_out.checking.findings import changed, gradients, of_other_kind, plain_number
from gatelab.handed_out.checking.grammar import verb, with_article
from gatelab.handed_out.checking.in_place import changed_in
from gatelab.handed_out.checking.scalars import REAL
from gatelab.handed_out.checking.tensors import ATOL, Tolerance, difference, tolerance_of
from gatelab.testkit.failed import LeftChanged
from gatelab.testkit.student import kind
from gatelab.text import brief


def kept(condition: bool, message: str) -> None:
    """Like `needs`, for values that a call must not change."""
    if not condition:
        raise LeftChanged(message)


def needs(condition: bool, message: str) -> None:
    """Fail with `message`, which is for the student, unless `condition` holds."""
    if not condition:
        raise AssertionError(message)


def same(got: Any, want: Any, name: str) -> None:
    """Assert that plain values, tensors and arrays are equal; a bool is not a number, a whole float is not an int."""
    got, want = (
        one.item() if isinstance(one, torch.Tensor) and one.ndim == 0 else one for one in (got, want)
    )
    if isinstance(want, int) and not isinstance(want, bool):
        _fail_if(plain_number(got, int, name, kind(got)))
    if isinstance(want, bool) and not isinstance(got, bool):
        needs(False, f"{name} should be True or False, but it is {kind(got)}.")
    if isinstance(want, np.ndarray):
        _fail_if(of_other_kind(got, np.ndarray, name, kind(got)))
    elif isinstance(got, np.ndarray):
        needs(False, f"{name} should be {with_article(type(want).__name__)}, but it is {kind(got)}.")
    needs(
        alike(got, want, ASKED),
        f"{name} {verb(name, 'is')} {brief(' '.join(repr(got).split()))}, which is not right.",
    )


def close(
    got: Any,
    want: torch.Tensor | np.ndarray[Any, Any],
    name: str,
    axes: str,
    rtol: float | None = None,
    atol: float | None = None,
    dtype: Any = None,
    later: Callable[[int], str] | None = None,
) -> None:
    """Assert that a tensor has the shape, the dtype (if given) and the numbers of `want`; an array, if `want` is one.

    Args:
        axes: letters of the dimensions, for example "R C"; the lab's policy says what messages call them.
        rtol, atol: by default those of `dtype`, or of the dtype of `want` if none is given, as in the public checks.
        later: called with the step if the numbers are right before a step and wrong from there on; returns the suite's sentence
            about that step, or "". The numbers alone do not show whether the state is dropped, the wrong input is read or
            a function has changed.
    """
    if not isinstance(want, torch.Tensor) and not (isinstance(want, np.ndarray) and want.dtype.kind in REAL):
        raise TypeError(  # costs only this part: `want` may come from an earlier call of the student's code, so it may be anything
            f'close is to compare "{name}" with {_described(want)}; it compares with a tensor or with a numpy array of real numbers'
        )
    _fail_if(
        of_other_kind(got, torch.Tensor if isinstance(want, torch.Tensor) else np.ndarray, name, kind(got))
    )
    of_dtype = tolerance_of(want.dtype if dtype is None else dtype)
    tolerance = Tolerance(of_dtype.rtol if rtol is None else rtol, of_dtype.atol if atol is None else atol)
    _fail_if(difference(got, want, name, axes.split(), tolerance, dtype, later))


def close_grads(
    got: Mapping[str, torch.Tensor | None],
    want: Mapping[str, torch.Tensor],
    names: Mapping[str, str],
    rtol: float | None = None,
    atol: float = ATOL,
) -> None:
    """Assert that gradients equal `want`; `names` maps a path (`"0"`, `"param:bias"`) to the student's name for it.

    Without `rtol` the tolerance is that of each gradient's dtype, as in the public checks.
    """
    _fail_if(gradients(got, want, names, None if rtol is None else Tolerance(rtol, atol)))


def unchanged(
    after: Mapping[str, Any],
    before: Mapping[str, Any],
    names: Mapping[str, str] | None = None,
) -> None:
    """Assert that a call did not change its caller's tensors and arrays."""
    for path, value in before.items():
        kept(
            not changed_in([after.get(path)], [value]),
            changed("The call", (names or {}).get(path, path), value),
        )


def _described(want: Any) -> str:
    return f"a numpy array of {want.dtype}" if isinstance(want, np.ndarray) else kind(want)


def _fail_if(problem: str) -> None:
    needs(not problem, problem)
