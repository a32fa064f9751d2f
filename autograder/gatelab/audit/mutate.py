"""Makes small mistakes systematically: from source code, every mutant of it.

A mutant differs from the source in one place: an operator, a constant, an argument, a statement. Its name consists of the
statement before and after, and of the class and function that contain it, so it stays the same if lines move. Nothing is
executed here. Docstrings, imports and annotations are left alone.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from gatelab.handed_out.stub import does_nothing

ARITHMETIC = {
    ast.Add: (ast.Sub, ast.Mult), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add), ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,), ast.BitOr: (ast.BitAnd, ast.BitXor), ast.BitAnd: (ast.BitOr,),
}  # fmt: skip
ONE_SIDED = (ast.Sub, ast.Div, ast.Pow, ast.MatMult)  # a ∘ b is not b ∘ a
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE), ast.NotEq: (ast.Eq, ast.Lt, ast.Gt),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
NAMES = {
    "sigmoid": ("tanh", "relu"), "tanh": ("sigmoid", "relu"), "log_softmax": ("softmax",), "sqrt": ("square",),
    "sum": ("mean",), "mean": ("sum",), "argmax": ("argmin",), "all": ("any",), "any": ("all",),
    "zeros_like": ("ones_like",), "ones_like": ("zeros_like",), "new_zeros": ("new_ones",), "rand": ("randn",),
    "stack": ("cat",), "parameters": ("buffers",), "in_features": ("out_features",),
    "no_grad": ("enable_grad",), "uniform_": ("normal_",), "Parameter": ("Buffer",),
}  # fmt: skip
# These return no gradient, so there is no graph to cut.
GRAPHLESS = {"arange", "argmax", "full", "full_like", "ones_like", "zeros_like", "new_zeros", "rand"}
MODULES = {"torch", "nn", "math", "F", "np"}  # `torch.tanh(x)` calls a function, `x.tanh()` a method

T = TypeVar("T")
Change = ast.AST | list[ast.stmt]


@dataclass(frozen=True)
class Mutant:
    """Source code with one change. (where, before, after) is its name; `line` is the statement's current line."""

    operator: str
    line: int
    where: str  # "Layer.forward"
    before: str
    after: str
    source: str = field(repr=False)

    @property
    def name(self) -> tuple[str, str, str]:
        return self.where, self.before, self.after


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of `source`, in the order of the lines, without duplicates."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for place in _places(tree, "", None):
        before = _header(place.statement)
        for operator, changes in OPERATORS.items():
            for change in changes(place.node):
                with place.holding(change):
                    changed = ast.unparse(ast.fix_missing_locations(tree))
                    statement = change if place.node is place.statement else place.statement
                    after = " / ".join(
                        map(_header, statement if isinstance(statement, list) else [statement])
                    )
                if changed not in seen:
                    seen.add(changed)
                    yield Mutant(operator, place.statement.lineno, place.where, before, after, changed + "\n")


@dataclass(frozen=True)
class _Place:
    """A node, its parent, and the innermost statement around it."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    where: str
    statement: ast.stmt

    @contextlib.contextmanager
    def holding(self, change: Change) -> Iterator[None]:
        """Inside the `with`, the tree has the change in this place."""
        if self.index is None:
            setattr(self.parent, self.field, change)
            yield
            setattr(self.parent, self.field, self.node)
        else:
            held = getattr(self.parent, self.field)
            before = list(held)
            held[self.index : self.index + 1] = change if isinstance(change, list) else [change]
            yield
            held[:] = before


def _places(node: ast.AST, where: str, statement: ast.stmt | None) -> Iterator[_Place]:
    """The nodes below `node` that may be changed, outer ones first."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if (
                not isinstance(child, ast.AST)
                or isinstance(child, ast.Import | ast.ImportFrom)
                or does_nothing(child)
            ):
                continue
            inner = child if isinstance(child, ast.stmt) else statement
            if inner is not None:
                yield _Place(child, node, name, index if isinstance(value, list) else None, where, inner)
            within = where
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                within = f"{where}.{child.name}".strip(".")
            yield from _places(child, within, inner)


def _header(statement: ast.AST) -> str:
    """The first line of the statement: for a compound statement, its header."""
    return ast.unparse(statement).splitlines()[0]


def _arithmetic(node: ast.AST) -> Iterator[Change]:
    """Another operator, only one of the operands, operands swapped if that matters."""
    if isinstance(node, ast.BinOp):
        for other in ARITHMETIC.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
        yield node.left
        yield node.right
        if isinstance(node.op, ONE_SIDED):
            yield ast.BinOp(node.right, node.op, node.left)
    if isinstance(node, ast.AugAssign):
        for other in ARITHMETIC.get(type(node.op), ()):
            yield ast.AugAssign(node.target, other(), node.value)


def _comparison(node: ast.AST) -> Iterator[Change]:
    """Another comparison."""
    if isinstance(node, ast.Compare):
        for other in COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)


def _logic(node: ast.AST) -> Iterator[Change]:
    """`and` for `or`, a sign or a `not` dropped, a condition negated or dropped, branches swapped."""
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    if isinstance(node, ast.If | ast.While):
        turned = ast.UnaryOp(ast.Not(), node.test)
        rest = (node.body, node.orelse)
        yield ast.If(turned, *rest) if isinstance(node, ast.If) else ast.While(turned, *rest)
    if isinstance(node, ast.IfExp):
        yield from (ast.IfExp(node.test, node.orelse, node.body), node.body, node.orelse)
    if isinstance(node, ast.comprehension) and node.ifs:
        yield ast.comprehension(node.target, node.iter, [], 0)
        yield ast.comprehension(node.target, node.iter, [ast.UnaryOp(ast.Not(), node.ifs[0])], 0)


