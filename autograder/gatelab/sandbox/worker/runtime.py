"""Handles the requests to a worker: calls the student's functions, in the process that holds the student's objects.

A `Runtime` holds the namespace of a loaded notebook. A request is a dict of plain values (made by
testkit/student.py); so is the answer. Whatever the student's code raises becomes part
of the answer. The examiner uses the same class in its own process for wheat and chaff, which staff wrote.
"""

from __future__ import annotations

import builtins
import functools
import random
import traceback
import types
from collections import ChainMap
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from gatelab.handed_out.checking.leftovers import put_back, switched, watched
from gatelab.limits import DRIVERS_KEPT, MESSAGE_LIMIT, NAME_LIMIT, TRACEBACK_FRAMES, TRACEBACK_LIMIT
from gatelab.sandbox.worker.lines import cell_of
from gatelab.sandbox.worker.replace_answers import AnswerReplacer, source_files
from gatelab.sandbox.worker.values import Shelf, leaves
from gatelab.sandbox.worker.written_modules import WrittenModules

NUMBERS = (torch.Tensor, np.ndarray)
CPU = torch.device("cpu")
BUILTINS = frozenset(vars(builtins)) - {"__name__", "__doc__", "__loader__", "__package__", "__spec__"}
REFERENCE = "reference"  # the module name of staff-written code
NOT_WRITTEN = "NotWritten"  # the type of a stub's NotImplementedError


class NotDefined(Exception):
    """The notebook has no such name."""


class Names(ChainMap[str, Any]):
    """The notebook's namespace as seen by staff's drivers: a missing name raises NotDefined."""

    def __missing__(self, name: str) -> Any:
        raise NotDefined(name)


class WatchedNames(Names):
    """The same, recording what each call of a function leaves changed (`left`: which function, what)."""

    def __init__(self, namespace: dict[str, Any], left: list[tuple[str, str]]) -> None:
        super().__init__(namespace)
        self.left = left

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if isinstance(value, type) or not callable(value):
            return value

        @functools.wraps(value)
        def call(*args: Any, **kwargs: Any) -> Any:
            found: list[str] = []
            try:
                return watched(value, found, value)(*args, **kwargs)
            finally:
                self.left += [(name, kind) for kind in found]

        return call


