"""Describes an unrecognised wrong answer, so that answers that compute the same can be grouped.

Students see none of this. The code is read, not run.
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
    """Sixteen hexadecimal digits that are equal if two submissions give the same answers to all calls; "" without calls."""
    digest = hashlib.sha256()
    for exchange in trace.exchanges:
        if exchange.replay:
            digest.update(json.dumps(_normalized(exchange.answer), sort_keys=True).encode())
    return digest.hexdigest()[:16] if trace.exchanges else ""


def _normalized(value: Any) -> Any:
    """The value with every number rounded to five digits, float32 tensors reduced to their shape and exceptions to their type."""
    if isinstance(value, torch.Tensor):
        return [str(value.dtype), list(value.shape), *_numbers(value)]
    if isinstance(value, np.ndarray):
        return ["array", *_normalized(torch.from_numpy(value))]
    if isinstance(value, float):
        return f"{value + 0.0:.4e}" if abs(value) > 1e-12 else "0"
    if isinstance(value, dict):
        if isinstance(value.get("error"), dict):
            return ["raised", value["error"].get("type")]
        return {str(key): _normalized(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normalized(item) for item in value]
    return value if isinstance(value, int | str | bool) or value is None else str(type(value).__name__)


def _numbers(tensor: torch.Tensor) -> list[Any]:
    """The numbers of a tensor that count. For a large tensor, Python objects for all of them would fill the memory."""
    if tensor.dtype in (torch.float32, torch.float16):
        return []
    if tensor.numel() <= NUMBERS_WRITTEN:
        return [_normalized(tensor.tolist()) if tensor.numel() else []]
    if tensor.is_floating_point() or tensor.is_complex():
        return []  # bytes cannot be rounded to five digits
    return [hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()]


def own_code(sources: dict[int, str], names: Iterable[str], others: Iterable[str]) -> str:
    """The definitions of these names and of everything they use, with the imports that they need.

    Args:
        sources: the submission's code by cell; it is read up to `SOURCE_LIMIT` characters.
        names: what the question asks for.
        others: names that belong to other questions, which the grader provides.
    """
    imports: dict[str, set[str]] = {}  # import statement → the names it binds
    found: dict[str, tuple[tuple[int, int], str, set[str]]] = {}
    for index, source in _readable_cells(sources):
        lines: list[bytes] = []  # bytes, because `ast` counts columns in bytes
        for node in _statements(source):
            if not isinstance(node, (ast.Import, ast.ImportFrom, *DEFINITIONS)):
                continue
            lines = lines or [line.encode("utf-8", "surrogatepass") for line in NEWLINE.split(source)]
            text = _source_of(lines, node)
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


def _readable_cells(sources: dict[int, str]) -> Iterator[tuple[int, str]]:
    """The cells, up to a total of SOURCE_LIMIT characters."""
    left = SOURCE_LIMIT
    for index, source in sorted(sources.items()):
        if len(source) <= left:
            left -= len(source)
            yield index, source


def _source_of(lines: list[bytes], node: ast.stmt) -> str:
    """Like `ast.get_source_segment`, which would split the source again for each node."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    part = lines[first : last + 1]
    part[-1] = part[-1][: node.end_col_offset]
    part[0] = part[0][node.col_offset :]
    return b"\n".join(part).decode("utf-8", "replace")


def _statements(source: str) -> list[ast.stmt]:
    """The statements of a cell; [] if it is not Python (magics, shell commands)."""
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
