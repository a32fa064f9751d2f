# Written by gatelab build from autograder/gatelab/handed_out/checking/calling.py; change it there.
"""Calls the functions and classes of a notebook and records each call (record.py); draws the inputs for them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from . import leftovers
from .key_paths import KeyPath
from .leftovers import watched
from .record import NAMED, Call, plain, run


class Missing(Exception):
    """The notebook does not define that name."""


class Contract(Exception):
    """Something differs from CONTRACT.md; the message is for the student."""


class Numbers:
    """Test inputs from a fixed seed. NumPy promises that this stream never changes; PyTorch does not."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.RandomState(seed)

    def __call__(self, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
        """Standard normal numbers."""
        return torch.from_numpy(np.asarray(self._random.standard_normal(shape))).to(dtype)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Whole numbers from low up to high − 1, int64."""
        return torch.from_numpy(np.asarray(self._random.randint(low, high, shape, dtype=np.int64)))

    def like(self, shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
        """Weights by name, as large as in a trained network."""
        return {name: 0.6 * self(*shape) for name, shape in shapes.items()}


class Watched:
    """A function that reports each of its calls. Everything else is passed on to the function itself.

    `seen(arguments, keywords)` is called before it, with the same arguments.
    """

    def __init__(self, function: Callable[..., Any], seen: Callable[..., None]) -> None:
        self._function, self._seen = function, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_function"], name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        self._seen(arguments, keywords)
        return self._function(*arguments, **keywords)


class Student:
    """The student's notebook as the checks see it. Every call is recorded, and an error is part of the record.

    Args:
        namespace: the notebook's names.
        own: for what a question builds on, use the student's own version if it is sound; otherwise a stand-in.
    """

    # Whether the notebook's own version of a name gives the same results as the stand-in for it. A lab with stand-ins provides
    # this function.
    sound_version: Callable[[str, Any], bool] = staticmethod(lambda name, own: False)

    def __init__(self, namespace: dict[str, Any], own: bool = False) -> None:
        self.namespace = namespace
        self.own = own
        self.record: list[Call] = []
        # The names for which there were stand-ins: those with a sound version in the notebook, and the others.
        self.sound: set[str] = set()
        self.unsound: set[str] = set()
        self._given: dict[str, Any] = {}

    def call(
        self,
        function: str,
        *arguments: Any,
        names: str = "",
        about: str = "",
        parts: Iterable[KeyPath] = (),
        gradients: Iterable[KeyPath] | None = None,
        **keywords: Any,
    ) -> Call:
        """Call a function of the notebook by name.

        `gradients=[(0,), (2, "i")]` also runs backward from these parts of the returned value, `[WHOLE]` from all of it.
        """
        call = Call(
            function,
            function,
            "",
            about,
            tuple(names.split()),
            arguments,
            keywords,
            tuple(parts),
            None if gradients is None else tuple(gradients),
        )
        return self._record_call(call, lambda: self._function(function), repeatable=True)

    def make(
        self,
        cls: str,
        *arguments: Any,
        weights: dict[str, Tensor] | None = None,
        exact: bool = False,
        **keywords: Any,
    ) -> Call:
        """Make an object of one of the notebook's classes. `weights` are then loaded into it, as float64.

        `exact`: its state_dict must have exactly these names (otherwise the student's own buffers are fine).
        """
        call = Call(cls, cls, arguments=arguments, keywords=keywords)

        def target() -> Callable[..., Any]:
            own = watched(self._function(cls), call.left, restore=True, arguments=False)

            def build(*arguments: Any, **keywords: Any) -> Any:
                made = own(*arguments, **keywords)
                # Not watched, because a layer that was passed in becomes part of it, and float64 too.
                return made if weights is None else _load(cls, made, weights, exact)

            return build

        return self._record_call(call, target, watch=False)

    def on(
        self,
        made: Call,
        *arguments: Any,
        method: str = "",
        names: str = "",
        about: str = "",
        parts: Iterable[KeyPath] = (),
        gradients: Iterable[KeyPath] | None = None,
        **keywords: Any,
    ) -> Call:
        """Call an object made earlier, or one of its methods."""
        title = f"{made.function}.{method}" if method else made.function
        call = Call(
            title,
            made.group,
            method,
            about,
            tuple(names.split()),
            arguments,
            keywords,
            tuple(parts),
            None if gradients is None else tuple(gradients),
        )

        def target() -> Callable[..., Any]:
            if made.error is not None:
                raise made.error
            if method and not hasattr(made.value, method):
                raise Contract(f"`{made.function}` has no method `{method}`.")
            bound: Callable[..., Any] = getattr(made.value, method) if method else made.value
            return bound

        return self._record_call(call, target, None if made.error else made.value, repeatable=True)

    def look(self, made: Call, about: str, function: Callable[[Any], Any]) -> Call:
        """Record something read from an object that was made earlier: `function(object)`."""
        call = Call(made.function, made.group, about=about)

        def target() -> Callable[..., Any]:
            if made.error is not None:
                raise made.error
            return lambda: function(made.value)

        return self._record_call(call, target, watch=False)

    def watch(self, name: str, about: str, function: Callable[[Any], Any]) -> Call:
        """Record what `function` returns for something in the notebook: `function(softmax)`."""
        call = Call(name, name, about=about)

        def target() -> Callable[..., Any]:
            own = self._lookup(name)
            if not isinstance(own, type) and callable(own):
                own = watched(own, call.left, own, restore=True, arguments=False)
            return lambda: function(own)

        return self._record_call(call, target)

    def note(self, group: str, about: str, value: Any) -> Call:
        """Record something that the check itself has observed."""
        call = Call(group, group, about=about, value=plain(value))
        self.record.append(call)
        return call

    @contextlib.contextmanager
    def given(self, seen: Callable[..., None] | None = None, **names: Any) -> Iterator[None]:
        """Bind these names, which a question builds on, to stand-ins, and restore the student's own versions afterwards.

        So a question can be checked whatever the earlier answers do, and a mistake shows in only one question. `seen(name,
        arguments, keywords)` is called for every call of a stand-in, or of the student's own version, inside.
        """
        absent = object()
        before = {name: self.namespace.get(name, absent) for name in names}
        put = {name: self.instead(name, standin) for name, standin in names.items()}
        if seen:
            put = {name: Watched(one, partial(seen, name)) for name, one in put.items()}
        outside, self._given = self._given, self._given | names
        self.namespace.update(put)
        try:
            yield
        finally:
            self._given = outside
            for name, value in before.items():
                if value is absent:
                    self.namespace.pop(name, None)
                else:
                    self.namespace[name] = value

    def instead(self, name: str, standin: Any) -> Any:
        """The stand-in for a name of the notebook, or the student's own version."""
        if name not in self.namespace:
            return standin
        mine = self.namespace[name]
        if name not in self.sound | self.unsound:
            (self.sound if self.sound_version(name, mine) else self.unsound).add(name)
        return mine if self.own and name in self.sound else standin

    def _lookup(self, name: str) -> Any:
        try:
            return self.namespace[name]
        except KeyError:
            raise Missing(f"the notebook defines no `{name}`") from None

    def _function(self, name: str) -> Any:
        own = self._lookup(name)
        if not callable(own):
            raise Contract(
                f"`{name}` is of type {type(own).__name__} and cannot be called. Did a cell use the name for something else? "
                "Then run the cell of your answer again."
            )
        return own

    def _record_call(
        self,
        call: Call,
        target: Callable[[], Callable[..., Any]],
        module: Any = None,
        repeatable: bool = False,
        watch: bool = True,
    ) -> Call:
        self.record.append(call)
        try:
            function = target()
        except Exception as error:
            call.error = error
            return call
        given = self._given

        def again(seed: int = 0, arguments: tuple[Any, ...] | None = None) -> Call:
            twin = replace(call, value=None, grads={}, changed=[], left=[], error=None, backward_error=None)
            twin.arguments = call.arguments if arguments is None else arguments
            before = leftovers.switches()  # what the call leaves changed has already been reported
            try:
                with self.given(**given):
                    run(twin, function, module, seed)
            finally:
                leftovers.put_back(before)
            return twin

        if repeatable:
            call.again = again
        kept = watched(function, call.left, module, restore=True, arguments=False) if watch else function
        run(call, kept, module)
        return call


def _load(cls: str, made: Any, weights: dict[str, Tensor], exact: bool) -> Any:
    """Load weights by PyTorch's names. Raises Contract, saying what does not fit."""
    if not isinstance(made, nn.Module):
        raise Contract(f"`{cls}(…)` gave {type(made).__name__}, not an nn.Module.")
    own = {name: tuple(value.shape) for name, value in made.state_dict().items()}
    wanted = {name: tuple(value.shape) for name, value in weights.items()}
    if missing := [name for name in wanted if name not in own]:
        has = ", ".join(own) or "none"
        ask = (
            "The names are fixed in CONTRACT.md."
            if len(own) >= len(wanted)  # all are there, some under another name
            else "(Is it under another name, or an attribute that is neither an nn.Parameter nor a layer?)"
            if own
            else "(Is it an nn.Parameter, or a layer?)"
        )
        raise Contract(f"`{cls}` has no parameter {missing[0]}; it has {has}. {ask}")
    for name, shape in wanted.items():
        if own[name] != shape:
            raise Contract(f"`{cls}`: {name} has shape {own[name]}, the contract says {shape}.")
    # A layer may also have a second name.
    parameters = dict(made.named_parameters(remove_duplicate=False))
    known = {id(parameter) for name, parameter in parameters.items() if name in wanted}
    names = own if exact else parameters
    if extra := [name for name in names if name not in wanted and id(parameters.get(name)) not in known]:
        raise Contract(f"`{cls}` has a parameter the contract does not know: {extra[0]}.")
    made.double().load_state_dict(weights, strict=False)
    vars(made)[NAMED] = frozenset(wanted)
    return made
