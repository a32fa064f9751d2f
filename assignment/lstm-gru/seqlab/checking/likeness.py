# Written by gatelab build from autograder/gatelab/handed_out/checking/likeness.py; change it there.
"""Describes in a sentence what wrong numbers have in common with the right ones; "" if nothing was found.

A difference shows that something is wrong; a similarity often shows what: the right numbers in another order, multiplied by a
factor, rounded to float32. Each sentence is true of the numbers, asks about a possible reason only as a question, and contains no
number.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..limits import PLACES_SHOWN
from ..lists import begun
from .terms import NO_NAME, TERMS

NEAR = 1e-6  # relative to the largest number: what counts as equal here
ROUNDED = 4e-6  # relative to the largest number: the rounding error of a short computation in float32
FEW = 3  # fewer numbers than this may agree by chance
ORDERED = 10  # this many numbers do not have the same order by chance
COMPARED = (
    1 << 25
)  # how many differences, of every slice to every other, are computed at once: 0.3 GB of float64


def likeness(got: Tensor, want: Tensor, axes: list[str]) -> str:
    """How `got` (wrong) resembles `want`: both of the same shape, float64 and finite. `axes` names the dimensions ("?": no name)."""
    if want.numel() == 0 or not bool(torch.isfinite(got).all() and torch.isfinite(want).all()):
        return ""
    scale = float(want.abs().max())
    gap = float((got - want).abs().max())
    if not 0 < scale < 1e30:
        return ""
    if gap <= ROUNDED * scale:
        return (
            "Differences as small as these are the rounding of float32 (`.float()`, a tensor made without a dtype?) or a small "
            "number that was added."
        )
    if want.numel() < FEW:
        return ""
    if not bool(got.any()):
        return "All of yours are 0."
    near = NEAR * max(scale, float(got.abs().max()))
    found = _as_a_whole(got, want, near) or _along_axes(got, want, axes, near) or _moved(got, want, near)
    # For a gradient (its axes have no names) the function may be right, and the graph cut on one of several paths.
    return found or ("" if NO_NAME in axes else _in_order(got, want))


def _as_a_whole(got: Tensor, want: Tensor, near: float) -> str:
    """One factor, or one summand, for all numbers."""
    factor = float((got * want).sum() / (want * want).sum())
    if bool(((got - factor * want).abs() <= near).all()) and _varies(want, near):
        if abs(factor + 1) < NEAR:
            return "They are the right numbers with the opposite sign."
        return "They are the right numbers, all multiplied by the same factor."
    added = got - want
    if bool(((added - added.mean()).abs() <= near).all()):
        return "They are the right numbers, all with the same number added."
    return ""


def _varies(numbers: Tensor, near: float) -> bool:
    return float(numbers.max() - numbers.min()) > near


def _along_axes(got: Tensor, want: Tensor, axes: list[str], near: float) -> str:
    """The right slices at other places along an axis, or only some places that are right."""
    terms = TERMS.get()
    spoken_of = [
        (axis, _slices(got, place), _slices(want, place))
        for place, axis in enumerate(axes)
        if want.shape[place] > 1 and terms.places(axis)
    ]
    for axis, mine, right in spoken_of:
        if found := _order(mine, right, axis, near) or _factors(mine, right, axis, near):
            return found
    for axis, mine, right in spoken_of:
        sound = ((mine - right).abs() <= near).all(dim=1)
        if not terms.has_steps(axis) and bool(sound.any()):
            wrong = [int(place) for place in (~sound).nonzero()[:, 0]]
            return f"Only the {terms.places(axis)} {axis} = {begun(wrong, PLACES_SHOWN)} are wrong; the others are right."
    return ""


def _slices(numbers: Tensor, axis: int) -> Tensor:
    """One row for each place along an axis: (places, numbers)."""
    return numbers.movedim(axis, 0).reshape(numbers.shape[axis], -1)


def _order(mine: Tensor, right: Tensor, axis: str, near: float) -> str:
    """Slices that would be right at other places. Both have the shape (places, numbers)."""
    if len(mine) * mine.numel() > COMPARED:
        return ""
    same = ((mine[:, None] - right[None]).abs() <= near).all(dim=2)  # (mine, right)
    alike = ((right[:, None] - right[None]).abs() <= near).all(dim=2)
    if bool((alike.sum(dim=1) > 1).any()):
        return ""  # slices that cannot be told apart
    size, word = len(mine), TERMS.get().along(axis)
    at = [int(row.nonzero()[0]) if bool(row.any()) else -1 for row in same]
    if TERMS.get().has_steps(axis) and size > 2:
        step = axis.lower()
        if at[1:] == list(range(size - 1)):
            return f"They are one step late: what is at {axis} = {step} is right for {step} - 1."
        if at[:-1] == list(range(1, size)):
            return f"They are one step early: what is at {axis} = {step} is right for {step} + 1."
    if -1 in at or at == list(range(size)):
        return ""
    if at == list(range(size))[::-1]:
        return f"They are the right {word} in reversed order."
    if sorted(at) == list(range(size)):
        return f"They are the right {word} in another order."
    if len(set(at)) == 1:
        return f"All {word} have the numbers that are right for {axis} = {at[0]}."
    return f"Some {word} have the numbers of other {word}."


def _factors(mine: Tensor, right: Tensor, axis: str, near: float) -> str:
    """The right slices, each multiplied by its own factor. Both have the shape (places, numbers)."""
    if right.shape[1] < FEW:
        return ""
    factor = (mine * right).sum(dim=1) / (right * right).sum(dim=1).clamp(min=1e-300)
    fits = ((mine - factor[:, None] * right).abs() <= near).all() and bool((factor.abs() > NEAR).all())
    return (
        f"Each of the {TERMS.get().along(axis)} has the right numbers times a factor, but each a different factor."
        if fits
        else ""
    )


def _moved(got: Tensor, want: Tensor, near: float) -> str:
    """The right numbers, but at other places."""
    mine, right = got.flatten(), want.flatten()
    if bool(((mine.sort().values - right.sort().values).abs() <= near).all()) and _varies(want, near):
        return "They are the right numbers, but at other places."
    return ""


def _in_order(got: Tensor, want: Tensor) -> str:
    """Other numbers, but in the right order."""
    mine, right = got.flatten(), want.flatten()
    rising = mine[right.argsort()]
    if (
        len(mine) >= ORDERED
        and bool((rising.diff() >= 0).all())
        and len(set(rising.tolist())) >= ORDERED // 2
    ):
        return (
            "They rise and fall with the right ones: is it another function (sigmoid, tanh, …), or is something shifted, scaled or "
            "added?"
        )
    return ""
