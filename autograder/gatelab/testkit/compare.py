"""Assertions for hidden suites. Each reports the first thing that is wrong, in the student's terms.

The findings and their order are those of handed_out/checking (tensors.py, findings.py), which the public checks use too. A
message never contains more than a few numbers: for a tensor one of the student's own, for a single number both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from gatelab.handed_out.checking.findings import changed, gradients, no_tensor, plain_number
from gatelab.handed_out.checking.leftovers import alike
from gatelab.handed_out.checking.tensors import ATOL, GRAD_RTOL, RTOL, Tolerance, difference
from gatelab.testkit.failed import LeftChanged
from gatelab.testkit.student import kind
from gatelab.text import brief


def kept(condition: bool, message: str) -> None:
    """Like `needs`, for things that a call must not change."""
    if not condition:
        raise LeftChanged(message)


def needs(condition: bool, message: str) -> None:
    """Fail with `message`, which is for the student, unless `condition` holds."""
    if not condition:
        raise AssertionError(message)


def same(got: Any, want: Any, name: str) -> None:
    """Assert that plain values are equal; a bool is not a number, a whole float is not an int."""
    if isinstance(got, torch.Tensor) and got.ndim == 0:
        got = got.item()
    if isinstance(want, int) and not isinstance(want, bool):
        _none(plain_number(got, int, name, kind(got)))
    needs(got == want, f"{name} is {brief(repr(got))}, which is not right.")


def close(
    got: Any,
    want: torch.Tensor,
    name: str,
    axes: str,
    rtol: float = RTOL,
    atol: float = ATOL,
    dtype: torch.dtype | None = None,
    later: Callable[[int], str] | None = None,
) -> None:
    """Assert that a tensor has the shape, the dtype (if given) and the numbers of `want`.

    Args:
        axes: letters of the dimensions, for example "R C"; the lab's policy says what messages call them.
        later: called if the numbers are right up to a step and wrong from there on; returns a sentence about that step from the
            suite, or "". The numbers alone do not show whether the state is dropped, the wrong input read or
            a function changed.
    """
    want = want.detach()
    _none(no_tensor(got, name, kind(got)))
    _none(difference(got, want, name, axes.split(), Tolerance(rtol, atol), dtype, later))


def close_grads(
    got: Mapping[str, torch.Tensor | None],
    want: Mapping[str, torch.Tensor],
    names: Mapping[str, str],
    rtol: float = GRAD_RTOL,
    atol: float = ATOL,
) -> None:
    """Assert that gradients equal `want`; `names` maps a path (`"0"`, `"param:bias"`) to the student's name for it."""
    _none(gradients(got, want, names, Tolerance(rtol, atol)))


def unchanged(
    after: Mapping[str, torch.Tensor],
    before: Mapping[str, torch.Tensor],
    names: Mapping[str, str] | None = None,
) -> None:
    """Assert that a call did not change its caller's tensors."""
    for path, tensor in before.items():
        mine = after.get(path)
        kept(
            mine is not None and alike(mine, tensor.detach()),
            changed("The call", (names or {}).get(path, path), tensor),
        )


def _none(problem: str) -> None:
    needs(not problem, problem)
