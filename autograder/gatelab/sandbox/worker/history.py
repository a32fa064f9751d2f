"""Remembers what names referred to when an answer was checked, so that no points are lost for reusing a name later.

A public check passes in the middle of a notebook; further down `F` becomes a frequency, `sum` a total and `mask` a
helper of another question. So the names that an answer uses are restored by the first of these rules that applies:

1. If the name was bound when the answer was checked, it gets the value it had then.
2. If it is the name of a builtin, it refers to the builtin, unless it was bound to a callable by the last cell that checks or
   gives the answer.
3. If it is not bound to a callable now, it gets the last callable that it was bound to, if there was one.

A check above the answer saw an earlier attempt. If there is no check below, the student ran that cell again after writing the
answer, and the names are those from before the next question.

The same goes for torch's default dtype and device and for the functions of torch and Python: they are those at the cell with the
check or, without a check, at the answer's definition.
"""

from __future__ import annotations

import ast
import builtins
import math
import re
import types
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gatelab.handed_out.checking.leftovers import put_back, switches
from gatelab.limits import RESTORE_ROUNDS
from gatelab.sandbox.worker.names_read import names_read
from gatelab.sandbox.worker.patched import Patches
from gatelab.sandbox.worker.statements import Place, Statement

if TYPE_CHECKING:
    from gatelab.sandbox.worker.answer_tracker import AnswerTracker

CHECK = re.compile(r"""^[^#\n]*\bcheck\(\s*["'](\w+)["']""", re.MULTILINE)
BUILTINS = frozenset(name for name in vars(builtins) if not name.startswith("_"))


