"""What an unrecognised wrong answer computes, so that those that compute the same can be grouped.

None of it is shown to students. The code is read, not run.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch

from gatelab.limits import ANSWER_CODE, NUMBERS_WRITTEN, SOURCE_LIMIT
from gatelab.sandbox.worker.lines import NEWLINE
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
        return [str(value.dtype), list(value.shape), *_numbers(value)]
    if isinstance(value, np.ndarray):
        return ["array", *_plain(torch.from_numpy(value))]
    if isinstance(value, float):
        return f"{value + 0.0:.4e}" if abs(value) > 1e-12 else "0"
    if isinstance(value, dict):
        if isinstance(value.get("error"), dict):
            return ["raised", value["error"].get("type")]
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | str | bool) or value is None else str(type(value).__name__)


def _numbers(tensor: torch.Tensor) -> list[Any]:
    """What counts of a tensor's numbers. Python's objects for all those of a large one would fill the memory."""
    if tensor.dtype in (torch.float32, torch.float16):
        return []
    if tensor.numel() <= NUMBERS_WRITTEN:
        return [_plain(tensor.tolist()) if tensor.numel() else []]
    if tensor.is_floating_point() or tensor.is_complex():
        return []  # bytes cannot be compared to five digits
    return [hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()]


def own_code(sources: dict[int, str], names: Iterable[str], others: Iterable[str]) -> str:
    """The definitions of these names, of what they use, and the imports that they need; `others` belong to other questions.

    Args:
        sources: the submission's code by cell; it is read up to `SOURCE_LIMIT` characters.
        names: what the question asks for.
        others: names that belong to other questions, which the grader provides.
    """
    imports: dict[str, set[str]] = {}  # the statement → what it binds
    found: dict[str, tuple[tuple[int, int], str, set[str]]] = {}
    for index, source in _some(sources):
        lines: list[bytes] = []  # what `ast` counts in
        for node in _statements(source):
            if not isinstance(node, (ast.Import, ast.ImportFrom, *DEFINITIONS)):
                continue
            lines = lines or [line.encode("utf-8", "surrogatepass") for line in NEWLINE.split(source)]
            text = _segment(lines, node)
            if isinstance(node, DEFINITIONS):
                used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                found[node.name] = ((index, node.lineno), text, used)
            else:
                imports[text] = {name.asname or name.name.partition(".")[0] for name in node.names}
    wanted, todo, given = set(names), list(names), set(others)
    while todo:
        if (known := todo.pop()) in found:
            more = {name for name in found[known][2] if name in found} - wanted - given
            wanted |= more
            todo += more
    parts = [text for _, text, _ in sorted(found[name] for name in wanted & found.keys())]
    used = {"*"}.union(*(found[name][2] for name in wanted & found.keys()))
    needed = [text for text, names in imports.items() if names & used]
    return "\n\n\n".join(["\n".join(needed), *parts]).strip()[:ANSWER_CODE] if parts else ""


def _some(sources: dict[int, str]) -> Iterator[tuple[int, str]]:
    """The cells, as far as they are not too much to read."""
    left = SOURCE_LIMIT
    for index, source in sorted(sources.items()):
        if len(source) <= left:
            left -= len(source)
            yield index, source


def _segment(lines: list[bytes], node: ast.stmt) -> str:
    """As `ast.get_source_segment`, which splits the source again each time."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    part = lines[first : last + 1]
    part[-1] = part[-1][: node.end_col_offset]
    part[0] = part[0][node.col_offset :]
    return b"\n".join(part).decode("utf-8", "replace")


def _statements(source: str) -> list[ast.stmt]:
    """The statements of a cell; [] if it is not Python, as with a notebook's own commands."""
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
