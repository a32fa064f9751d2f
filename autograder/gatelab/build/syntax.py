"""Helpers for reading a cell's code, used to check the form of solution cells."""

from __future__ import annotations

import ast
import io
import tokenize

from gatelab.build.regions import Fault

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def parse(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or str(error)
        raise Fault(line, f"this solution cell is not valid Python ({reason})") from error


def comments(source: str) -> dict[int, tuple[str, bool]]:
    """Line → its comment, and whether the line contains nothing else."""
    found = {}
    parse(source)  # its error message is better than the tokenizer's
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        raise Fault(1, f"this solution cell is not valid Python ({error.args[0]})") from error
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            found[row] = token.string.rstrip(), not token.line[:column].strip()
    return found


def span(statement: ast.stmt) -> tuple[int, int]:
    """First and last line, decorators included."""
    decorators = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(d.lineno for d in decorators)]), last_line(statement)


def last_line(node: ast.stmt | ast.expr) -> int:
    """The last line of a parsed node, which always has one."""
    assert node.end_lineno is not None
    return node.end_lineno


def bound_name(node: ast.AST) -> str | None:
    """The name that a node of the tree binds, if it binds one."""
    if isinstance(node, DEFINITIONS):
        return node.name
    return node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None


def bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds."""
    if isinstance(statement, DEFINITIONS):
        return {statement.name}
    return {name for name in map(bound_name, ast.walk(statement)) if name}


# A signature may only name things, because any code in it would be released.
_ALLOWED_IN_SIGNATURE = (
    ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.BitOr, ast.UnaryOp,
    ast.USub, ast.expr_context,
)  # fmt: skip


def check_signature(definition: Definition) -> None:
    """Raise Fault if a default, an annotation or a base class is more than a name or a number."""
    parts: list[ast.AST | None]
    if isinstance(definition, ast.ClassDef):
        parts = [*definition.bases, *definition.keywords]
    else:
        a = definition.args
        every = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
        parts = [*a.defaults, *a.kw_defaults, *(each.annotation for each in every), definition.returns]
    for part in filter(None, parts):
        if not all(isinstance(node, _ALLOWED_IN_SIGNATURE) for node in ast.walk(part)):
            raise Fault(
                definition.lineno,
                f"the signature of {definition.name} holds code, which would be released; use names and numbers only",
            )