class Runtime:
    """The namespace of a loaded notebook and the objects made from it."""

    def __init__(self, namespace: dict[str, Any], written: WrittenModules) -> None:
        self.namespace, self.written = namespace, written
        self.shelf = Shelf()
        self.count = 0
        self.left: list[tuple[str, str]] = []
        self.import_error: ImportError | None = (
            None  # the exception of the last request, if it was an ImportError
        )

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Handle a request; returns `{"value", …}` or `{"error": {type, message, frames, traceback}}`.

        If calls left something changed, it is restored, and `left` in the answer lists it: `[(function, kind), …]`
        (leftovers.py).
        """
        # The same request must get the same random numbers in a worker and in a replay with a chaff (which injects nothing).
        self.count += request.get("op") != "inject"
        torch.default_generator.manual_seed(self.count)
        random.seed(self.count)
        np.random.seed(self.count)
        # The last cell may have changed such a switch (`torch.set_grad_enabled(False)`); a function is graded independently of that.
        put_back({"grad-mode": True, "inference-mode": False, "autocast": False, "default-device": CPU})
        self.left, self.import_error = [], None
        found: list[str] = []
        answer: dict[str, Any]
        try:
            with switched(found):
                answer = getattr(self, "do_" + request["op"])(**request["arguments"])
        except BaseException as error:
            answer = {"error": describe(error)}
            self.import_error = error if isinstance(error, ImportError) else None
        left = dict.fromkeys([*self.left, *(("", kind) for kind in found)])
        return answer | {"left": list(left)} if left else answer

    def do_has(self, name: str) -> dict[str, Any]:
        return {"value": name in self.namespace}

    def do_define(self, source: str) -> dict[str, Any]:
        """Run staff-written code with the notebook's names, except those of Python's builtins: a late cell may have bound `list`."""
        before = dict(self.namespace)
        known = {name: value for name, value in before.items() if name not in BUILTINS}
        names = dict(known)
        exec(_compiled(source), names)
        for name in known.keys() - names.keys():
            del self.namespace[name]
        self.namespace.update({n: v for n, v in names.items() if n not in known or known[n] is not v})
        self._replace_kept_answers(before)
        return {"value": None}

    def do_inject(self, sources: list[str], names: list[str], into: list[str]) -> dict[str, Any]:
        """Put staff-written `names` into the notebook, for a question that asks for the names `into`; their helper functions stay
        in a separate namespace."""
        staff_names: dict[str, Any] = {"__name__": REFERENCE}
        for source in sources:
            exec(compile(source, "<reference>", "exec"), staff_names)
        before = dict(self.namespace)
        extended = {name for name in names if self._extends(name, staff_names[name], into)}
        self.namespace.update({name: staff_names[name] for name in names if name not in extended})
        self._replace_kept_answers(before)
        return {"value": None}

    def _extends(self, name: str, new: Any, into: list[str]) -> bool:
        """Whether a name is bound to a subclass of the student's earlier answer, which now extends the new version.

        `class Layer(Layer)` in the cell of a later question belongs to that question's answer, so only its base is replaced.
        """
        own = self.namespace.get(name)
        if not isinstance(own, type) or not isinstance(new, type):
            return False
        here = source_files(own)
        if not here & set().union(*(source_files(self.namespace.get(other)) for other in into)):
            return False
        for base in own.__bases__:
            if base.__name__ == name and source_files(base) and not source_files(base) & here:
                replacer = AnswerReplacer([], self._own_modules(self.written.loaded()))
                return replacer.is_own(base) and replacer.extend(own, base, new)
        return False

    def _replace_kept_answers(self, before: dict[str, Any]) -> None:
        """Replace the old values wherever the notebook, or a module that it wrote, kept them, so that an answer in
        `%%writefile layers.py` calls the new step.
        """
        names = self.namespace
        changed = {n: v for n, v in before.items() if callable(v) and n in names and names[n] is not v}
        if not changed:
            return
        modules = self.written.loaded()
        own_modules = self._own_modules(modules)
        own = {
            n: v
            for n, v in changed.items()
            if isinstance(v, functools.partial)
            or str(getattr(v, "__module__", None)) in {*own_modules, REFERENCE}
        }
        replacer = AnswerReplacer([(v, names[n]) for n, v in own.items()], own_modules)
        replacer.replace_in(names, before)
        for module in modules:
            held = vars(module)
            held.update({n: names[n] for n, v in changed.items() if held.get(n) is v})
            replacer.replace_in(held, dict(held))

    def _own_modules(self, modules: list[Any]) -> set[str]:
        """The names of the modules whose functions and classes the notebook wrote: its own, and those of `modules`."""
        return {str(self.namespace.get("__name__")), *(module.__name__ for module in modules)}

    def do_run(self, source: str, values: dict[str, Any]) -> dict[str, Any]:
        # The driver has its own globals, so that its helpers do not end up among the student's names.
        driver: dict[str, Any] = {"__name__": "driver", "torch": torch}
        exec(_compiled(source), driver)
        return {"value": driver["main"](WatchedNames(self.namespace, self.left), **values)}

    def do_call(
        self,
        target: Any,
        method: str | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        upstream: Any,
        parameters: bool,
    ) -> dict[str, Any]:
        function = self._find(target)
        wanted = dict(leaves(args)) | dict(leaves(kwargs))
        if parameters and isinstance(function, torch.nn.Module):
            # A layer may be registered under a second name: each of its names counts.
            named = function.named_parameters(remove_duplicate=False)
            inputs = wanted | {f"param:{name}": p for name, p in named}
        else:
            inputs = wanted
        value = self._call(function, method, args, kwargs, target if isinstance(target, str) else "")
        answer: dict[str, Any] = {"value": value}
        if upstream is not None:
            answer |= _backward(value, upstream, {n: t for n, t in inputs.items() if t.requires_grad})
        # Looked up after the call, which may have replaced the items of a list that it was given.
        after = dict(leaves(args, kind=NUMBERS)) | dict(leaves(kwargs, kind=NUMBERS))
        answer["after"] = {
            path: one.detach() if isinstance(one, torch.Tensor) else one for path, one in after.items()
        }
        return answer

    def do_attr(self, target: Any, name: str) -> dict[str, Any]:
        return {"value": getattr(self._find(target), name)}

    def do_state_dict(self, target: Any) -> dict[str, Any]:
        return {"value": dict(self._find(target).state_dict())}

    def do_load_state_dict(
        self, target: Any, state: dict[str, torch.Tensor], strict: bool = True
    ) -> dict[str, Any]:
        module = self._find(target)
        if state:
            dtype = next(iter(state.values())).dtype
            module.to(dtype)
        module.load_state_dict(state, strict=strict)
        return {"value": None}

    def _call(
        self, target: Any, method: str | None, args: tuple[Any, ...], kwargs: dict[str, Any], name: str
    ) -> Any:
        function: Callable[..., Any] = getattr(target, method) if method else target
        if method and getattr(type(target), method, None) is getattr(torch.nn.Module, method, ()):
            return function(*args, **kwargs)  # not watched: `eval()` is meant to change something
        found: list[str] = []
        try:
            return watched(function, found, target, restore=True)(*args, **kwargs)
        finally:
            self.left += [(name or type(target).__name__, kind) for kind in found]

    def _find(self, target: Any) -> Any:
        if not isinstance(target, str):
            return target  # a reference, already looked up on the shelf
        return Names(self.namespace)[target]


@functools.lru_cache(maxsize=DRIVERS_KEPT)
def _compiled(source: str) -> types.CodeType:
    """Cached, because a suite sends the same driver many times."""
    return compile(source, "<grader>", "exec")


def _backward(value: Any, upstream: Any, inputs: dict[str, torch.Tensor]) -> dict[str, Any]:
    """Backpropagate `upstream` from the tensors of `value`. A gradient is None if its tensor is not connected."""
    upstream_at = dict(leaves(upstream))
    outputs = [(t, upstream_at[path]) for path, t in leaves(value) if path in upstream_at and t.requires_grad]
    nothing = {"grads": dict.fromkeys(inputs)}
    if not outputs or not inputs:
        return nothing
    if any(t.shape != g.shape for t, g in outputs):
        return nothing | {"grad_error": "the results have other shapes than the upstream gradients"}
    try:
        grads = torch.autograd.grad(
            [t for t, _ in outputs],
            list(inputs.values()),
            [g.to(t.dtype) for t, g in outputs],
            allow_unused=True,
        )
    except RuntimeError as error:
        return nothing | {"grad_error": str(error)[:MESSAGE_LIMIT]}
    return {"grads": dict(zip(inputs, grads, strict=True))}


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as plain values. `frames`: the lines of the notebook's cells in its traceback, outermost first, each as
    `{cell, line, function}`."""
    places = [
        (frame.filename, frame.lineno or 0, frame.name) for frame in traceback.extract_tb(error.__traceback__)
    ]
    syntax = None
    if isinstance(error, SyntaxError) and cell_of(str(error.filename)) is not None:
        syntax = error
        places.append((str(error.filename), error.lineno or 1, ""))
    frames = [
        {"cell": cell, "line": line, "function": function[:NAME_LIMIT]}
        for filename, line, function in places
        if (cell := cell_of(filename)) is not None
    ]
    try:
        # str() of a syntax error would repeat the place.
        message = str(error if syntax is None else syntax.msg)[:MESSAGE_LIMIT]
    except BaseException:
        message = "(its message could not be read)"
    kept = "".join(traceback.format_exception(error, limit=-TRACEBACK_FRAMES))[-TRACEBACK_LIMIT:]
    kind = type(error).__name__[:NAME_LIMIT]
    # PyTorch raises the same type for operations that it does not support.
    last = places[-1][0] if places else "<"
    if kind == "NotImplementedError" and (last.startswith("<") or cell_of(last) is not None):
        kind = NOT_WRITTEN
    described = {"type": kind, "message": message, "frames": frames[-TRACEBACK_FRAMES:], "traceback": kept}
    missing = getattr(error, "name", None) if isinstance(error, NameError) else None
    return described | ({"missing": missing[:NAME_LIMIT]} if isinstance(missing, str) else {})
