"""Puts a new version of an answer wherever the notebook kept the old one: under another name, as a default, in a class.

An answer is replaced after the notebook has run. To replace it earlier, while the cells run, would mean running them again
for each question, with their trainings, and letting code at the top of every cell call the references. So what the cells
kept is searched for by identity instead; where nothing of the old answer was kept, nothing changes.

Only what the notebook wrote is searched: its names, the functions, classes, objects and small containers among them, and what
these hold. An object that a replaced class has made stays as it is. Nothing that the notebook defines is called: not how its
objects compare, hash, read or set an attribute.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import inspect
import types
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import torch

from gatelab.limits import KEPT_DEPTH, KEPT_ENTRIES, NEEDS_INSIDE

# Kinds of values that hold no answer, as most of a namespace does; by their ids, because a class of the notebook may refuse to be hashed.
PLAIN = frozenset(
    map(id, (bool, int, float, complex, str, bytes, type(None), torch.Tensor, types.ModuleType, types.BuiltinFunctionType))
)  # fmt: skip


class AnswerReplacer:
    """Replaces old answers by new ones. `pairs`: (old, new); `homes`: the names of the modules that the notebook wrote."""

    def __init__(self, pairs: Iterable[tuple[Any, Any]], homes: Collection[str]) -> None:
        self.homes = homes
        # By the old one's id; it is kept, so that its id stays its own.
        self.pairs: dict[int, tuple[Any, Any]] = {}
        for old, new in pairs:
            if self.pairs.setdefault(id(old), (old, new))[1] is not new:
                self.pairs[id(old)] = old, old  # one answer under two names: which of the new ones is meant?
        self.seen = set(self.pairs)  # an old answer may be part of the new one, so it stays as it is
        self.new = {id(new): new for _, new in self.pairs.values()}  # and nothing in the new one is replaced
        self.todo: list[Any] = []
        self.nested: dict[int, tuple[Any, Any]] = {}  # containers in containers, and objects: old and new
        self.left = KEPT_ENTRIES

    def within(self, names: dict[str, Any], before: dict[str, Any]) -> None:
        """Replace in a namespace, where it still holds what it held `before`, and in everything that this holds."""
        for name, value in before.items():
            if names.get(name) is value:
                self._put(names.__setitem__, name, value)
        while self.todo:
            self._look_into(self.todo.pop())

    def extend(self, extended: type, base: type, new: type) -> bool:
        """Whether this class could be made to inherit from the new version of its base."""
        self.pairs[id(base)] = base, new
        with contextlib.suppress(Exception):  # Python refuses some bases, `inspect` some functions
            self._bases(extended)
        return new in extended.__bases__

    def is_own(self, value: Any) -> bool:
        """Whether the notebook wrote this."""
        return str(getattr(value, "__module__", None)) in self.homes

    def _put(self, write: Callable[[Any, Any], None], key: Any, value: Any) -> None:
        if id(type(value)) in PLAIN:
            return
        # The classes are the student's: theirs may refuse to be read or changed.
        with contextlib.suppress(Exception):
            new = self._changed(value)
            if new is not value:
                write(key, new)

    def _changed(self, value: Any, depth: int = 0) -> Any:
        """The value with the new answers in it; the value itself where it holds no old one. `depth`: in how many containers it is."""
        self.left -= depth > 0
        if id(value) in self.pairs:
            return self.pairs[id(value)][1]
        if id(value) in self.new:
            return value
        kind = type(value)
        if id(kind) in PLAIN:
            return value
        if base := next((one for one in (dict, list, tuple) if issubclass(kind, one)), None):
            return self._container(value, depth) if base.__len__(value) <= NEEDS_INSIDE else value
        if kind is staticmethod or kind is classmethod:
            return self._rebuilt(value, (value.__func__,), kind, depth=depth)
        if kind is property:
            parts = value.fget, value.fset, value.fdel
            # The new one has the getter's docstring.
            return self._rebuilt(value, parts, property, depth=depth)
        if kind is functools.partial:
            parts = value.func, *value.args
            return self._rebuilt(value, parts, functools.partial, value.keywords, depth)
        if kind is types.FunctionType or issubclass(kind, type):
            if self.is_own(value):
                self.todo.append(value)
        elif (kind is types.SimpleNamespace or self.is_own(kind)) and id(value) not in self.nested:
            self.nested[id(value)] = value, value
            self.todo.append(value)
        return value

    def _rebuilt(
        self,
        value: Any,
        parts: tuple[Any, ...],
        make: Callable[..., Any],
        named: dict[str, Any] | None = None,
        depth: int = 0,
    ) -> Any:
        new = [self._changed(part, depth + 1) for part in parts]
        words = {name: self._changed(part, depth + 1) for name, part in (named or {}).items()}
        pairs = [
            *zip(parts, new, strict=True),
            *((part, words[name]) for name, part in (named or {}).items()),
        ]
        same = all(a is b for a, b in pairs)
        return value if same else make(*new, **words)

    def _container(self, value: Any, depth: int) -> Any:
        """A container, or another in its place if it cannot be changed. What is in a container is looked into once."""
        if depth:
            if id(value) in self.nested:
                return self.nested[id(value)][1]
            if depth > KEPT_DEPTH or self.left < 0:
                return value
            self.nested[id(value)] = value, value  # it may hold itself
        new = value
        if isinstance(value, tuple):
            new = self._rebuilt(
                value, tuple(tuple.__iter__(value)), functools.partial(_like, value), depth=depth
            )
        else:
            self._entries(value, depth)
        if depth:
            self.nested[id(value)] = value, new
        return new

    def _entries(self, value: dict[Any, Any] | list[Any], depth: int) -> None:
        # By the base's own methods: a subclass may have others.
        write: Any = dict.__setitem__ if isinstance(value, dict) else list.__setitem__
        entries = dict.items(value) if isinstance(value, dict) else enumerate(list.__iter__(value))
        for key, entry in list(entries):
            if (new := self._changed(entry, depth + 1)) is not entry and not self.is_own(type(key)):
                write(value, key, new)

    def _look_into(self, value: Any) -> None:
        if id(value) in self.seen:
            return
        self.seen.add(id(value))
        kind = type(value)  # `isinstance` asks the object, too
        if kind is types.FunctionType:
            self._function(value)
            return
        if not issubclass(kind, type):
            self._object(value)
            return
        write = functools.partial(setattr, value)
        for name, entry in list(vars(value).items()):
            self._put(write, name, entry)
        with contextlib.suppress(Exception):
            self._bases(value)

    def _object(self, value: Any) -> None:
        """What an object holds in attributes of its own, unless a replaced class has made it."""
        if self.left < 0 or any(id(one) in self.pairs for one in type(value).__mro__):
            return
        kept = [vars(one).get("__dict__") for one in type(value).__mro__]
        if (held := next((one for one in kept if one is not None), None)) is None:
            return
        if isinstance(held, types.GetSetDescriptorType | types.MemberDescriptorType):
            attributes = held.__get__(value)
            self.left -= 1 + len(attributes)
            write = functools.partial(dict.__setitem__, attributes)
            for name, entry in list(attributes.items()):
                self._put(write, name, entry)

    def _function(self, function: types.FunctionType) -> None:
        write = functools.partial(setattr, function)
        for name in ("__defaults__", "__kwdefaults__"):
            self._put(write, name, getattr(function, name))
        for name, entry in list(vars(function).items()):
            self._put(write, name, entry)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if name == "__class__":
                continue  # what `super()` looks up
            with contextlib.suppress(ValueError):  # an empty cell
                self._put(functools.partial(setattr, cell), "cell_contents", cell.cell_contents)

    def _bases(self, own: type) -> None:
        """Let a class inherit from the new versions of its bases, if it can do with what these have."""
        bases = list(own.__bases__)
        for k, base in enumerate(bases):
            old, new = self.pairs.get(id(base), (base, base))
            if isinstance(new, type) and new is not old and _fits(own, old, new):
                bases[k] = new
            elif self.is_own(base):
                self.todo.append(base)
        if bases != list(own.__bases__):
            own.__bases__ = tuple(bases)


def _like(value: Any, *entries: Any) -> Any:
    """A tuple of the same class, a named one, say."""
    new = tuple.__new__(type(value), entries)
    if held := getattr(value, "__dict__", None):
        new.__dict__.update(held)
    return new


def cells_of(value: Any) -> set[str]:
    """The files in which a function, or the methods of a class, were written."""
    return {code.co_filename for code in _codes(value)}


def _fits(own: type, old: type, new: type) -> bool:
    """Whether a subclass of the old class uses only what the new one has as well.

    A student's own class may have more than the question asks for, in attributes and in arguments. What is built on
    that would not run at all over another class.
    """
    codes = list(_codes(own))
    steps = [step for code in codes for step in dis.get_instructions(code)]
    read = {step.argval for step in steps if step.opname in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")}
    if read & (_has(old) - _has(new)):
        return False
    words = {word for code in codes for const in code.co_consts if isinstance(const, tuple) for word in const}
    return all(
        _takes(getattr(old, name), getattr(new, name), words)
        for name, value in vars(old).items()
        if isinstance(value, types.FunctionType) and isinstance(getattr(new, name, None), types.FunctionType)
    )


def _takes(old: Callable[..., Any], new: Callable[..., Any], words: set[Any]) -> bool:
    """Whether a method takes what is given to the old one: as many arguments, and the names among these `words`."""
    a, b = inspect.signature(old).parameters, inspect.signature(new).parameters
    kinds = [one.kind for one in b.values()]
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    places = [sum(one.kind in by_place for one in each.values()) for each in (a, b)]
    return (places[0] <= places[1] or inspect.Parameter.VAR_POSITIONAL in kinds) and (
        not words & (a.keys() - b.keys()) or inspect.Parameter.VAR_KEYWORD in kinds
    )


def _has(a_class: type) -> set[str]:
    """The attributes of a class and those that its methods set, by a name or by a text."""
    found = set(dir(a_class))
    for one in a_class.__mro__:
        if one.__module__.split(".")[0] in ("torch", "builtins"):
            continue
        for code in _codes(one):
            found |= {step.argval for step in dis.get_instructions(code) if step.opname == "STORE_ATTR"}
            found |= {const for const in code.co_consts if isinstance(const, str)}
    return found


def _codes(value: Any) -> Iterator[types.CodeType]:
    """The code of a function or of a class's methods, with what is defined inside it."""
    functions = (
        [value] if isinstance(value, types.FunctionType) else list(getattr(value, "__dict__", {}).values())
    )
    functions = [getattr(one, "fget", None) or getattr(one, "__func__", one) for one in functions]
    todo = [one.__code__ for one in functions if isinstance(one, types.FunctionType)]
    while todo:
        code = todo.pop()
        yield code
        todo += [const for const in code.co_consts if isinstance(const, types.CodeType)]
