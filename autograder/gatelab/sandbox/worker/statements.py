"""Splits a cell's source into statements, with IPython's syntax rewritten and every line at the student's line number.

What a statement binds and reads is determined from its syntax alone; nothing is run here.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from gatelab.handed_out.stub import is_stub
from gatelab.limits import CELLS_KEPT
from gatelab.sandbox.worker.lines import cell_file, to_python
from gatelab.sandbox.worker.new_fstrings import for_this_python
from gatelab.sandbox.worker.templates import with_templates
from gatelab.sandbox.worker.type_parameters import parse_newer, with_lazy_annotations

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
BLOCKS = (ast.If, ast.Try, ast.With)
SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

# Methods that change a list, dict, set or deque.
MUTATING_METHODS = {
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse",
    "setdefault", "sort", "update",
}  # fmt: skip

# Magics that run the code they are given unchanged. IPython's `timeit` keeps no result of its code, and `skip` (from an
# extension, or defined by a notebook) and `false` do not run it at all, so these are not included.
PASS_THROUGH = {"time", "prun", "memit", "mprun", "lprun", "capture", "debug", "snakeviz", "scalene"}
NOT_RUN = {"timeit", "skip", "false"}
# For these, the rest of the line is code too: the whole code of a cell that has no other, or its first line.
RUNS_ITS_LINE = {"time", "prun"}
PROFILING = re.compile(r"^(\s*(-[lsTD]\s*\S+|-[rq]+|--no-raise-error)(?!\S))+")
# Cell magics for other languages; under any other one (an extension's, the notebook's own) the cell is assumed to be Python.
OTHER_LANGUAGES = {
    "bash", "sh", "script", "javascript", "js", "html", "HTML", "latex", "svg", "SVG", "markdown", "python2", "pypy", "perl",
    "ruby", "cmd", "sql", "R", "cython", "bigquery", "shell", "system", "sx", "sc", "writefile", "file", "python", "python3",
    "subprocess", "julia", "mermaid", "css", "manim",
}  # fmt: skip
# What IPython treats as a magic even without `%`, if the cell contains nothing else.
AUTOMAGIC = {
    "autoreload", "cat", "cd", "conda", "config", "cp", "env", "less", "load", "load_ext", "ls", "mamba", "matplotlib", "mkdir",
    "more", "mv", "notebook", "pdb", "pip", "pwd", "pylab", "reset", "rm", "rmdir", "run", "time", "timeit", "uv", "who",
    "whos", "xmode",
}  # fmt: skip
CELL_MAGIC = re.compile(r"\A(?:[ \t]*\n)*%%(\w+)([^\n]*)(?:\n|\Z)")

Place = tuple[int, int, int]  # cell, line, column


@dataclass(frozen=True)
class Statement:
    """A top-level statement of a cell."""

    node: ast.stmt
    cell: int
    shown: bool = False  # whether Jupyter shows its value and keeps it as `_`: a cell's last expression

    @property
    def place(self) -> Place:
        """Where it begins; a place further down in the notebook is greater."""
        return self.cell, self.node.lineno, self.node.col_offset

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint(self.node)

    @cached_property
    def binds(self) -> frozenset[str]:
        """Names that it binds in the notebook's namespace (those of `import *` cannot be known)."""
        return frozenset(_bound(self.node))

    @cached_property
    def reads(self) -> frozenset[str]:
        """Names that it reads when it is run; those inside a function are read when that is called."""
        own = _bound(self.node.target) if isinstance(self.node, ast.For | ast.AsyncFor) else ()
        return frozenset(_read(self.node)) - frozenset(own)

    @cached_property
    def mutates(self) -> frozenset[str]:
        """Names whose list, dict or set it changes without rebinding them: `a[k] = v`, `a[k].append(v)`."""
        return frozenset(_mutated(self.node)) - self.binds

    @property
    def defines(self) -> bool:
        """Whether it is an import, a function or a class, or a block that contains one."""
        return isinstance(self.node, DEFINITIONS) or any(
            isinstance(inner, DEFINITIONS) for inner in ast.walk(self.node)
        )

    def undecorated(self) -> Statement | None:
        """The same definition without its decorators, in case one of them fails; None if there are none."""
        if not isinstance(self.node, (*FUNCTIONS, ast.ClassDef)) or not self.node.decorator_list:
            return None
        node = copy.copy(self.node)
        node.decorator_list = []
        return Statement(node, self.cell)

    def with_lazy_annotations(self, error: BaseException) -> Statement | None:
        """The same without evaluating its annotations, if one of them uses an undefined name: newer Pythons do not evaluate them."""
        missing = error.name if isinstance(error, NameError) else None
        node = with_lazy_annotations(self.node, missing) if missing else None
        return None if node is None else Statement(node, self.cell)

    @property
    def deletes(self) -> frozenset[str]:
        """The names that it deletes, if that is all it does."""
        targets = self.node.targets if isinstance(self.node, ast.Delete) else []
        names = frozenset(target.id for target in targets if isinstance(target, ast.Name))
        return names if len(names) == len(targets) else frozenset()

    @cached_property
    def imports_all(self) -> bool:
        """Whether it contains an `import *`."""
        return any(
            isinstance(inner, ast.ImportFrom) and any(alias.name == "*" for alias in inner.names)
            for inner in ast.walk(self.node)
        )

    @property
    def stops(self) -> bool:
        """Whether it deliberately stops the notebook: `raise SystemExit`, `sys.exit()`, but not a stub's error."""
        node: Any = self.node
        if isinstance(node, ast.Raise):
            return not is_stub(node)
        call = node.value if isinstance(node, ast.Expr) else None
        return isinstance(call, ast.Call) and ast.unparse(call.func) == "sys.exit"

    @property
    def quick(self) -> bool:
        """Whether it may be run after its cell's time is up: imports, definitions, assignments and blocks of these."""
        return _quick(self.node)

    @property
    def constant(self) -> bool:
        """Whether it assigns a literal value and calls nothing."""
        return isinstance(self.node, ASSIGNMENTS) and not any(
            isinstance(
                inner, ast.Call | ast.Await | ast.ListComp | ast.DictComp | ast.SetComp | ast.GeneratorExp
            )
            for inner in ast.walk(self.node)
        )


