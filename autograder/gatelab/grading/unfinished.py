"""Tells an answer in which the stub's line was left from one that was never begun."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from gatelab.handed_out import given
from gatelab.sandbox.worker.statements import statements
from gatelab.testkit.student import BESIDE, ELSEWHERE


def unfinished(error: Mapping[str, Any], sources: Mapping[int, str], known: frozenset[str]) -> str:
    """Where the student's own code stands: BESIDE the stub's line that ended the call, ELSEWHERE in its class, or "" for nowhere.

    error: as a worker describes it; the places in it are looked up in our copy of the notebook. known: the lines that were handed out.
    """
    last = error["frames"][-1] if error["frames"] else None
    source = sources.get(last["cell"]) if last else None
    if last is None or source is None:
        return ""
    lines = source.split("\n")
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        for statement in statements(source, last["cell"]):
            node = statement.node
            if not node.lineno <= last["line"] <= (node.end_lineno or node.lineno):
                continue
            if given.beside(node, last["line"], lines, known):
                return BESIDE
            methods = [step for step in getattr(node, "body", []) if isinstance(step, given.FUNCTIONS)]
            if any(given.own_code(method, lines, known) for method in methods):
                return ELSEWHERE
    return ""
