"""Run a notebook's cells without a kernel.

A cell that fails costs what it defines and nothing else. IPython's magics are turned into calls of a quiet
`get_ipython()`, so `%matplotlib inline` does nothing, `%%time` runs its cell and `!rm` runs nothing.
"""

from __future__ import annotations

import ast
import linecache
import types
from typing import Any

from . import lines
from .runtime import describe

# Cell magics that only watch the code under them; any other cell magic (`%%bash`, `%%writefile`) is left out.
TRANSPARENT = {"time", "timeit", "capture", "prun", "memit"}


class QuietShell:
    """Stands for IPython's shell: everything may be asked of it, nothing happens outside the cell."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.user_ns = namespace

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name in TRANSPARENT:
            exec(compile(to_python(cell), "cell magic", "exec"), self.user_ns)

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> None:
        if name in TRANSPARENT:
            exec(compile(line, "line magic", "exec"), self.user_ns)

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


def to_python(source: str) -> str:
    """IPython's own rewriting of magics and shell escapes into Python (raises SyntaxError as Python does)."""
    return lines.to_python(source)


def new_namespace() -> dict[str, Any]:
    """The `__main__` of a fresh notebook. Its classes and functions know it as their module."""
    import sys

    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = module.__dict__
    shell = QuietShell(namespace)
    namespace["get_ipython"] = lambda: shell
    namespace["display"] = lambda *args, **kwargs: None
    return namespace


def run_cell(
    source: str, index: int, namespace: dict[str, Any], definitions_only: bool = False
) -> dict[str, Any]:
    """Run one code cell; `{}` when it ran through, else `{"error": {…}}`.

    With `definitions_only` the cell keeps its imports, functions and classes: how a cell that brought a worker
    down is run again.
    """
    filename = f"cell {index}"
    try:
        source = to_python(source)
        tree = ast.parse(source, filename)
        if definitions_only:
            keep = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            tree.body = [node for node in tree.body if isinstance(node, keep)]
        # Errors are shown with the student's own line.
        linecache.cache[filename] = (
            len(source),
            None,
            [f"{line}\n" for line in source.split("\n")],
            filename,
        )
        exec(compile(tree, filename, "exec"), namespace)
    except BaseException as error:
        return {"error": describe(error)}
    return {}
