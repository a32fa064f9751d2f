"""Replaces an answer wherever the notebook kept it: under another name, as a default argument, in a class.

An answer is replaced after the notebook has run. To replace it while the cells run, they would have to be run again for each
question, training included, and top-level code in every cell could call the references. So the objects that the cells created
are searched for the old answer, by identity; if it was not kept anywhere, nothing changes.

Only what the notebook defined is searched: its names, the functions, classes, objects and small containers among them, and
their contents. Instances of a replaced class stay as they are. Nothing that the notebook defines is called, neither its `__eq__`
and `__hash__` nor its attribute access.
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

# Types whose values contain no answer, as most of a namespace does; by id, because a class in the notebook may be unhashable.
PLAIN = frozenset(
    map(id, (bool, int, float, complex, str, bytes, type(None), torch.Tensor, types.ModuleType, types.BuiltinFunctionType))
)  # fmt: skip


class AnswerReplacer:
    """Replaces old answers by new ones. `pairs`: (old, new); `own_modules`: the names of the modules that the notebook wrote."""

    def __init__(self, pairs: Iterable[tuple[Any, Any]], own_modules: Collection[str]) -> None:
        self.own_modules = own_modules
        # By the id of the old answer, which is kept so that no other object gets this id.
        self.pairs: dict[int, tuple[Any, Any]] = {}
        for old, new in pairs:
            if self.pairs.setdefault(id(old), (old, new))[1] is not new:
                self.pairs[id(old)] = (
                    old,
                    old,
                )  # one answer under two names: it is unclear which new one is meant
        self.seen = set(self.pairs)  # an old answer may be part of the new one, so it stays as it is
        self.new = {id(new): new for _, new in self.pairs.values()}  # and nothing in the new one is replaced
        self.todo: list[Any] = []
        self.nested: dict[int, tuple[Any, Any]] = {}  # nested containers, and objects: old and new
        self.left = KEPT_ENTRIES

    def replace_in(self, names: dict[str, Any], before: dict[str, Any]) -> None:
        """Replace in a namespace, in the names that still have the value they had `before`, and in everything that those contain."""
        for name, value in before.items():
            if names.get(name) is value:
                self._replace(names.__setitem__, name, value)
        while self.todo:
            self._search(self.todo.pop())

    def extend(self, extended: type, base: type, new: type) -> bool:
        """Whether this class could be made to inherit from the new version of its base."""
        self.pairs[id(base)] = base, new
        with contextlib.suppress(Exception):  # Python refuses some bases, `inspect` some functions
            self._replace_bases(extended)
        return new in extended.__bases__

    def is_own(self, value: Any) -> bool:
        """Whether the notebook wrote this."""
        return str(getattr(value, "__module__", None)) in self.own_modules

    def _replace(self, write: Callable[[Any, Any], None], key: Any, value: Any) -> None:
        if id(type(value)) in PLAIN:
            return
        # The student's classes may refuse to be read or changed.
        with contextlib.suppress(Exception):
            new = self._with_new_answers(value)
            if new is not value:
                write(key, new)

    def _with_new_answers(self, value: Any, depth: int = 0) -> Any:
        """The value with the new answers in it; the value itself if it contains no old one. `depth`: the number of containers around it."""
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
            # The docstring is taken from the getter.
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
        new = [self._with_new_answers(part, depth + 1) for part in parts]
        keywords = {name: self._with_new_answers(part, depth + 1) for name, part in (named or {}).items()}
        pairs = [
            *zip(parts, new, strict=True),
            *((part, keywords[name]) for name, part in (named or {}).items()),
        ]
        same = all(a is b for a, b in pairs)
        return value if same else make(*new, **keywords)

    def _container(self, value: Any, depth: int) -> Any:
        """The container itself, or a new one if it is immutable. The contents of a container are searched once."""
        if depth:
            if id(value) in self.nested:
                return self.nested[id(value)][1]
            if depth > KEPT_DEPTH or self.left < 0:
                return value
            self.nested[id(value)] = value, value  # it may hold itself
        new = value
        if isinstance(value, tuple):
            new = self._rebuilt(
                value, tuple(tuple.__iter__(value)), functools.partial(_tuple_like, value), depth=depth
            )
        else:
            self._replace_entries(value, depth)
        if depth:
            self.nested[id(value)] = value, new
        return new

    def _replace_entries(self, value: dict[Any, Any] | list[Any], depth: int) -> None:
        # With the methods of the base, since a subclass may override them.
        write: Any = dict.__setitem__ if isinstance(value, dict) else list.__setitem__
        entries = dict.items(value) if isinstance(value, dict) else enumerate(list.__iter__(value))
        for key, entry in list(entries):
            if (new := self._with_new_answers(entry, depth + 1)) is not entry and not self.is_own(type(key)):
                write(value, key, new)

    def _search(self, value: Any) -> None:
        if id(value) in self.seen:
            return
        self.seen.add(id(value))
        kind = type(value)  # `isinstance` would also ask the object
        if kind is types.FunctionType:
            self._search_function(value)
            return
        if not issubclass(kind, type):
            self._search_object(value)
            return
        write = functools.partial(setattr, value)
        for name, entry in list(vars(value).items()):
            self._replace(write, name, entry)
        with contextlib.suppress(Exception):
            self._replace_bases(value)

    def _search_object(self, value: Any) -> None:
        """Search an object's own attributes, unless it is an instance of a replaced class."""
        if self.left < 0 or any(id(one) in self.pairs for one in type(value).__mro__):
            return
        slots = [vars(one).get("__dict__") for one in type(value).__mro__]
        if (slot := next((one for one in slots if one is not None), None)) is None:
            return
        if isinstance(slot, types.GetSetDescriptorType | types.MemberDescriptorType):
            attributes = slot.__get__(value)
            self.left -= 1 + len(attributes)
            write = functools.partial(dict.__setitem__, attributes)
            for name, entry in list(attributes.items()):
                self._replace(write, name, entry)

    def _search_function(self, function: types.FunctionType) -> None:
        write = functools.partial(setattr, function)
        for name in ("__defaults__", "__kwdefaults__"):
            self._replace(write, name, getattr(function, name))
        for name, entry in list(vars(function).items()):
            self._replace(write, name, entry)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if name == "__class__":
                continue  # the cell that `super()` uses
            with contextlib.suppress(ValueError):  # an empty cell
                self._replace(functools.partial(setattr, cell), "cell_contents", cell.cell_contents)

    def _replace_bases(self, own: type) -> None:
        """Let a class inherit from the new versions of its bases, if those have everything that it uses."""
        bases = list(own.__bases__)
        for k, base in enumerate(bases):
            old, new = self.pairs.get(id(base), (base, base))
            if isinstance(new, type) and new is not old and _can_switch_base(own, old, new):
                bases[k] = new
            elif self.is_own(base):
                self.todo.append(base)
        if bases != list(own.__bases__):
            own.__bases__ = tuple(bases)


