# Written by gatelab build from autograder/gatelab/handed_out/checking/tensors.py; change it there.
"""Describes the first thing that is wrong with a tensor, in a sentence; "" if nothing is.

The order: wrong shape (with the axes' names), wrong dtype, nan or inf (first step), right at first but wrong from a step on,
otherwise the largest difference and its place, and what the numbers have in common with the right ones. The lab says which axis
has steps and what they are called (terms.py). Hidden suites and public checks say the same, with the same tolerances; public
checks also state the expected number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..limits import PLACES_SHOWN
from ..lists import begun
from .grammar import pronoun, verb
from .likeness import likeness
from .terms import NO_NAME, TERMS

# float64 compared with PyTorch's own kernels: rounding errors are about 1e-15, the bank's mistakes more than 1e-3.
RTOL, ATOL = 1e-9, 1e-10
GRAD_RTOL = 1e-8  # for gradients
# No tensor of a lab has more. If one axis has length 0, the others may have any length, whose digits could spell a message.
MOST_AXES, LARGEST_SIZE = 6, 100_000

Numbers = torch.Tensor | np.ndarray[Any, Any]

ONE_STEP = "There is only one step. (Is there a `return` inside the loop?)"
NEW = (
    "It should be that of the arguments: `x.new_zeros(…)` and `torch.zeros_like(x)` keep it, `torch.zeros(…)` and `torch.tensor(…)` "
    "take torch's default."
)


@dataclass(frozen=True)
class Tolerance:
    """How much a number may be off: `rtol` times the right number, plus `atol`."""

    rtol: float = RTOL
    atol: float = ATOL


# float32 rounds to 6e-8 in each of the hundreds of operations of a result; the bank's mistakes are off by more than 1e-3.
LOOSE = Tolerance(1e-4, 1e-5)


def tolerance_of(dtype: torch.dtype | np.dtype[Any]) -> Tolerance:
    """How much right numbers of this dtype may be off."""
    return (
        LOOSE
        if dtype in (torch.float32, torch.float16, torch.bfloat16, np.float32, np.float16)
        else Tolerance()
    )


def difference(
    got: Numbers,
    want: Numbers,
    name: str,
    axes: list[str],
    tolerance: Tolerance = Tolerance(),  # frozen
    dtype: Any = None,
    later: Callable[[int], str] | None = None,
    public: bool = False,
) -> str:
    """What is wrong with `got`, which is a tensor or an array, like `want`.

    Args:
        name: its name in the sentence; a `Several` if it names several things.
        axes: letters of the dimensions, as in ["R", "C"]; "?" for one without a letter.
        dtype: the dtype it must have, if that counts; torch's or numpy's.
        later: called with a step if the numbers are right before it and wrong from it on; returns a sentence with what the
            check knows about the step, or "". Numbers alone do not show whether a state is dropped, another input is read or
            a function has changed.
        public: also state what only public checks may say: the right number, and that axes are in another order.
    """
    if problem := wrong_shape(got, want.shape, name, axes, public):
        return problem
    if dtype is not None and got.dtype != dtype:
        expected = dtype if isinstance(got, torch.Tensor) else np.dtype(dtype)
        sentence = f"{name} {verb(name, 'has')} dtype {got.dtype}; expected {expected}."
        return f"{sentence} {NEW}" if public and got.dtype == torch.get_default_dtype() != dtype else sentence
    got, want = in_float64(got), in_float64(want)
    bad = ~torch.isfinite(got) & torch.isfinite(want)
    if bad.any():
        what = "nan" if torch.isnan(got[bad]).any() else "inf"
        return f"{name} {verb(name, 'holds')} {what}{_from_step(bad, axes)}."
    wrong = ~torch.isclose(got, want, rtol=tolerance.rtol, atol=tolerance.atol, equal_nan=True)
    return _difference(got, want, wrong, name, axes, later, public) if wrong.any() else ""


def near(got: Any, want: Any, tolerance: Tolerance | None = None) -> bool:
    """Whether two results are the same: both tensors, or both arrays, of one shape, and no number differs by more than `difference`
    allows. (nan is like no number, so look for it before.)"""
    return _is_like(got, want) and bool(near_at(got, want, tolerance).all())


def near_at(got: Any, want: Numbers, tolerance: Tolerance | None = None) -> torch.Tensor:
    """Which of the numbers are the same, as a tensor of bools with the shape of `want`. The tolerance is by default that of its dtype."""
    if not _is_like(got, want):
        return torch.zeros(tuple(want.shape), dtype=torch.bool)
    within = tolerance or tolerance_of(want.dtype)
    return torch.isclose(in_float64(got), in_float64(want), rtol=within.rtol, atol=within.atol)


def _is_like(got: Any, want: Any) -> bool:
    """Whether it is of the same kind, tensor or array, and of the same shape."""
    kind = next((kind for kind in (torch.Tensor, np.ndarray) if isinstance(want, kind)), None)
    return kind is not None and isinstance(got, kind) and bool(got.shape == want.shape)


def in_float64(numbers: Numbers) -> torch.Tensor:
    """The numbers in float64, so that those of two dtypes can be compared."""
    if isinstance(numbers, torch.Tensor):
        return numbers.detach().to(torch.float64)
    return torch.from_numpy(
        np.array(numbers, dtype=np.float64, order="C")
    )  # a copy, because a view may run backwards


def wrong_shape(
    got: Numbers, shape: torch.Size | tuple[int, ...], name: str, axes: list[str], public: bool = False
) -> str:
    """The sentence that the shape is wrong; "" if it is right."""
    if got.shape == shape:
        return ""
    sentence = f"{name} {verb(name, 'has')} shape {_shape(tuple(got.shape), None)}; expected {_shape(tuple(shape), axes)}"
    if public and _reordered(got.shape, shape):
        return f"{sentence}: the axes are in another order."
    return f"{sentence}. {ONE_STEP}" if public and _one_step(got.shape, shape, axes) else f"{sentence}."


def _one_step(got: torch.Size | tuple[int, ...], want: torch.Size | tuple[int, ...], axes: list[str]) -> bool:
    """Whether there is one step instead of several and the rest of the shape is right."""
    along = TERMS.get().ordered(axes)
    if along is None or len(got) != len(want) or len(axes) != len(want):
        return False
    return got[along] == 1 and (*got[:along], *got[along + 1 :]) == (*want[:along], *want[along + 1 :])


def _reordered(got: torch.Size | tuple[int, ...], want: torch.Size | tuple[int, ...]) -> bool:
    return len(got) == len(want) and sorted(got) == sorted(want)


def _difference(
    got: torch.Tensor,
    want: torch.Tensor,
    wrong: torch.Tensor,
    name: str,
    axes: list[str],
    later: Callable[[int], str] | None,
    public: bool,
) -> str:
    """Where the numbers differ: from which step on, or how many, and which differs most. `wrong` marks those that differ."""
    if want.numel() == 1:
        return f"{_single(float(got), float(want), name)} {likeness(got, want, axes)}".rstrip()
    terms = TERMS.get()
    along = terms.ordered(axes)
    letter, length = ("", 0) if along is None else (axes[along], want.shape[along])
    steps = _wrong_steps(wrong, along)
    some = 0 < len(steps) < length
    off = f"{largest(got, want, axes, public, wrong)}."
    if some and steps[0] > 0 and steps == list(range(steps[0], length)):
        found = (later(steps[0]) if later else "") or likeness(got, want, axes)
        right, from_here = terms.step(letter, steps[0] - 1), f"{letter.lower()} = {steps[0]}"
        sentence = f"{name} {verb(name, 'is')} right up to {right} and wrong from {from_here} on; {off}"
        return f"{sentence} {found}".rstrip()
    at_step = f", all at {letter.lower()} = {begun(steps, PLACES_SHOWN)}" if some else ""
    sentence = f"{name} {verb(name, 'has')} the right shape, but {int(wrong.sum())} of {wrong.numel()} numbers differ{at_step}; {off}"
    return f"{sentence} {likeness(got, want, axes)}".rstrip()


def _single(got: float, want: float, name: str) -> str:
    """The two numbers to four digits or, if these are the same, how far off the answer is."""
    mine, right = f"{got:.4g}", f"{want:.4g}"
    sentence = f"{name} {verb(name, 'is')} {mine}"
    if mine == right:
        return f"{sentence}, which is off by {abs(got - want):.1g}."
    return f"{sentence}; {pronoun(name)} should be {right}."


def largest(
    got: torch.Tensor,
    want: torch.Tensor,
    axes: list[str],
    public: bool = False,
    among: torch.Tensor | None = None,
) -> str:
    """The largest difference and where it is; `among`: only these places count."""
    gap = (got - want).abs().double()
    if among is not None:
        gap = gap.where(among, torch.zeros(()).double())
    where = [int(i) for i in torch.unravel_index(gap.argmax(), want.shape)] if want.ndim else []
    place = (
        str(where) if NO_NAME in axes else ", ".join(f"{a} = {i}" for a, i in zip(axes, where, strict=False))
    )
    at = f" at {place}" if place else ""
    values = f"got {float(got[tuple(where)]):.4g}"
    values += f", expected {float(want[tuple(where)]):.4g}" if public else ""
    return f"the largest difference is {float(gap.max()):.2g}{at} ({values})"


def _shape(sizes: tuple[int, ...], names: list[str] | None) -> str:
    if len(sizes) > MOST_AXES or max(sizes, default=0) > LARGEST_SIZE:
        return f"({len(sizes)} axes, too large to write down)"
    if not names or len(names) != len(sizes) or set(names) == {NO_NAME}:
        return f"{sizes}"
    return f"{sizes}, that is ({', '.join(map(TERMS.get().called, names))})"


def _wrong_steps(wrong: torch.Tensor, along: int | None) -> list[int]:
    if along is None:
        return []
    other = [d for d in range(wrong.ndim) if d != along]
    per_step = wrong.any(dim=other) if other else wrong
    return [int(k) for k in per_step.nonzero().flatten()]


def _from_step(bad: torch.Tensor, axes: list[str]) -> str:
    along = TERMS.get().ordered(axes)
    if along is not None and (steps := _wrong_steps(bad, along)):
        return f" from {TERMS.get().step(axes[along], steps[0])}"
    return f" in {int(bad.sum())} of {bad.numel()} places"