def statements(source: str, cell: int, unwrap: bool = True) -> list[Statement]:
    """The statements of a cell, magics rewritten as IPython does. Raises SyntaxError as Python does.

    unwrap: return the statements under a cell magic that contains Python; otherwise the call of the magic.
    """
    return list(_statements(source, cell, unwrap))


@lru_cache(maxsize=CELLS_KEPT)  # a worker parses each cell twice: to scan it and to run it
def _statements(source: str, cell: int, unwrap: bool) -> tuple[Statement, ...]:
    text = _without_cell_magic(source) if unwrap else source
    try:
        tree = ast.parse(to_python(_with_percent(text)), cell_file(cell))
    except SyntaxError as error:
        try:
            tree = with_templates(
                parse_newer(to_python(_with_percent(for_this_python(text))), cell_file(cell))
            )
        except SyntaxError:
            error.filename = cell_file(cell)  # IPython's tokenizer sets none
            raise error from None
    nodes = [node for outer in tree.body for node in _unwrapped(outer)]
    shown = nodes[-1] if nodes and not source.rstrip().endswith(";") else None
    return tuple(Statement(node, cell, isinstance(node, ast.Expr) and node is shown) for node in nodes)


def cell_magic(source: str) -> str:
    """The name of the magic at the top of a cell; "" if there is none."""
    found = CELL_MAGIC.match(source)
    return found[1] if found else ""


