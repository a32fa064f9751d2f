"""The `student` fixture of hidden tests: calls that look local and run in the worker.

    reply = student.softmax(logits, upstream=g)
    reply.value               # what was returned, a tensor
    reply.grads["0"]          # the gradient of the first argument
    layer = student.make("Layer", 3, 5)     # stays in the worker; `layer` refers to it
    layer(x).grads["param:weight"]

Expected values stay in this process. Replies are data from a hostile process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from gatelab.handed_out.checking.grammar import with_article
from gatelab.handed_out.checking.plain import meaning
from gatelab.handed_out.limits import KEYS_SHOWN
from gatelab.handed_out.lists import listed
from gatelab.limits import NAMES_SHOWN, SHAPE_LIMIT
from gatelab.report.record.curve import Curve
from gatelab.report.record.model import Kind
from gatelab.sandbox.lost import WorkerLost
from gatelab.sandbox.worker.values import Ref
from gatelab.testkit.failed import StudentError
from gatelab.testkit.words import OTHER_NAME, Words, WorkerText

# The worker's exception types for a missing answer.
NOT_WRITTEN, NOT_DEFINED = "NotWritten", "NotDefined"
MISSING = {NOT_WRITTEN: Kind.UNTOUCHED, NOT_DEFINED: Kind.NOT_DEFINED}
# Where the student's own code stands if a stub's line ended the call: in the same function, or elsewhere in the class.
BESIDE, ELSEWHERE = "beside", "elsewhere"


class Backend(Protocol):
    """Where the student's code runs."""

    def request(self, request: dict[str, Any], replay: bool = True) -> dict[str, Any]:
        """Answer a request of sandbox/worker/runtime.py. Raises WorkerLost."""
        ...


@dataclass(frozen=True)
class RemoteError:
    """An exception raised by the student's code, in words that may be shown (words.py)."""

    type: str
    message: str
    line: str = ""  # in the form of `Words.line`
    withheld: bool = False  # whether the original message is not shown
    unfinished: str = ""  # BESIDE or ELSEWHERE if a stub's line was left in an answer that was begun

    @property
    def failure(self) -> StudentError:
        """The failure of a check that cannot continue after this exception."""
        message, hint = self._message_and_hint()
        kind = Kind.RAISED if self.unfinished else MISSING.get(self.type, Kind.RAISED)
        return StudentError(message, kind, hint)

    def __str__(self) -> str:
        return str(self.failure)

    def _message_and_hint(self) -> tuple[str, str]:
        """What was raised, where, and what it means."""
        if self.unfinished == BESIDE:
            return (
                f"The stub's line is still in your answer, and it ended the call ({self.line}).",
                "Code stands beside that line: if it is your answer, delete the line.",
            )
        if self.type == NOT_DEFINED:
            return f"`{self.message}` is not defined in the notebook.", ""
        if self.type == NOT_WRITTEN:
            shown = self.message and not self.withheld
            return f"Not written yet ({self.message})." if shown else "Not written yet.", ""
        means = meaning(self.type, self.message)
        raised = f"{self.type} ({self.message})" if self.withheld else f"{self.type}: {self.message}"
        raised = raised if self.message else self.type
        if self.line:
            return f"Your code raised {raised} ({self.line}){'.' if means else ''}", means
        # No cell of the notebook raised it: the call itself did, or the check when it used the returned value.
        return (
            f"This check could not continue with your code ({raised}).",
            means or "Compare names, arguments, types and shapes with CONTRACT.md.",
        )


