# Written by gatelab build from autograder/gatelab/handed_out/checking/differ.py; change it there.
"""Reports the first thing that is wrong with a result, in the order in which one would look for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import GeneratorType
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from ..limits import ITEMS_SHOWN, KEYS_SHOWN
from ..lists import listed
from . import findings, leftovers
from .equal import KEPT, alike
from .grammar import with_article
from .key_paths import WHOLE, Key, KeyPath
from .record import Call
from .tensors import Numbers, difference, tolerance_of, wrong_shape
from .terms import NO_NAME

ORDINALS = ("first", "second", "third")
NEAR = 1e-6  # of a plain number: PyTorch's float32 is not exact


class Part(NamedTuple):
    """A tensor that the contract asks for in the returned value, for example Part("rows", "R C"), or an array: Part("rows", "R C",
    np.ndarray). `axes`: the letters of its dimensions."""

    name: str  # as messages show it; Several("rows") if it names several things
    axes: str = ""  # "": a single number
    kind: type = Tensor
    of: str = ""  # as messages show the dict that it is in, if it is in one

    @property
    def letters(self) -> list[str]:
        return self.axes.split()

    @property
    def asked(self) -> str:
        """As in "one tensor (R, C)"."""
        return f"one {self.noun} ({', '.join(self.letters)})"

    @property
    def noun(self) -> str:
        return findings.CONTAINERS[self.kind].removeprefix("a ")


Spec = dict[KeyPath, Part]  # path in the returned value → what should be there


class Finding(Exception):
    """What a check says about one call; it becomes the message that the student reads."""

    def __init__(self, call: Call, text: str) -> None:
        super().__init__(text)
        self.call = call


class NoReturn(Finding):
    """The call returned None, and a value was asked for."""


def need(call: Call, condition: bool, text: str = "") -> None:
    """Report `text` (in the contract's words) unless the call succeeded and the condition holds."""
    if call.error is not None:
        raise Finding(call, "")  # check.py says what went wrong
    if not condition:
        raise Finding(call, f"{call.title}: {text}")


def returned(call: Call, spec: Spec) -> None:
    """Check that all parts are there. `spec`: for example {(0,): Part("rows", "R C"), (1, "sum"): Part("sums['sum']", "R", of="sums")},
    or {WHOLE: Part("rows", "R C")}."""
    need(call, True)
    if call.value is None:
        raise NoReturn(call, f"{call.title} returned None. Is the `return` missing?")
    got = call.leaves
    if set(spec) <= set(got):
        return
    missing = next(path for path in spec if path not in got)
    if missing == WHOLE:
        raise Finding(
            call, f"{call.title} should return {spec[WHOLE].asked}. Yours is {describe(call.value)}."
        )
    top = list(dict.fromkeys(path[0] for path in spec))
    as_tuple = all(isinstance(key, int) for key in top)
    if as_tuple:
        _not_one_tensor(call, spec, top)
        want = f"a tuple of {len(top)}: ({', '.join(_item(spec, place) for place in top)})"
    else:
        want = "a dict with the keys " + ", ".join(map(repr, top))
    as_long = isinstance(call.value, tuple | list) and len(call.value) == len(top)
    if as_long and as_tuple:
        raise Finding(call, _odd_item(call, spec, missing[0]))
    inner = f"; there is no {spec[missing].name}" if as_long or isinstance(call.value, dict) else ""
    raise Finding(call, f"{call.title} should return {want}. Yours is {describe(call.value)}{inner}.")


def _not_one_tensor(call: Call, spec: Spec, top: list[Key]) -> None:
    """Report an item of a returned tuple that is a single tensor instead of a tuple of several."""
    if not isinstance(call.value, tuple | list) or len(call.value) != len(top):
        return
    for ordinal, place, value in zip(ORDINALS, top, call.value, strict=False):
        if _is_tuple(spec, place) and isinstance(value, Tensor | np.ndarray):
            raise Finding(
                call,
                f"{call.title} should return ({', '.join(_item(spec, one) for one in top)}); the {ordinal} item of yours "
                f"is a single {'tensor' if isinstance(value, Tensor) else 'numpy array'}, not {_item(spec, place)}.",
            )


def _odd_item(call: Call, spec: Spec, place: Key) -> str:
    """What is wrong with one item of a returned tuple: a dict with other keys, a list for a tensor, …"""
    item, part = call.value[place], _item(spec, place)
    yours = f"yours is {describe(item)}" if item is not None else "yours is None"
    if (place,) in spec:
        return f"{call.title}: {part} should be {spec[place,].asked}, {yours}."
    inside = _inside(spec, place)
    if _is_tuple(spec, place):
        nouns = {f"{one.noun}s" for one in inside.values()}
        return (
            f"{call.title}: {part} should be a tuple of {len(inside)} {' and '.join(sorted(nouns))}, {yours}."
        )
    asked = ", ".join(repr(path[1]) for path in inside)
    yours = "yours is an empty dict" if item == {} else yours
    return f"{call.title}: {part} should be a dict with the keys {asked}; {yours}."


def has_shapes(call: Call, spec: Spec, shapes: dict[KeyPath, tuple[int, ...]]) -> None:
    """Check that the parts of `spec` are tensors (or arrays) of these shapes."""
    returned(call, spec)
    for path, part in spec.items():
        _has_shape(call, call.leaves[path], shapes[path], part)


def agree(
    call: Call, want: Call, spec: Spec, later: Callable[[Call, KeyPath, int], str] | None = None
) -> None:
    """Check the values, in this order: type, shape, arguments changed in place, dtype, NaN, first wrong step, largest difference.

    Changes in place come before the numbers, because their effect on the numbers is not a separate finding.

    later: called with the call, the path in `spec` and the step, if the numbers are right before that step and wrong from there on;
    returns a sentence with what the check knows about the step, or "".
    """
    returned(call, spec)
    got, expected = call.leaves, want.leaves
    for path, part in spec.items():
        _has_shape(call, got[path], tuple(expected[path].shape), part)
    untouched(call)
    for path, part in spec.items():
        _agrees(call, got[path], expected[path], part, later and partial(later, call, path))


def gradients_agree(call: Call, want: Call) -> None:
    """Check the gradient of every float argument (and parameter) that has one in `want`."""
    need(call, True)
    if call.backward_error is not None:
        text = str(call.backward_error).splitlines()[0]
        raise Finding(call, f"{call.title}: the values come out, but backward() through them fails: {text}")
    leaves = call.leaves
    for path in filter(call.starts_at, want.leaves):
        got, right = leaves.get(path), want.leaves[path]
        if not isinstance(got, Tensor) or difference(
            got, right, "the result", [NO_NAME] * right.ndim, tolerance_of(right.dtype)
        ):
            raise Finding(call, f"{call.title}: the values are not right, so the gradients cannot be.")
    expected = {path: grad for path, grad in want.grads.items() if grad is not None}
    if problem := findings.gradients(
        call.grads, expected, {path: call.name_of(path) for path in expected}, public=True
    ):
        raise Finding(call, f"{call.title}: {problem[0].lower()}{problem[1:]}")


def untouched(call: Call) -> None:
    """Check that no argument was changed in place and that nothing else was left changed."""
    need(call, True)
    if call.changed:
        path = call.changed[0]
        raise Finding(
            call, findings.changed(call.title, call.name_of(path), call.argument(path), public=True)
        )
    if call.left:
        raise Finding(call, f"{call.title}: afterwards {leftovers.SAID[call.left[0]]}.")


def repeats(first: Call, again: Call) -> None:
    """Check that the same arguments gave the same result, although there were other calls in between."""
    need(first, True)
    need(again, True)
    before, after = first.leaves, again.leaves
    differing = [path for path in before if not alike(before[path], after.get(path))]
    if differing or before.keys() != after.keys():
        raise Finding(again, KEPT.format(who=again.title))


def is_number(call: Call, kind: type, want: float | None = None, text: str = "") -> None:
    """Check that the returned value is a plain Python number of type `kind`, that the call left nothing changed (which may be why the
    number is wrong), and that it equals `want`, if given."""
    need(call, True)
    if problem := findings.plain_number(call.value, kind, "the result", describe(call.value)):
        raise Finding(call, f"{call.title}: {problem}")
    untouched(call)
    if want is not None and (problem := findings.wrong_number(call.value, want, "the result", NEAR)):
        raise Finding(call, f"{call.title}: {problem} {text}".rstrip())


def describe(value: Any) -> str:
    """A value in a few words: its type and shape, without its numbers."""
    if isinstance(value, Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        return f"{with_article(dtype)} tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"a numpy array of {value.dtype} and shape {value.shape}"
    if isinstance(value, tuple | list):
        kinds = ("tensor" if isinstance(part, Tensor) else type(part).__name__ for part in value)
        return f"{with_article(type(value).__name__)} of {len(value)} ({listed(kinds, ITEMS_SHOWN)})"
    if isinstance(value, dict):
        return f"a dict with the keys {listed(map(repr, value), KEYS_SHOWN)}"
    if isinstance(value, GeneratorType):
        return "a generator (`yield` makes one, `return` does not)"
    return f"of type {type(value).__name__}"


def _has_shape(call: Call, got: Any, shape: tuple[int, ...], part: Part) -> None:
    if problem := findings.of_other_kind(got, part.kind, part.name, describe(got)):
        raise Finding(call, f"{call.title}: {problem}")
    if problem := wrong_shape(got, shape, part.name, part.letters, public=True):
        raise Finding(call, f"{call.title}: {problem}")


def _agrees(
    call: Call, got: Numbers, expected: Numbers, part: Part, later: Callable[[int], str] | None
) -> None:
    tolerance = tolerance_of(expected.dtype)
    if problem := difference(
        got, expected, part.name, part.letters, tolerance, expected.dtype, later, public=True
    ):
        raise Finding(call, f"{call.title}: {problem}")


def _inside(spec: Spec, place: Key) -> Spec:
    """What is asked for in one item of a returned tuple."""
    return {path: part for path, part in spec.items() if path[0] == place}


def _is_tuple(spec: Spec, place: Key) -> bool:
    """Whether one item of a returned tuple is a tuple again."""
    return all(len(path) > 1 and isinstance(path[1], int) for path in _inside(spec, place))


def _item(spec: Spec, place: Key) -> str:
    """The name of one item of a returned tuple; "(rows, columns)" for a tuple in it, "sums" for a dict."""
    names = list(dict.fromkeys(part.of or part.name for part in _inside(spec, place).values()))
    return f"({', '.join(names)})" if _is_tuple(spec, place) else names[0]
