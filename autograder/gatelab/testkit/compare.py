"""Assertions for hidden suites. Each says the first thing that is wrong, in the student's terms.

Order: wrong type, wrong shape (axes by name), wrong dtype, NaN or inf (first time step), right at t = 0 but
wrong from t = k, else the largest difference and where, and what the numbers have in common with the right ones. A message never holds more than a few numbers: of a tensor one
of the student's own, of a single number both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch

from gatelab.sandbox.worker.leftovers import alike
from gatelab.testkit.likeness import likeness

NAMES = {
    "N": "batch", "T": "time", "S": "source time", "D": "input", "H": "hidden", "V": "vocabulary",
    "K": "classes", "E": "embedding", "L": "length",
}  # fmt: skip
# No tensor of a lab has more. Beside an axis of length 0 others may be of any length: digits that say what a worker wants.
MOST_AXES, LARGEST_SIZE = 6, 100_000


class LeftChanged(AssertionError):
    """A call left something changed: what a check found itself is not counted once more."""


def kept(condition: bool, message: str) -> None:
    """Like `needs`, for what a call must leave as it was."""
    if not condition:
        raise LeftChanged(message)


def needs(condition: bool, message: str) -> None:
    """Fail with `message`, which is for the student, unless `condition` holds."""
    if not condition:
        raise AssertionError(message)


def same(got: Any, want: Any, name: str) -> None:
    """A plain value must be equal; a bool is not a number, a whole float is not an int."""
    if isinstance(got, torch.Tensor) and got.ndim == 0:
        got = got.item()
    if isinstance(want, int) and not isinstance(want, bool):
        needs(
            isinstance(got, int) and not isinstance(got, bool),
            f"{name} should be a whole number (int), but it is {_kind(got)}.",
        )
    needs(got == want, f"{name} is {_short(got)}, which is not right.")


def close(
    got: Any,
    want: torch.Tensor,
    name: str,
    axes: str,
    rtol: float = 1e-9,
    atol: float = 1e-10,
    dtype: torch.dtype | None = None,
    later: Callable[[int], str] | None = None,
) -> None:
    """A tensor must have the shape, the dtype (if given) and the numbers of `want`.

    Args:
        axes: names of the dimensions, for example "N T H".
        later: where the numbers are right before a time step and wrong from it on, what the suite has found out about
            that step. It is asked then and gives a sentence, or "" where it found nothing: from numbers alone it
            cannot be told whether a state is dropped, another input read or a function changed.
    """
    names = axes.split()
    want = want.detach()
    needs(isinstance(got, torch.Tensor), f"{name} should be a tensor, but it is {_kind(got)}.")
    needs(
        got.shape == want.shape,
        f"{name} {_verb(name, 'has')} shape {_shape(got, None)}; expected {_shape(want, names)}.",
    )
    if dtype is not None:
        needs(got.dtype == dtype, f"{name} {_verb(name, 'has')} dtype {got.dtype}; expected {dtype}.")
    got, want = got.to(torch.float64), want.to(torch.float64)
    time = names.index("T") if "T" in names else None
    bad = ~torch.isfinite(got) & torch.isfinite(want)
    if bad.any():
        what = "nan" if torch.isnan(got[bad]).any() else "inf"
        raise AssertionError(f"{name} {_verb(name, 'holds')} {what}{_from_step(bad, time)}.")
    wrong = ~torch.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        raise AssertionError(_difference(got, want, wrong, name, names, later))


def _difference(
    got: torch.Tensor,
    want: torch.Tensor,
    wrong: torch.Tensor,
    name: str,
    axes: list[str],
    later: Callable[[int], str] | None,
) -> str:
    """Where numbers differ: from which time step on, or how many, and which the most. `wrong` says which do."""
    if want.numel() == 1:
        return f"{_single(float(got), float(want), name)} {likeness(got, want, axes)}".rstrip()
    time = axes.index("T") if "T" in axes else None
    steps = _wrong_steps(wrong, time)
    length = want.shape[time] if steps and time is not None else 0
    some = bool(steps) and len(steps) < length
    difference = (got - want).abs().where(wrong, torch.zeros(()).double())
    where = [int(i) for i in torch.unravel_index(difference.argmax(), want.shape)] if want.ndim else []
    place = str(where) if "?" in axes else ", ".join(f"{a} = {i}" for a, i in zip(axes, where, strict=False))
    at = f" at {place}" if place else ""
    off = f"the largest difference is {float(difference.max()):.2g}{at} (got {float(got[tuple(where)]):.4g})."
    if some and steps[0] > 0 and steps == list(range(steps[0], length)):
        found = (later(steps[0]) if later else "") or likeness(got, want, axes)
        told = f"{name} {_verb(name, 'is')} right up to time step t = {steps[0] - 1} and wrong from t = {steps[0]} on; {off}"
        return f"{told} {found}".rstrip()
    at_step = f", all at t = {_listed(steps)}" if some else ""
    told = f"{name} {_verb(name, 'has')} the right shape, but {int(wrong.sum())} of {wrong.numel()} numbers differ{at_step}; {off}"
    return f"{told} {likeness(got, want, axes)}".rstrip()


def _single(got: float, want: float, name: str) -> str:
    """One number against the other, in four digits: where these are alike, by how much it is off."""
    mine, right = f"{got:.4g}", f"{want:.4g}"
    if mine == right:
        return f"{name} is {mine}, which is off by {abs(got - want):.1g}."
    return f"{name} is {mine}; it should be {right}."


def _listed(steps: list[int], most: int = 4) -> str:
    """The first few time steps; "…" says that there are more."""
    return ", ".join([*map(str, steps[:most]), *("…" for _ in steps[most : most + 1])])


def close_grads(
    got: Mapping[str, torch.Tensor | None],
    want: Mapping[str, torch.Tensor],
    names: Mapping[str, str],
    rtol: float = 1e-8,
    atol: float = 1e-10,
) -> None:
    """Gradients must equal `want`; `names` maps a path (`"0"`, `"param:bias_hh_l0"`) to the student's name for it."""
    missing = [
        names.get(path, path) for path in want if got.get(path) is None and bool((want[path] != 0).any())
    ]
    if missing and len(missing) == len(want):
        raise AssertionError(
            "The values are there, but no gradient flows back from them: the arguments are not used, or the graph is cut "
            "(`.detach()`, `.data`, `.item()`, `no_grad`, or a new tensor made from numbers?)."
        )
    needs(
        not missing,
        f"No gradient reaches {', '.join(missing)}: not used for the result, or the graph is cut on the way from there.",
    )
    for path, tensor in want.items():
        mine = got.get(path)
        if mine is not None:
            axes = " ".join(["?"] * tensor.ndim)
            close(mine, tensor, f"the gradient that reaches {names.get(path, path)}", axes, rtol, atol)