class Reply:
    """The result of a call. Behaves like the returned value; raises StudentError if the call failed."""

    def __init__(self, answer: dict[str, Any], student: Student) -> None:
        self._answer = answer
        self._student = student
        error = answer.get("error")
        self.error = (
            RemoteError(
                error["type"],
                error["message"],
                error.get("line", ""),
                error.get("withheld", False),
                error.get("unfinished", ""),
            )
            if error
            else None
        )

    def _answer_or_raise(self) -> dict[str, Any]:
        if self.error:
            raise self.error.failure
        return self._answer

    @property
    def value(self) -> Any:
        """The returned value; objects that are not plain data are represented by a Remote."""
        return _from_worker(self._answer_or_raise().get("value"), self._student)

    @property
    def grads(self) -> dict[str, torch.Tensor | None]:
        """Path of an argument (`"0"`, `"state.0"`, `"param:weight"`) → its gradient, None if unconnected."""
        answer = self._answer_or_raise()
        if answer.get("grad_error"):
            raise StudentError(f"The backward pass through your result failed: {answer['grad_error']}")
        return answer.get("grads") or {}

    @property
    def after(self) -> dict[str, torch.Tensor]:
        """The arguments that are tensors or arrays after the call, by path."""
        return self._answer_or_raise().get("after") or {}

    def __getitem__(self, key: Any) -> Any:
        value = self.value
        try:
            return value[key]
        except (TypeError, KeyError, IndexError) as error:
            raise StudentError(_no_entry(value, key)) from error

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        value = self.value
        if not isinstance(value, list | tuple):
            raise StudentError(f"A tuple was expected as the result, got {kind(value)}.")
        return iter(value)


def kind(value: Any) -> str:
    """Describes a value in words for students."""
    if value is None:
        return "None (is a `return` missing?)"
    if isinstance(value, Remote):
        shown = str(value.type)
        if shown == "ndarray":  # an array of real numbers would have been sent as one
            return "a numpy array of something other than real numbers"
        return "an object" if shown == OTHER_NAME else with_article(shown)
    if isinstance(value, torch.Tensor):
        return f"a tensor{_shape_text(value)}" if value.ndim else "a tensor"
    if isinstance(value, np.ndarray):
        return f"a numpy array{_shape_text(value)}"
    if isinstance(value, list | tuple | dict):
        return f"{with_article(type(value).__name__)} with {len(value)} {'entry' if len(value) == 1 else 'entries'}"
    return "a str" if isinstance(value, str) else with_article(type(value).__name__)


def _shape_text(value: torch.Tensor | np.ndarray[Any, Any]) -> str:
    """The shape in words; if it is long, only the number of axes."""
    shape = _shape(value)
    return f" of shape {shape}" if shape else f" of {value.ndim} axes"


def _shape(value: torch.Tensor | np.ndarray[Any, Any]) -> str:
    """The shape; "" if it is long, because a worker could encode a message in the sizes."""
    shape = str(tuple(value.shape))
    return shape if len(shape) <= SHAPE_LIMIT else ""


def few(names: Iterable[object], most: int = NAMES_SHOWN) -> str:
    """The first few names, for a sentence, and how many more there are. Of a worker's texts, only what may be shown is included."""
    return listed(map(str, names), most)


def _no_entry(value: Any, key: Any) -> str:
    if isinstance(value, dict):
        has = few(sorted(map(repr, value)), KEYS_SHOWN)
        return f"The returned dict has no entry {key!r}; it has {has or 'none'}."
    if isinstance(value, list | tuple):
        return f"The result has {len(value)} entries; entry {key} was expected too."
    return f"The result should have an entry {key!r}, but it is {kind(value)}."


def _state_dict_mismatch(own: Any, given: dict[str, torch.Tensor]) -> str:
    """How a module's state_dict differs in names or shapes from the weights to be loaded; "" if it does not."""
    if not isinstance(own, dict) or not all(isinstance(weight, torch.Tensor) for weight in own.values()):
        return ""
    if missing := [name for name in given if name not in own]:
        return f"its state_dict has no {few(missing)}; it has {few(own, KEYS_SHOWN) or 'nothing'}"
    if extra := [name for name in own if name not in given]:
        return f"its state_dict has {few(extra)}, which the contract does not know"
    for name, weight in given.items():
        if own[name].shape != weight.shape:
            shape = _shape(own[name])
            return f"{name} has {f'shape {shape}' if shape else 'another shape'}, it should be {tuple(weight.shape)}"
    return ""