def _tuple_like(value: Any, *entries: Any) -> Any:
    """A tuple of the same class (a named tuple, for example)."""
    new = tuple.__new__(type(value), entries)
    if slot := getattr(value, "__dict__", None):
        new.__dict__.update(slot)
    return new


def source_files(value: Any) -> set[str]:
    """The files in which a function, or the methods of a class, were written."""
    return {code.co_filename for code in _codes(value)}


def _can_switch_base(own: type, old: type, new: type) -> bool:
    """Whether a subclass of the old class uses only what the new class also has.

    A student's class may have more attributes and arguments than the question asks for. A subclass that uses them would not
    run at all with another base.
    """
    codes = list(_codes(own))
    steps = [step for code in codes for step in dis.get_instructions(code)]
    read = {step.argval for step in steps if step.opname in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")}
    if read & (_attributes_of(old) - _attributes_of(new)):
        return False
    keywords = {
        keyword for code in codes for const in code.co_consts if isinstance(const, tuple) for keyword in const
    }
    return all(
        _accepts(getattr(old, name), getattr(new, name), keywords)
        for name, value in vars(old).items()
        if isinstance(value, types.FunctionType) and isinstance(getattr(new, name, None), types.FunctionType)
    )


def _accepts(old: Callable[..., Any], new: Callable[..., Any], keywords: set[Any]) -> bool:
    """Whether a method accepts what the old one is given: as many arguments, and those of its keyword arguments that are in `keywords`."""
    a, b = inspect.signature(old).parameters, inspect.signature(new).parameters
    kinds = [one.kind for one in b.values()]
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    places = [sum(one.kind in by_place for one in each.values()) for each in (a, b)]
    return (places[0] <= places[1] or inspect.Parameter.VAR_POSITIONAL in kinds) and (
        not keywords & (a.keys() - b.keys()) or inspect.Parameter.VAR_KEYWORD in kinds
    )


def _attributes_of(cls: type) -> set[str]:
    """The attributes of a class and those that its methods set, by name or with a string (`setattr`)."""
    found = set(dir(cls))
    for one in cls.__mro__:
        if one.__module__.split(".")[0] in ("torch", "builtins"):
            continue
        for code in _codes(one):
            found |= {step.argval for step in dis.get_instructions(code) if step.opname == "STORE_ATTR"}
            found |= {const for const in code.co_consts if isinstance(const, str)}
    return found


def _codes(value: Any) -> Iterator[types.CodeType]:
    """The code of a function or of a class's methods, nested functions included."""
    functions = (
        [value] if isinstance(value, types.FunctionType) else list(getattr(value, "__dict__", {}).values())
    )
    functions = [getattr(one, "fget", None) or getattr(one, "__func__", one) for one in functions]
    todo = [one.__code__ for one in functions if isinstance(one, types.FunctionType)]
    while todo:
        code = todo.pop()
        yield code
        todo += [const for const in code.co_consts if isinstance(const, types.CodeType)]
