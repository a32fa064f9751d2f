"""Remembers what names referred to when an answer was checked, so that reusing a name later costs the answer nothing.

A public check passes in the middle of a notebook; further down `F` becomes a frequency, `sum` a total and `mask` a
helper of another question. So an answer finds each name as it was at the cell of its check, if it was bound
then; otherwise a name that it calls refers to the last callable bound to it. Torch's default dtype and device are those of
that cell, too; without a check, those with which the answer was defined.
"""

from __future__ import annotations

import builtins
import re
import types
from typing import TYPE_CHECKING, Any

from gatelab.handed_out.checking.leftovers import put_back, switches
from gatelab.limits import RESTORE_ROUNDS
from gatelab.sandbox.worker.needs import needs
from gatelab.sandbox.worker.statements import Statement

if TYPE_CHECKING:
    from gatelab.sandbox.worker.asked import Asked

CHECK = re.compile(r"""^[^#\n]*\bcheck\(\s*["'](\w+)["']""", re.MULTILINE)


class History:
    """The bindings of a notebook's names, in the notebook's order."""

    def __init__(self) -> None:
        self.bound: dict[str, list[tuple[int, Any]]] = {}  # name → (cell, value)
        self.checks: dict[str, int] = {}  # question → the cell of its public check
        self.switches: dict[str, dict[str, Any]] = {}  # question → torch's switches at that cell
        self.made_with: dict[str, dict[str, Any]] = {}  # name → torch's switches when it was last bound

    def look_at(self, source: str, cell: int) -> None:
        """A cell is about to run."""
        for question in CHECK.findall(source):
            self.checks.setdefault(question.casefold(), cell)
            self.switches.setdefault(question.casefold(), switches())

    def checked(self, question: str) -> int | None:
        """The cell of its public check. `check("Q1")` counts for q1 too, since it works on file systems that ignore case."""
        return self.checks.get(question.casefold())

    def note(self, statement: Statement, namespace: dict[str, Any]) -> None:
        """A statement has run."""
        for name in statement.binds:
            if name in namespace:
                bindings = self.bound.setdefault(name, [])
                if bindings and bindings[-1][0] == statement.cell:
                    bindings.pop()
                bindings.append((statement.cell, namespace[name]))
                self.made_with[name] = switches()

    def was_bound(self, name: str, until: int) -> bool:
        """Whether the name was already bound at this cell."""
        return any(cell <= until for cell, _ in self.bound.get(name, ()))

    def restore(self, names: list[str], question: str, namespace: dict[str, Any], asked: Asked) -> None:
        """Restore the names that these answers use, and torch's defaults, in this process, which serves one question only."""
        until = self.checked(question)
        at_check = self.switches.get(question.casefold())
        if then := at_check or next(filter(None, map(self.made_with.get, names)), None):
            put_back({kind: then[kind] for kind in ("grad-mode", "default-dtype", "default-device")})
        for _ in range(RESTORE_ROUNDS):
            changed = False
            for name in needs(names, namespace) - asked.names:
                changed |= self._restored(name, until, namespace)
            if not changed:
                return

    def _restored(self, name: str, until: int | None, namespace: dict[str, Any]) -> bool:
        """Whether the name now refers to something else than before the call."""
        bindings = self.bound.get(name, [])
        then = [value for cell, value in bindings if until is not None and cell <= until]
        if then:
            value = then[-1]
        elif name in namespace and not _does(namespace[name]):
            callables = [value for _, value in bindings if _does(value)]
            if not callables and callable(getattr(builtins, name, None)):
                del namespace[name]
                return True
            value = callables[-1] if callables else namespace[name]
        else:
            return False
        if name in namespace and namespace[name] is value:
            return False
        namespace[name] = value
        return True


def _does(value: Any) -> bool:
    return callable(value) or isinstance(value, types.ModuleType)