def fingerprint(node: ast.stmt) -> str:
    """A fingerprint that is equal for statements that differ only in comments and layout."""
    return hashlib.sha256(ast.dump(node).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _without_cell_magic(source: str) -> str:
    """The code under a magic that runs it unchanged, with each line at its place."""
    found = CELL_MAGIC.match(source)
    if found and found[1] in NOT_RUN:
        return ""
    if not found or found[1] in OTHER_LANGUAGES:
        return source
    head = source[: found.end()].count("\n")
    first = ""
    if found[1] in RUNS_ITS_LINE:
        first = _if_python(PROFILING.sub("", found[2]).strip())
    elif found[1] == "capture" and (names := re.findall(r"(?<![-\w])[A-Za-z_]\w*", found[2])):
        first = f"{names[0]} = get_ipython().captured()"
    rest = _without_cell_magic("\n" * head + source[found.end() :])
    return "\n" * max(0, head - 1) + first + rest[max(0, head - 1) :] if first else rest


def _if_python(text: str) -> str:
    """The text if it is Python, else ""."""
    with contextlib.suppress(SyntaxError):
        ast.parse(to_python(text))
        return text
    return ""


def _with_percent(source: str) -> str:
    """A one-line cell that IPython treats as a magic (`pip install x`, `run cells.py`), with its `%`."""
    word = source.split(maxsplit=1)[0] if source.strip() else ""
    if word not in AUTOMAGIC or "\n" in source.strip():
        return source
    if source.strip() != word:
        with contextlib.suppress(SyntaxError):
            ast.parse(source.strip())
            return source  # `time = 3`
    return source.replace(word, f"%{word}", 1)


def _unwrapped(node: ast.stmt) -> Iterator[ast.stmt]:
    """The statement without the line magic that runs it unchanged (`%time fit()`, `x = %time fit()`)."""
    magic = _line_magic(node.value) if isinstance(node, ast.Expr | ast.Assign) else None
    if magic is None or magic[0] not in PASS_THROUGH | NOT_RUN:
        yield node
        return
    try:
        inside = ast.parse(to_python(magic[1]))
    except SyntaxError:
        yield node
        return
    nodes: Iterator[Any] = ast.walk(inside)  # not every node has a line number
    for inner in nodes:
        if hasattr(inner, "lineno"):
            inner.lineno = inner.end_lineno = node.lineno
    if isinstance(node, ast.Expr):
        if magic[0] in PASS_THROUGH:
            yield from inside.body
    elif (
        isinstance(node, ast.Assign)
        and magic[0] in PASS_THROUGH
        and len(inside.body) == 1
        and isinstance(inside.body[0], ast.Expr)
    ):
        node.value = inside.body[0].value
        yield node
    else:
        yield node


def _line_magic(value: ast.expr) -> tuple[str, str] | None:
    """(name, line) of `get_ipython().run_line_magic(name, line)`."""
    if (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "run_line_magic"
        and isinstance(value.func.value, ast.Call)
        and isinstance(value.func.value.func, ast.Name)
        and value.func.value.func.id == "get_ipython"
        and len(value.args) == 2
    ):
        name, line = (arg.value if isinstance(arg, ast.Constant) else None for arg in value.args)
        if isinstance(name, str) and isinstance(line, str):
            return name, line
    return None


def _quick(node: ast.stmt) -> bool:
    if isinstance(node, (*DEFINITIONS, *ASSIGNMENTS)):
        return True
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == "setattr"
    ):
        return True
    if isinstance(node, BLOCKS):
        inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
        inner += [step for handler in getattr(node, "handlers", []) for step in handler.body]
        return all(_quick(step) or isinstance(step, ast.Pass) for step in inner)
    return False


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names if alias.name != "*")
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif (isinstance(node, ast.ExceptHandler) and node.name) or (
        isinstance(node, ast.MatchAs | ast.MatchStar) and node.name
    ):
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
    for child in ast.iter_child_nodes(node):
        if isinstance(child, SCOPES) and not isinstance(child, (*FUNCTIONS, ast.ClassDef)):
            # A comprehension's names stay inside it, except those bound by `:=`.
            yield from (
                walrus.target.id
                for walrus in ast.walk(child)
                if isinstance(walrus, ast.NamedExpr) and not isinstance(child, ast.Lambda)
            )
        else:
            yield from _bound(child)


def _mutated(node: ast.AST) -> Iterator[str]:
    mutated: ast.expr | None = None
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        mutated = node
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in MUTATING_METHODS
    ):
        mutated = node.func
    if mutated is not None and (name := root_name(mutated, (ast.Subscript, ast.Attribute))):
        yield name
    for child in ast.iter_child_nodes(node):
        yield from _mutated(child)


def root_name(node: ast.expr, steps: tuple[type, ...] = (ast.Attribute,)) -> str:
    """`a` for `a.b.c`, and for `a[k].b` if subscripts are among the steps; "" if there is no name at the root."""
    while isinstance(node, steps):
        node = node.value  # type: ignore[attr-defined]  # both kinds of step have one
    return node.id if isinstance(node, ast.Name) else ""


def _read(node: ast.AST) -> Iterator[str]:
    if isinstance(node, FUNCTIONS):
        yield from _read_all([*node.decorator_list, node.args])
        return
    if isinstance(node, ast.Lambda):
        yield from _read_all([node.args])
        return
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load | ast.Del):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _read(child)


def _read_all(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        yield from _read(node)