class History:
    """The bindings of a notebook's names, in the notebook's order."""

    def __init__(self) -> None:
        self.patches = Patches()
        self.bound: dict[str, list[tuple[Place, Any]]] = {}  # name → (place, value)
        self.checks: dict[str, list[int]] = {}  # question → the cells of its public checks
        # Cell → torch's switches after it, in the notebook's order.
        self.switches: dict[int, dict[str, Any]] = {}

    def begin_cell(self, source: str, cell: int, parsed: Sequence[Statement]) -> None:
        """A cell is about to run. `parsed`: its statements, if it could be parsed."""
        # A check inside a string does not count. Cells that cannot be parsed (`%%timeit`, a newer Python) are searched line by line.
        found = _questions_checked_in(parsed) if parsed else CHECK.findall(source)
        for question in found:
            self.checks.setdefault(question.casefold(), []).append(cell)

    def checked(self, question: str, answered: int) -> int | None:
        """The cell of its first public check in or below the cell that answers it.

        `check("Q1")` counts for q1 too, since it works on file systems that ignore case.
        """
        return min((cell for cell in self._checks(question) if cell >= answered), default=None)

    def _checks(self, question: str) -> list[int]:
        return self.checks.get(question.casefold(), [])

    def _last_cell_before_next(self, question: str, answered: int, asked: AnswerTracker) -> float:
        """The last cell that can belong to an answer which was checked only above it: the one before the next question's."""
        others = [cells for other, cells in self.checks.items() if other != question.casefold()]
        cells = [*(cell for cell, _ in asked.own.values()), *(cell for some in others for cell in some)]
        return min((cell for cell in cells if cell > answered), default=math.inf) - 1

    def record(self, statement: Statement, namespace: dict[str, Any]) -> None:
        """A statement has run."""
        if statement.cell >= next(
            reversed(self.switches), 0
        ):  # a postponed statement runs under later switches
            self.switches[statement.cell] = switches()
        for name in statement.binds & namespace.keys():
            self._bind(name, statement.place, namespace[name])
        # These may be bound in ways that the syntax does not show: `import *`, `exec`, `globals().update(…)`.
        hidden = namespace.keys() if statement.imports_all else namespace.keys() & BUILTINS
        for name in hidden - statement.binds:
            bindings = self.bound.get(name)
            if not bindings or bindings[-1][1] is not namespace[name]:
                self._bind(name, statement.place, namespace[name])

    def record_deletion(self, statement: Statement, namespace: dict[str, Any]) -> None:
        """Names are deleted here: those of builtins refer to the builtin again, the others keep their value."""
        for name in statement.deletes & BUILTINS & namespace.keys():
            namespace[name] = getattr(builtins, name)
            self._bind(name, statement.place, namespace[name])

    def _bind(self, name: str, place: Place, value: Any) -> None:
        bindings = self.bound.setdefault(name, [])
        if bindings and bindings[-1][0][0] == place[0]:
            bindings.pop()
        bindings.append((place, value))

    def last_bound(self, name: str, until: int) -> Place | None:
        """Where the name was bound last, up to this cell."""
        return max((place for place, _ in self.bound.get(name, ()) if place[0] <= until), default=None)

    def restore(
        self, names: list[str], question: str, namespace: dict[str, Any], asked: AnswerTracker
    ) -> None:
        """Restore torch's defaults and the names that these answers use. This process serves only one question."""
        answered = asked.last_answer(names)
        until = self.checked(question, answered)
        place = answered if until is None else until
        self.patches.undo_below(place)
        if then := next((found for cell, found in reversed(self.switches.items()) if cell <= place), None):
            put_back({kind: then[kind] for kind in ("grad-mode", "default-dtype", "default-device")})
        checks = self._checks(question)
        settled = max(*checks, answered) if checks else None
        above_only = until is None and bool(checks)
        end = self._last_cell_before_next(question, answered, asked) if above_only else until
        for _ in range(RESTORE_ROUNDS):
            changed = False
            for name in names_read(names, namespace) - asked.names:
                changed |= self._restore_name(name, end, settled, namespace, above_only)
            if not changed:
                return

    def _restore_name(
        self,
        name: str,
        until: float | None,
        settled: int | None,
        namespace: dict[str, Any],
        above_only: bool,
    ) -> bool:
        """Restore one name. Returns whether it changed.

        until: names are restored to their values after this cell; None: there is no check below the answer.
        settled: the last cell that checks or answers the question; None: there is no check.
        above_only: the only checks are above the answer.
        """
        bindings = self.bound.get(name, [])
        then = [(cell, value) for (cell, *_), value in bindings if until is not None and cell <= until]
        if above_only:
            then = _belonging_to_answer(name, then, settled or 0)
        if then:
            value = then[-1][1]
        elif name in namespace and (name in BUILTINS or not _is_function_or_module(namespace[name])):
            last = settled if name in BUILTINS else None
            callables = [
                v
                for (cell, *_), v in bindings
                if _is_function_or_module(v) and (last is None or cell <= last)
            ]
            if not callables and name in BUILTINS:
                del namespace[name]
                return True
            value = callables[-1] if callables else namespace[name]
        else:
            return False
        if name in namespace and namespace[name] is value:
            return False
        namespace[name] = value
        return True


def _belonging_to_answer(name: str, bindings: list[tuple[int, Any]], answered: int) -> list[tuple[int, Any]]:
    """The bindings that may belong to an answer with no check below it. A helper that was fixed below the answer belongs to
    it; another use of the helper's name does not, nor does a library's function in place of a builtin.
    """
    was_helper = any(_is_function_or_module(value) for cell, value in bindings if cell <= answered)
    return [
        (cell, value)
        for cell, value in bindings
        if cell <= answered
        or (
            _is_own_definition(value) if name in BUILTINS else _is_function_or_module(value) or not was_helper
        )
    ]


def _is_own_definition(value: Any) -> bool:
    return isinstance(value, types.FunctionType | type) and value.__module__ == "__main__"


def _questions_checked_in(parsed: Sequence[Statement]) -> Iterator[str]:
    """The questions that these statements check: `grader.check("q1")`, `check("q1")`."""
    for node in (node for statement in parsed for node in ast.walk(statement.node)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        question = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        if name == "check" and isinstance(question, str):
            yield question


def _is_function_or_module(value: Any) -> bool:
    return callable(value) or isinstance(value, types.ModuleType)
