"""Finds code that looks like a shortcut around a question, and reports it to staff as hints.

No points depend on it: the hidden suites catch shortcuts by construction (and withheld.py switches off the library's own
implementation where students must write it). It runs in the worker, before any cell, because the examiner's process should
not parse hostile text.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from typing import Any

from gatelab.limits import SCAN_CPU, SCAN_DEPTH, SCAN_HINTS, SHORTCUT_LIMIT
from gatelab.sandbox.worker.budget import TimeUp, within
from gatelab.sandbox.worker.statements import root_name, statements
from gatelab.sandbox.worker.templates import is_inserted
from gatelab.sandbox.worker.texts import texts

# Ways to reach the library below its layers; the lab's policy names more.
WAYS = {"_VF": "torch._VF", "ops": "torch.ops", "_C": "torch._C", "library": "torch.library"}
SUSPECT = {
    "gatelab", "cffi", "ctypes", "gc", "inspect", "importlib", "mmap", "multiprocessing", "os", "pickle", "ptrace", "socket",
    "subprocess", "sys", "threading",
}  # fmt: skip
# Parts of torch that implement its functions a second time, in Python, or that trace them.
COPIES = {
    "_decomp", "_dynamo", "_inductor", "_refs", "ao", "export", "fx", "jit", "onnx", "package", "quantization",
}  # fmt: skip
# A cell, a line in it and what was found there: (7, 3, "uses torch.ops"). Line 0 is the cell as a whole, cell 0 the whole notebook.
Hint = tuple[int, int, str]
MODULES = ("torch", "nn", "F", "sys", "builtins")


def hints(
    cells: list[list[Any]],
    known: frozenset[str] = frozenset(),
    shortcuts: dict[str, str] | None = None,
    cpu_seconds: float = SCAN_CPU,
) -> list[Hint]:
    """What was found, from [index, source] pairs. Code that does not parse gives none.

    known: fingerprints of handed-out statements, which are not reported.
    shortcuts: names in torch → what staff read about them, in addition to WAYS.
    cpu_seconds: the time after which the rest is skipped; the first hint then says so.
    """
    names, index = _Names(WAYS | (shortcuts or {})), 0
    found: list[Hint] = []
    try:
        with within(cpu_seconds):
            for index, source in cells:
                with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                    for statement in statements(source, index):
                        if statement.fingerprint not in known:
                            found += [
                                (index, line, what) for line, what in _suspicious(statement.node, names)
                            ]
    except TimeUp:
        found.insert(0, (index, 0, "the code from here on was not scanned, because that took too long"))
    found = list(dict.fromkeys(found))
    return (
        found
        if len(found) <= SCAN_HINTS
        else [*found[: SCAN_HINTS - 1], (0, 0, f"and {len(found) - SCAN_HINTS + 1} more")]
    )


class _Names:
    """The names to search for in the library, and the notebook's names for the library."""

    def __init__(self, ways: dict[str, str]) -> None:
        self.ways, self.owners = ways, {"torch", "nn", "_VF", "F", "ops"}

    def note(self, node: ast.AST) -> None:
        """`import torch as t`, `from torch.nn import functional as f`, `t = torch`."""
        if isinstance(node, ast.Import):
            self.owners |= {each.asname for each in node.names if each.asname and _is_in_torch(each.name)}
        elif isinstance(node, ast.ImportFrom) and _is_in_torch(node.module or ""):
            self.owners |= {each.asname for each in node.names if each.asname}
        elif isinstance(node, ast.Assign) and self.owns(node.value):
            self.owners |= {target.id for target in node.targets if isinstance(target, ast.Name)}

    def owns(self, node: ast.expr) -> bool:
        """Whether it is the library, or a part of it: `t`, `torch.nn`, `somebody.torch`."""
        while isinstance(node, ast.Attribute):
            if node.attr == "torch":
                return True
            node = node.value
        return isinstance(node, ast.Name) and node.id in self.owners


def _is_in_torch(module: str) -> bool:
    return module.split(".")[0] == "torch"


def _suspicious(tree: ast.AST, names: _Names, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Suspicious things in the code, with their lines, including code inside strings (which it may write to a file and
    import or run)."""
    for node in ast.walk(tree):
        names.note(node)
        try:
            what = _shortcut(node, names)
        except RecursionError:
            what = "is nested too deeply to be examined"
        if what:
            yield getattr(node, "lineno", 0), f"{what}{', in a string' if depth else ''}"
    for place, inner in texts(tree) if depth < SCAN_DEPTH else ():
        for line, what in _suspicious(inner, names, depth + 1):
            yield place(line), what


def _shortcut(node: ast.AST, names: _Names) -> str | None:
    if not isinstance(node, ast.Attribute | ast.Constant | ast.Import | ast.ImportFrom | ast.Call):
        return None
    if isinstance(node, ast.Attribute) and names.owns(node.value):
        if node.attr in names.ways:
            return f"uses {names.ways[node.attr]} (as {ast.unparse(node.value)}.{node.attr})"
        if node.attr in ("__file__", "__path__"):
            return f"asks for the library's files ({ast.unparse(node)})"
    if isinstance(node, ast.Attribute) and node.attr.startswith("_saved_"):
        return f"reads tensors that the graph saved (.{node.attr})"
    if isinstance(node, ast.Attribute) and node.attr in COPIES and _is_torch_itself(node.value, names):
        return f"uses torch.{node.attr}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found = [word for word in ("gatelab", "site-packages", "dist-packages") if word in node.value]
        return f"mentions {found[0]}" if found else None
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
        taken = [alias.name for alias in node.names if alias.name in names.ways]
        if root == "torch" and taken:
            return f"imports {', '.join(taken)} from {node.module}"
        taken = [alias.name for alias in node.names if _is_copy(f"{node.module}.{alias.name}")]
        return f"imports from {node.module}" if root in SUSPECT or taken else None
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("eval", "exec", "compile", "__import__")
        and not is_inserted(node)
    ):
        return f"calls {node.func.id}"
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("vars", "dir", "globals")
        and (node.func.id == "globals" or any(root_name(arg) in MODULES for arg in node.args))
    ):
        return f"calls {ast.unparse(node)[:SHORTCUT_LIMIT]}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
        is_computed = len(node.args) > 1 and isinstance(node.args[1], ast.BinOp | ast.JoinedStr | ast.Call)
        return "calls getattr with a computed name" if is_computed else None
    return None


def _is_torch_itself(node: ast.expr, names: _Names) -> bool:
    """Whether it is the library itself, `torch`, and not a part of it."""
    if isinstance(node, ast.Attribute):
        return node.attr == "torch"
    return isinstance(node, ast.Name) and node.id in names.owners - {"nn", "_VF", "F", "ops"}


def _is_copy(module: str) -> bool:
    root, _, rest = module.partition(".")
    return root == "torch" and rest.split(".")[0] in COPIES