class Remote:
    """An object that lives in the worker."""

    def __init__(self, ref: Ref, student: Student) -> None:
        self.ref = ref
        self.type = WorkerText(ref.type, student._words)
        self._student = student

    def __call__(self, *args: Any, upstream: Any = None, **kwargs: Any) -> Reply:
        return self._student._call(self, None, args, kwargs, upstream)

    def method(self, name: str, *args: Any, upstream: Any = None, **kwargs: Any) -> Reply:
        return self._student._call(self, name, args, kwargs, upstream)

    def attr(self, name: str) -> Any:
        return self._student._ask("attr", target=self, name=name).value

    def state_dict(self) -> dict[str, torch.Tensor]:
        state: dict[str, torch.Tensor] = self._student._ask("state_dict", target=self).value
        return state

    def load_state_dict(self, state: dict[str, torch.Tensor], strict: bool = True) -> None:
        """Load weights (the module takes their dtype). Raises StudentError if names or shapes do not match.

        Without `strict`, weights that are not in `state` are kept. This is needed because a layer may be registered under a
        second name; its old weights would otherwise overwrite the new ones.
        """
        reply = self._student._ask("load_state_dict", target=self, state=dict(state), strict=strict)
        if reply.error and (problem := _state_dict_mismatch(self.state_dict(), state)):
            raise StudentError(f"The weights do not fit into your {self.type}: {problem}.")
        reply.value  # noqa: B018


class Student:
    """The loaded notebook, as a hidden test sees it.

    `own`: which of the names that the question builds on are the student's own versions; the others are the references'.
    `settings`: the question's training settings in lab.toml, as in `student.settings["threshold"]`.
    `curve`: the training curve of the student's model; set by a suite that watches the training, for the feedback page.
    """

    curve: Curve | None = None

    def __init__(
        self,
        backend: Backend,
        words: Words,
        own: frozenset[str] = frozenset(),
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._backend = backend
        self._words = words
        self.own = own
        self.settings = settings or {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, upstream=None, **kwargs: self._call(name, None, args, kwargs, upstream)

    def call(self, name: str, *args: Any, upstream: Any = None, **kwargs: Any) -> Reply:
        """Call a function of the notebook by name."""
        return self._call(name, None, args, kwargs, upstream)

    def make(self, name: str, *args: Any, **kwargs: Any) -> Remote:
        """Create an object of one of the notebook's classes; it stays in the worker."""
        made = self._call(name, None, args, kwargs, None).value
        if not isinstance(made, Remote):
            raise StudentError(f"`{name}(…)` should give an object of your class, but it is {kind(made)}.")
        return made

    def has(self, name: str) -> bool:
        return self._ask("has", name=name).value is True

    def define(self, source: str) -> None:
        """Run staff-written source in the notebook's namespace, in this question's worker only.

        It may contain an answer, so from now on only messages whose words the worker cannot choose freely are shown (words.py).
        """
        self._ask("define", source=source).value  # noqa: B018

    def run(self, source: str, *, replay: bool = True, **values: Any) -> Reply:
        """Run `main(ns, **values)` of staff-written source in the process that holds the student's objects.

        The source must not contain an answer or an expected value, because a student may get to see parts of it.
        `replay=False` excludes the run from the comparison with the chaffs; use it for runs that take long.
        """
        return self._ask("run", replay=replay, source=source, values=values)

    def _call(
        self,
        target: Any,
        method: str | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        upstream: Any,
    ) -> Reply:
        return self._ask(
            "call",
            target=target,
            method=method,
            args=tuple(args),
            kwargs=kwargs,
            upstream=upstream,
            parameters=True,
        )

    def _ask(self, op: str, replay: bool = True, **arguments: Any) -> Reply:
        try:
            answer = self._backend.request({"op": op, "arguments": _for_worker(arguments)}, replay)
        except WorkerLost as error:
            raise StudentError(str(error), Kind.LOST) from error
        return Reply(answer, self)


def _for_worker(value: Any) -> Any:
    """The value to send to the worker: a reference for every Remote, and the worker's own texts unchanged."""
    if isinstance(value, Remote):
        return value.ref
    return value.raw() if isinstance(value, WorkerText) else _map_items(value, _for_worker)


def _from_worker(value: Any, student: Student) -> Any:
    """The value received from the worker: a Remote for every reference, a WorkerText for every text."""
    if isinstance(value, Ref):
        return Remote(value, student)
    if isinstance(value, str):
        return WorkerText(value, student._words)
    return _map_items(value, lambda item: _from_worker(item, student))


def _map_items(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, list | tuple):
        changed = [change(item) for item in value]
        return changed if isinstance(value, list) else tuple(changed)
    if isinstance(value, dict):
        return {change(key): change(item) for key, item in value.items()}
    return value
