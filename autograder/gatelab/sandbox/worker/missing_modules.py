"""Empty replacements for modules that a notebook imports and this machine lacks, for notebooks that use them only to draw or log.

They are used only when code that was stopped by an ImportError is repeated, so a notebook that tests whether a module is
installed (`try: import …`) gets the true answer. Code that needs a value from such a module fails with a message that the
module is missing.
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

from gatelab.limits import ABSENT_MODULES, MODULES_KEPT

# Special methods that need a value.
VALUE_METHODS = (
    "add", "radd", "sub", "rsub", "mul", "rmul", "matmul", "rmatmul", "truediv", "rtruediv", "pow", "rpow", "neg", "abs",
    "lt", "le", "gt", "ge", "bool", "len", "int", "float", "index", "iter", "next", "contains", "array", "torch_function",
)  # fmt: skip


class Absent:
    """An attribute of a missing module. It can be called, entered or used as a decorator, but has no value.

    whole: whether the whole module is missing, not just this name in it.
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
        """A subclass is created without this base; if the base is called …Module, PyTorch's Module takes its place."""
        return (torch.nn.Module,) if self._name.endswith("Module") else ()

    def __repr__(self) -> str:
        return (
            f"<{self._module} is not installed>" if self._whole else f"<{self._module} has no {self._name}>"
        )


def _refuse_value(self: Absent, *_: Any, **__: Any) -> Any:
    if not self._whole:
        raise ImportError(f"cannot import name {self._name!r} from {self._module!r}", name=self._module)
    raise ModuleNotFoundError(f"No module named {self._module!r}", name=self._module)


for _name in VALUE_METHODS:
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

    `unusable`: installed modules that need a missing library → that library.
    """

    def __init__(self) -> None:
        self.roots: set[str] = set()
        self.unusable: dict[str, str] = {}
        self.last = ""  # the root that was added last

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if self._misses(name) else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _AbsentModule(spec.name, self._misses(spec.name))

    def _misses(self, name: str) -> str:
        """The missing library that a module belongs to or needs; "" if none."""
        for unusable, library in self.unusable.items():
            if name == unusable or name.startswith(f"{unusable}."):
                return library
        root = name.partition(".")[0]
        return root if root in self.roots else ""

    def exec_module(self, module: types.ModuleType) -> None: ...


@contextlib.contextmanager
def _using(finder: _Finder) -> Iterator[None]:
    """Use the finder temporarily. Afterwards the modules are missing again."""
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _AbsentModule)]:
            del sys.modules[name]


def run_with_empty_modules(run: Callable[[], Any], error: ImportError) -> Any:
    """Repeat `run()`, with an empty module for each one that it cannot import.

    error: what stopped it the first time; raised again if it is not about a missing library.
    """
    finder, root = _Finder(), ""
    with _using(finder):
        while len(finder.roots) + len(finder.unusable) < ABSENT_MODULES:
            named = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else root
            unusable = _unusable_module(error) if named in finder.roots else ""
            if named not in finder.roots and _is_missing(named):
                root = named
                finder.roots.add(root)
            elif unusable and unusable not in finder.unusable:
                finder.unusable[unusable] = named
            else:
                raise error
            try:
                return run()
            except ImportError as another:
                error = another
    raise error


def _unusable_module(error: ImportError) -> str:
    """The module whose import failed (`torch.utils.tensorboard` without its library); "" if there is none."""
    frames = [f for f, _ in traceback.walk_tb(error.__traceback__) if f.f_code.co_name == "<module>"]
    name = frames[-1].f_globals.get("__name__") if frames else None
    return name if isinstance(name, str) and name != "__main__" else ""


def import_available_names(node: ast.stmt, namespace: dict[str, Any]) -> bool:
    """Execute a `from … import a, b` if the module lacks some of the names. Returns False for any other statement."""
    if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
        return False
    importlib.import_module(node.module)
    available = {alias.name: _attribute_or_submodule(node.module, alias.name) for alias in node.names}
    if not any(isinstance(value, Absent) for value in available.values()):
        return False
    namespace.update({alias.asname or alias.name: available[alias.name] for alias in node.names})
    return True


def _attribute_or_submodule(module: str, name: str) -> Any:
    """A module's attribute or submodule of this name; an Absent if there is neither."""
    missing = Absent(module, name, whole=False)
    value = getattr(sys.modules[module], name, missing)
    if value is missing:
        with contextlib.suppress(ImportError):
            return importlib.import_module(f"{module}.{name}")
    return value


_PERMANENT = _Finder()


def substitute_missing(error: ImportError) -> bool:
    """From now on, use an empty module in place of one that an import inside a function did not find, or in place of a
    module that cannot be imported without it.

    Returns False if the error names no missing module, or one that has been replaced already.
    """
    if len(_PERMANENT.roots) + len(_PERMANENT.unusable) >= ABSENT_MODULES:
        return False
    # The notebook may have raised it, with anything as the name.
    named = error.name if isinstance(error, ModuleNotFoundError) and isinstance(error.name, str) else ""
    root = named.partition(".")[0]
    if _is_missing(root) and root not in _PERMANENT.roots:
        _PERMANENT.roots.add(root)
        _PERMANENT.last = root
    elif (
        not named
        and _PERMANENT.roots
        and (unusable := _unusable_module(error))
        and unusable not in _PERMANENT.unusable
    ):
        _PERMANENT.unusable[unusable] = _PERMANENT.last
    else:
        return False
    if _PERMANENT not in sys.meta_path:
        sys.meta_path.insert(0, _PERMANENT)
    return True


def _is_missing(root: str) -> bool:
    """Whether it is a library that is not installed (and not part of one that is)."""
    return bool(root) and root != "gatelab" and root not in sys.modules and not _is_installed(root)


@functools.lru_cache(maxsize=MODULES_KEPT)
def _is_installed(root: str) -> bool:
    return importlib.machinery.PathFinder.find_spec(root) is not None
