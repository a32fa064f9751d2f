"""What an unrecognised wrong answer computes, so that those that compute the same can be grouped.

None of it is shown to students. The code is read, not run.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from typing import Any

import torch

from gatelab.limits import ANSWER_CODE
from gatelab.testkit.trace import Trace

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def signature(trace: Trace) -> str:
    """Sixteen digits, the same for two submissions whose answers to all calls are the same; "" without calls."""
    digest = hashlib.sha256()
    for exchange in trace.exchanges:
        if exchange.replay:
            digest.update(json.dumps(_plain(exchange.answer), sort_keys=True).encode())
    return digest.hexdigest()[:16] if trace.exchanges else ""


def _plain(value: Any) -> Any:
    """With every number to five digits; float32 only by its shape, and an exception only by its type."""
    if isinstance(value, torch.Tensor):
        kind = [str(value.dtype), list(value.shape)]
        return kind if value.dtype in (torch.float32, torch.float16) else [*kind, _plain(value.tolist())]
    if isinstance(value, float):
        return f"{value + 0.0:.4e}" if abs(value) > 1e-12 else "0"
    if isinstance(value, dict):
        if isinstance(value.get("error"), dict):
            return ["raised", value["error"].get("type")]
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | str | bool) or value is None else str(type(value).__name__)


def own_code(sources: dict[int, str], names: Iterable[str], others: Iterable[str]) -> str:
    """The definitions of these names, of what they use, and the imports that they need; `others` belong to other questions.

    Args:
        sources: the submission's code by cell.
        names: what the question asks for.
        others: names that belong to other questions, which the grader provides.
    """
    imports: dict[str, set[str]] = {}  # the statement → what it binds
    found: dict[str, tuple[tuple[int, int], str, set[str]]] = {}
    for index, source in sorted(sources.items()):
        for node in _statements(source):
            text = ast.get_source_segment(source, node) or ""
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports[text] = {name.asname or name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, DEFINITIONS):
                used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                found[node.name] = ((index, node.lineno), text, used)
    wanted, todo, given = set(), set(names), set(others)
    while todo:
        wanted |= todo
        todo = {
            name for known in todo & found.keys() for name in found[known][2]
        } & found.keys() - wanted - given
    parts = [text for _, text, _ in sorted(found[name] for name in wanted & found.keys())]
    used = {"*"}.union(*(found[name][2] for name in wanted & found.keys()))
    needed = [text for text, names in imports.items() if names & used]
    return "\n\n\n".join(["\n".join(needed), *parts]).strip()[:ANSWER_CODE] if parts else ""


def _statements(source: str) -> list[ast.stmt]:
    """The statements of a cell; [] if it is not Python, as with a notebook's own commands."""
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