def unchanged(
    after: Mapping[str, torch.Tensor],
    before: Mapping[str, torch.Tensor],
    names: Mapping[str, str] | None = None,
) -> None:
    """The caller's tensors must be what they were before the call."""
    for path, tensor in before.items():
        mine = after.get(path)
        label = (names or {}).get(path, path)
        kept(
            mine is not None and alike(mine, tensor.detach()),
            f"The call changed its argument {label} in place; make a new tensor instead.",
        )


PLURALS = re.compile(r"(the )?(outputs|logits|predictions)\b")  # what a name may begin with


def _verb(name: str, one: str) -> str:
    """`is`, or `are` where the name is a plural."""
    return {"is": "are", "has": "have", "holds": "hold"}[one] if PLURALS.match(name) else one


def _kind(value: Any) -> str:
    if value is None:
        return "None (is a `return` missing?)"
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, str):
        return "a str"
    return f"a {getattr(value, 'type', type(value).__name__)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _shape(tensor: torch.Tensor, names: list[str] | None) -> str:
    sizes = tuple(tensor.shape)
    if len(sizes) > MOST_AXES or max(sizes, default=0) > LARGEST_SIZE:
        return f"({len(sizes)} axes, too large to write down)"
    if not names or len(names) != len(sizes) or set(names) == {"?"}:
        return f"{sizes}"
    return f"{sizes}, that is ({', '.join(f'{a} {NAMES.get(a, a)}' for a in names)})"


def _wrong_steps(wrong: torch.Tensor, time: int | None) -> list[int]:
    if time is None:
        return []
    other = [d for d in range(wrong.ndim) if d != time]
    per_step = wrong.any(dim=other) if other else wrong
    return [int(t) for t in per_step.nonzero().flatten()]


def _from_step(bad: torch.Tensor, time: int | None) -> str:
    steps = _wrong_steps(bad, time)
    return f" from time step t = {steps[0]}" if steps else f" in {int(bad.sum())} of {bad.numel()} places"