def _constant(node: ast.AST) -> Iterator[Change]:
    """Integers one more and one less, floats 0, 1 and 0.5, booleans negated, another string, 0 for None."""
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, float):
        yield from (ast.Constant(other) for other in (0.0, 1.0, 0.5) if other != value)
    elif isinstance(value, str):
        yield ast.Constant(value + "_")
    elif value is None:
        yield ast.Constant(0)


def _call(node: ast.AST) -> Iterator[Change]:
    """The call removed (its first argument or its object remains), an argument or a keyword dropped, arguments swapped."""
    if not isinstance(node, ast.Call):
        return
    function = node.func
    if isinstance(function, ast.Attribute) and not (
        isinstance(function.value, ast.Name) and function.value.id in MODULES
    ):
        yield function.value
    elif node.args:
        yield node.args[0]
    if node.args:
        yield ast.Call(function, node.args[:-1], node.keywords)
    for k in range(len(node.args) - 1):
        yield ast.Call(function, _swapped(node.args, k), node.keywords)
    for k in range(len(node.keywords)):
        yield ast.Call(function, node.args, node.keywords[:k] + node.keywords[k + 1 :])


def _name(node: ast.AST) -> Iterator[Change]:
    """Another function or attribute; a transposition removed."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from (ast.Name(other, node.ctx) for other in NAMES.get(node.id, ()))
    if isinstance(node, ast.Attribute):
        yield from (ast.Attribute(node.value, other, node.ctx) for other in NAMES.get(node.attr, ()))
        if node.attr == "T":
            yield node.value


def _order(node: ast.AST) -> Iterator[Change]:
    """Neighbours swapped in a tuple, a list or the values of a dict; an entry of a dict dropped; a loop backwards."""
    if isinstance(node, ast.Tuple | ast.List):
        for k in range(len(node.elts) - 1):
            yield type(node)(_swapped(node.elts, k), node.ctx)
    if isinstance(node, ast.Dict):
        for k in range(len(node.keys) - 1):
            yield ast.Dict(node.keys, _swapped(node.values, k))
        for k in range(len(node.keys)):
            yield ast.Dict(node.keys[:k] + node.keys[k + 1 :], node.values[:k] + node.values[k + 1 :])
    if isinstance(node, ast.For):
        backwards = ast.Call(ast.Name("reversed", ast.Load()), [node.iter], [])
        yield ast.For(node.target, backwards, node.body, node.orelse)


def _bounds(node: ast.AST) -> Iterator[Change]:
    """An index or a bound one more, one less, or removed. (Constants belong to another operator.)"""
    if isinstance(node, ast.Subscript):
        yield node.value
        if isinstance(node.ctx, ast.Load):
            pieces = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            for k, piece in enumerate(pieces):
                for other in _shifted(piece):
                    index = ast.Tuple([*pieces[:k], other, *pieces[k + 1 :]], ast.Load())
                    yield ast.Subscript(node.value, index if len(pieces) > 1 else other, node.ctx)
    if isinstance(node, ast.Slice):
        for name in ("lower", "upper", "step"):
            bound = getattr(node, name)
            if bound is not None:
                for new in (None, *_shifted(bound)):
                    parts = {"lower": node.lower, "upper": node.upper, "step": node.step} | {name: new}
                    yield ast.Slice(parts["lower"], parts["upper"], parts["step"])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        (end,) = node.args
        yield from (ast.Call(node.func, [other], []) for other in _shifted(end))
        yield ast.Call(node.func, [ast.Constant(1), end], [])


def _statement(node: ast.AST) -> Iterator[Change]:
    """A statement removed; the body of a `with` or an `if` without its header; a default dropped."""
    if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield ast.Pass()
    if isinstance(node, ast.With | ast.If):
        yield list(node.body)
    if isinstance(node, ast.arguments) and node.defaults:
        kept = {name: getattr(node, name) for name in node._fields} | {"defaults": node.defaults[1:]}
        yield ast.arguments(**kept)


def _graph(node: ast.AST) -> Iterator[Change]:
    """The value assigned to a name is detached from the graph."""
    if (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call | ast.BinOp | ast.Subscript)
        and getattr(getattr(node.value, "func", None), "attr", None) not in GRAPHLESS
        and not isinstance(getattr(node.value, "op", None), ast.BitOr | ast.BitAnd)
    ):
        cut = ast.Call(ast.Attribute(node.value, "detach", ast.Load()), [], [])
        yield ast.Assign(node.targets, cut, lineno=node.lineno)


OPERATORS: dict[str, Callable[[ast.AST], Iterator[Change]]] = {
    "arithmetic": _arithmetic,
    "comparison": _comparison,
    "logic": _logic,
    "constant": _constant,
    "call": _call,
    "name": _name,
    "order": _order,
    "bounds": _bounds,
    "statement": _statement,
    "graph": _graph,
}


def _swapped(items: list[T], k: int) -> list[T]:
    return [*items[:k], items[k + 1], items[k], *items[k + 2 :]]


def _shifted(node: ast.expr) -> Iterator[ast.expr]:
    """One more and one less than an expression, unless it is a constant, a slice or a tuple."""
    plain = node.operand if isinstance(node, ast.UnaryOp) else node
    if not isinstance(plain, ast.Constant | ast.Slice | ast.Tuple):
        for operator in (ast.Add(), ast.Sub()):
            yield ast.BinOp(node, operator, ast.Constant(1))
