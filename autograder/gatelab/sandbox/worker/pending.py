"""Postponed statements: unchanged experiments from the handout, and whatever uses their results."""

from __future__ import annotations

import ast
from collections import deque
from typing import Any

from gatelab.sandbox.worker.names_read import names_read
from gatelab.sandbox.worker.statements import Place, Statement, root_name

# Calls of these draw, print or check; they change no object that a name refers to. A lab's policy names more.
SHOWS = frozenset({"plt", "print", "display", "grader"})
CONTAINERS = (list, dict, set, deque)


class Pending:
    """Keeps the postponed statements. `names`: the names that do not have their value yet."""

    def __init__(self, shows: frozenset[str] = frozenset()) -> None:
        """`shows`: the lab's own names whose calls draw or print."""
        self.shows = SHOWS | shows
        self.statements: list[Statement] = []
        self.names: set[str] = set()
        self.gives: dict[Place, set[str]] = {}  # place of a statement → names that wait for it
        self.being_computed: set[str] = set()  # those of `names` that are being computed now

    def postpone(self, statement: Statement, known: bool, namespace: dict[str, Any]) -> None:
        """Keep a statement for later. `known`: it is unchanged from the handed-out notebook."""
        if not (known and self._only_shows(statement.node)):
            self.statements.append(statement)
        # An existing list lacks the items that the statement would have added.
        filled = {n for n in statement.mutates if n in self.names or isinstance(namespace.get(n), CONTAINERS)}
        self.gives[statement.place] = {*statement.binds, *filled}
        self.names |= self.gives[statement.place]

    def given_until(self, cell: int) -> dict[str, Place]:
        """The names that wait for statements up to a cell, each with the last such statement."""
        return {
            name: statement.place
            for statement in self.statements
            if statement.cell <= cell
            for name in self.gives[statement.place]
        }

    def take(
        self, names: set[str] | frozenset[str], namespace: dict[str, Any], until: int | None = None
    ) -> list[Statement]:
        """The statements up to a cell that define these names, and those they need, in the notebook's order.

        A name that the notebook has rebound since then is not in `being_computed`: its value is kept when they are run.
        """
        wanted, chosen = set(names) & self.names, []
        for statement in reversed(self.statements):
            if until is not None and statement.cell > until:
                continue
            gives = statement.binds | statement.mutates
            if gives & wanted or (not statement.binds and statement.reads & wanted):
                chosen.append(statement)
                wanted |= self.names & names_read(statement.reads, namespace)
        self.being_computed = self.names & wanted
        self.names -= wanted
        taken = {id(statement) for statement in chosen}
        self.statements = [statement for statement in self.statements if id(statement) not in taken]
        return chosen[::-1]

    def _only_shows(self, node: ast.stmt) -> bool:
        """Whether it is a single call of something that only shows or checks."""
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            return False
        return root_name(node.value.func) in self.shows
