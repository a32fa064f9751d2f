"""Switches off the library's own implementation, for questions that ask students to write it.

However a call is written (a layer, a cell, `torch._VF`, `torch.ops.aten`, a scripted module), it ends in one of a few
operators of PyTorch's dispatcher, which are made to refuse. PyTorch's second versions in Python refuse too. The lab lists
the operators and functions (policy.toml). (Traced code consists of small operations and still runs; uses of `torch.jit`
and the like are reported to staff.)
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from torch._C import DispatchKey, _dispatch_dump, _dispatch_get_all_op_names, _dispatch_library

from gatelab.limits import KERNELS_KEPT

# An operator has a kernel for each kind of tensor (one of them for MKL-DNN), and even a tensor that a kernel does not use affects
# which one is chosen. The following keys compute nothing: they record or prepare a call and pass it on.
PASSING = ("Tracer", "Autocast", "Autograd", "ADInplaceOrView", "Meta")


class _Hits(list[str]):
    """A hashable list. It is a constant in a function's code, and names_read.py caches its results by code object."""

    __hash__ = object.__hash__  # type: ignore[assignment]


HITS = _Hits()  # one entry for each call that was refused in this process
KERNEL = re.compile(r"^(\w+)(?:\[alias\])?: registered at", re.MULTILINE)


def _refusal(says: str) -> Any:
    """The function that replaces the operators and their copies. Its code is put into other functions, so it cannot use names of this
    module; what it needs is stored in its constants."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        hits: Any = "hits"
        hits.append("")
        raise RuntimeError("says")

    code, instead = refuse.__code__, {"says": says, "hits": HITS}
    constants = tuple(
        instead.get(constant, constant) if isinstance(constant, str) else constant
        for constant in code.co_consts
    )
    refuse.__code__ = code.replace(co_consts=constants)
    return refuse


def _refusals(refuse: Any, operators: dict[str, str]) -> Any:
    """Make the operators refuse for as long as the returned object is kept."""
    libraries: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that an operator is overridden
        for operator, key in operators.items():
            space, name = _split(operator)
            if space not in libraries:
                libraries[space] = _dispatch_library("IMPL", space, "", __file__, 0)
            for each in sorted({key, *_kernels(f"{space}::{name}")}):
                libraries[space].impl(name, each, refuse)
    return libraries


def _split(operator: str) -> tuple[str, str]:
    """Namespace and name of an operator; the namespace is aten unless it is written."""
    space, _, name = operator.rpartition("::")
    return space or "aten", name


def operators_of(space: str) -> list[str]:
    """The names of PyTorch's operators in a namespace; "": in aten."""
    return [
        name
        for each in _dispatch_get_all_op_names()
        for at, name in [_split(each)]
        if at == (space or "aten")
    ]


def is_operator(operator: str) -> bool:
    """Whether this PyTorch has it. (Overriding one that does not exist succeeds, and withholds nothing.)"""
    return _dispatch_dump("::".join(_split(operator))) != ""


def dispatch_keys() -> list[str]:
    """The names of PyTorch's dispatch keys."""
    return list(DispatchKey.__members__)


@lru_cache(maxsize=KERNELS_KEPT)
def _kernels(operator: str) -> frozenset[str]:
    """The dispatch keys at which an operator computes."""
    with contextlib.suppress(RuntimeError):  # this PyTorch has no such operator
        found = KERNEL.findall(_dispatch_dump(operator))
        return frozenset(key for key in found if key != "debug" and not key.startswith(PASSING))
    return frozenset()


def withhold(says: str, operators: dict[str, str], copies: list[str]) -> None:
    """Make them refuse for the rest of this process. There is no object that the notebook's code could use to undo it.

    Args:
        says: the message of the RuntimeError that a call raises.
        operators: operators of aten, or `space::name` in another namespace → the dispatch key that is overridden, along with
            all others at which the operator has a kernel of its own.
        copies: "module:name" of Python functions that compute the same.
    """
    refuse = _refusal(says)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_refusals(refuse, operators)))
    for copy in copies:
        module, _, name = copy.partition(":")
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        found.__code__ = refuse.__code__


@contextlib.contextmanager
def withheld(says: str, operators: dict[str, str]) -> Iterator[None]:
    """Make them refuse temporarily: the examiner, which repeats calls with staff code, needs the library afterwards."""
    libraries = _refusals(_refusal(says), operators)
    try:
        yield
    finally:
        del libraries
