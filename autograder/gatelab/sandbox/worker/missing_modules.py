"""Empty replacements for modules that a notebook imports and this machine lacks, for code that only draws or logs with them.

They are used only to repeat code that an ImportError has stopped, so a notebook that tests whether a module is installed
(`try: import …`) gets the true answer. Code that needs a value from such a module fails with a message that it is missing.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import sys
import traceback
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from gatelab.limits import ABSENT_MODULES

# Special methods by which code asks for a value.
ASKING = (
    "add", "radd", "sub", "rsub", "mul", "rmul", "matmul", "rmatmul", "truediv", "rtruediv", "pow", "rpow", "neg", "abs",
    "lt", "le", "gt", "ge", "bool", "len", "int", "float", "index", "iter", "next", "contains", "array", "torch_function",
)  # fmt: skip


class Absent:
    """An attribute of a missing module. It can be called, entered or used as a decorator, but has no value.

    whole: whether the whole module is missing, and not only this name in it.
    """

    def __init__(self, module: str, name: str = "", whole: bool = True) -> None:
        self.__dict__.update(_module=module, _name=name, _whole=whole)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Absent(self._module, name) if self._whole else self

    def __setattr__(self, name: str, value: Any) -> None: ...

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __getitem__(self, key: Any) -> Absent:
        if isinstance(key, int):  # iteration by index would never end
            _refuse_value(self)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As a decorator, returns the decorated object unchanged."""
        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType | type):
            return args[0]
        return self

    def __enter__(self) -> Absent:
        return self

    def __exit__(self, *_: object) -> None: ...

    def __or__(self, other: Any) -> Any:  # in annotations
        return self

    __ror__ = __or__

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        """A subclass is made without this base; if the base is called …Module, PyTorch's is used instead."""
        return (torch.nn.Module,) if self._name.endswith("Module") else ()

    def __repr__(self) -> str:
        return (
            f"<{self._module} is not installed>" if self._whole else f"<{self._module} has no {self._name}>"
        )


def _refuse_value(self: Absent, *_: Any, **__: Any) -> Any:
    if not self._whole:
        raise ImportError(f"cannot import name {self._name!r} from {self._module!r}", name=self._module)
    raise ModuleNotFoundError(f"No module named {self._module!r}", name=self._module)


for _name in ASKING:
    setattr(Absent, f"__{_name}__", _refuse_value)


class _AbsentModule(types.ModuleType):
    def __init__(self, name: str, missing: str) -> None:
        super().__init__(name)
        self.__dict__["_missing"] = missing

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Absent(self._missing, name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules below the given roots, as empty modules.

    `closed`: installed modules that need a missing library → that library.
    """

    def __init__(self) -> None:
        self.roots: set[str] = set()
        self.closed: dict[str, str] = {}
        self.last = ""  # the root that was added last

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if self._misses(name) else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _AbsentModule(spec.name, self._misses(spec.name))

    def _misses(self, name: str) -> str:
        """The missing library that a module belongs to or needs; "" if none."""
        for closed, library in self.closed.items():
            if name == closed or name.startswith(f"{closed}."):
                return library
        root = name.partition(".")[0]
        return root if root in self.roots else ""

    def exec_module(self, module: types.ModuleType) -> None: ...


@contextlib.contextmanager
def _found(finder: _Finder) -> Iterator[None]:
    """Use the finder temporarily. Afterwards the modules are missing again."""
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _AbsentModule)]:
            del sys.modules[name]


def without_missing(run: Callable[[], Any], error: ImportError) -> Any:
    """Repeat `run()`, with an empty module in place of each one that it cannot import.

    error: what stopped it before; raised again if it is not about a missing library.
    """
    finder, root = _Finder(), ""
    with _found(finder):
        while len(finder.roots) + len(finder.closed) < ABSENT_MODULES:
            named = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else root
            closed = _closed_by(error) if named in finder.roots else ""
            if named not in finder.roots and _is_missing(named):
                root = named
                finder.roots.add(root)
            elif closed and closed not in finder.closed:
                finder.closed[closed] = named
            else:
                raise error
            try:
                return run()
            except ImportError as another:
                error = another
    raise error


def _closed_by(error: ImportError) -> str:
    """The module whose import failed (`torch.utils.tensorboard` without its library); "" if there is none."""
    frames = [f for f, _ in traceback.walk_tb(error.__traceback__) if f.f_code.co_name == "<module>"]
    name = frames[-1].f_globals.get("__name__") if frames else None
    return name if isinstance(name, str) and name != "__main__" else ""


def name_by_name(node: ast.stmt, namespace: dict[str, Any]) -> bool:
    """Execute a `from … import a, b` if the module lacks some of the names. Returns False for any other statement."""
    if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
        return False
    importlib.import_module(node.module)
    there = {alias.name: _part(node.module, alias.name) for alias in node.names}
    if not any(isinstance(value, Absent) for value in there.values()):
        return False
    namespace.update({alias.asname or alias.name: there[alias.name] for alias in node.names})
    return True


def _part(module: str, name: str) -> Any:
    """A module's attribute or submodule of this name; an Absent if there is neither."""
    missing = Absent(module, name, whole=False)
    value = getattr(sys.modules[module], name, missing)
    if value is missing:
        with contextlib.suppress(ImportError):
            return importlib.import_module(f"{module}.{name}")
    return value


_FOR_GOOD = _Finder()


def stand_in(error: ImportError) -> bool:
    """From now on, use an empty module for one that an import inside a function did not find, or for one that cannot be
    imported without it.

    Returns False if the error names no missing module, or one that has been replaced already.
    """
    if len(_FOR_GOOD.roots) + len(_FOR_GOOD.closed) >= ABSENT_MODULES:
        return False
    # Whoever raises it may name anything.
    named = error.name if isinstance(error, ModuleNotFoundError) and isinstance(error.name, str) else ""
    root = named.partition(".")[0]
    if _is_missing(root) and root not in _FOR_GOOD.roots:
        _FOR_GOOD.roots.add(root)
        _FOR_GOOD.last = root
    elif not named and _FOR_GOOD.roots and (closed := _closed_by(error)) and closed not in _FOR_GOOD.closed:
        _FOR_GOOD.closed[closed] = _FOR_GOOD.last
    else:
        return False
    if _FOR_GOOD not in sys.meta_path:
        sys.meta_path.insert(0, _FOR_GOOD)
    return True


def _is_missing(root: str) -> bool:
    """Whether it is a library that is not installed (and not part of one that is)."""
    return bool(root) and root != "gatelab" and root not in sys.modules and not _is_here(root)


@functools.lru_cache(maxsize=256)
def _is_here(root: str) -> bool:
    return importlib.machinery.PathFinder.find_spec(root) is not None
