"""Hints for staff: what in the code looks like a way round the question.

No points hang on it: the hidden suites catch shortcuts by construction (and withheld.py shuts the library's own answer
where its equations are asked for). It runs in the worker, before any cell: parsing hostile text is no job for the
examiner's process.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from typing import Any

from gatelab.limits import SCAN_CPU
from gatelab.sandbox.worker.budget import TimeUp, within
from gatelab.sandbox.worker.statements import root_name, statements
from gatelab.sandbox.worker.texts import texts

# Ways into the library below its layers; the lab's policy names more.
WAYS = {"_VF": "torch._VF", "ops": "torch.ops", "_C": "torch._C", "library": "torch.library"}
SUSPECT = {
    "gatelab", "cffi", "ctypes", "gc", "inspect", "importlib", "mmap", "multiprocessing", "os", "pickle", "ptrace", "socket",
    "subprocess", "sys", "threading",
}  # fmt: skip
# Parts of torch that hold its functions once more, written in Python, or that trace them.
COPIES = {
    "_decomp", "_dynamo", "_inductor", "_refs", "ao", "export", "fx", "jit", "onnx", "package", "quantization",
}  # fmt: skip
MODULES = ("torch", "nn", "F", "sys", "builtins")
LIMIT = 20
DEEPEST = 3  # texts in texts that are looked into


def hints(
    cells: list[list[Any]],
    known: frozenset[str] = frozenset(),
    shortcuts: dict[str, str] | None = None,
    cpu_seconds: float = SCAN_CPU,
) -> list[str]:
    """Lines such as "cell 7, line 3: uses torch.ops", from [index, source] pairs. What does not parse gives none.

    known: fingerprints of statements that were handed out; those are not reported.
    shortcuts: names of torch → what staff read, besides WAYS.
    cpu_seconds: after which the rest is left, and the first line says so.
    """
    names, index = WAYS | (shortcuts or {}), 0
    found: list[str] = []
    try:
        with within(cpu_seconds):
            for index, source in cells:
                with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                    for statement in statements(source, index):
                        if statement.fingerprint not in known:
                            found += _told(index, statement.node, names)
    except TimeUp:
        found.insert(0, f"cell {index} and what follows was not looked at: that takes too long")
    found = list(dict.fromkeys(found))
    return found if len(found) <= LIMIT else [*found[: LIMIT - 1], f"and {len(found) - LIMIT + 1} more"]


def _told(index: int, node: ast.AST, names: dict[str, str]) -> list[str]:
    return [f"cell {index}, line {line}: {what}" for line, what in _found(node, names)]


def _found(tree: ast.AST, names: dict[str, str], depth: int = 0) -> Iterator[tuple[int, str]]:
    """What is in the code, with its line; and what is in code that it holds as text, which it may write to a file and
    import or run from there."""
    for node in ast.walk(tree):
        try:
            what = _shortcut(node, names)
        except RecursionError:
            what = "is nested too deep to be looked at"
        if what:
            yield getattr(node, "lineno", 0), f"{what}{', in a text' if depth else ''}"
    for place, inner in texts(tree) if depth < DEEPEST else ():
        for line, what in _found(inner, names, depth + 1):
            yield place(line), what


def _shortcut(node: ast.AST, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Attribute) and node.attr in names:
        owner = ast.unparse(node.value)
        if owner.split(".")[0] in ("torch", "nn", "_VF", "F", "ops"):
            return f"uses {names[node.attr]} (as {owner}.{node.attr})"
    if isinstance(node, ast.Attribute) and node.attr.startswith("_saved_"):
        return f"reads what the graph keeps (.{node.attr})"
    if isinstance(node, ast.Attribute) and node.attr in COPIES and ast.unparse(node.value) == "torch":
        return f"uses torch.{node.attr}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "gatelab" in node.value:
        return "speaks of gatelab"
    if isinstance(node, ast.Attribute) and node.attr in (
        "__dict__",
        "__globals__",
        "__builtins__",
        "f_globals",
        "f_back",
    ):
        return f"looks into .{node.attr}"
    if isinstance(node, ast.Import):
        copies = [alias.name for alias in node.names if _is_copy(alias.name)]
        if copies:
            return f"imports {', '.join(copies)}"
        found = [alias.name.split(".")[0] for alias in node.names if alias.name.split(".")[0] in SUSPECT]
        return f"imports {', '.join(found)}" if found else None
    if isinstance(node, ast.ImportFrom) and node.module:
        root = node.module.split(".")[0]
        taken = [alias.name for alias in node.names if alias.name in names]
        if root == "torch" and taken:
            return f"imports {', '.join(taken)} from {node.module}"
        taken = [alias.name for alias in node.names if _is_copy(f"{node.module}.{alias.name}")]
        return f"imports from {node.module}" if root in SUSPECT or taken else None
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("eval", "exec", "compile", "__import__")
    ):
        return f"calls {node.func.id}"
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("vars", "dir", "globals")
        and (node.func.id == "globals" or any(root_name(arg) in MODULES for arg in node.args))
    ):
        return f"calls {ast.unparse(node)[:60]}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
        put_together = len(node.args) > 1 and isinstance(node.args[1], ast.BinOp | ast.JoinedStr | ast.Call)
        return "calls getattr with a name that is put together" if put_together else None
    return None


def _is_copy(module: str) -> bool:
    root, _, rest = module.partition(".")
    return root == "torch" and rest.split(".")[0] in COPIES
