"""Syntax of newer Pythons, for a grader that runs an older one: `def f[T](x: T)`, `class Box[T]`, `type Pair[T] = …`,
`except A, B:`, and annotations that are evaluated lazily.

Students write the notebook in Colab's Python, or one newer than the grader's. Type parameters do not change what an
answer computes: they are removed, each line keeps its number, and annotations that use them become strings.
(new_fstrings.py handles f-strings.)
"""

from __future__ import annotations

import ast
import copy
import io
import itertools
import tokenize
from typing import Any

SPACE = (tokenize.NL, tokenize.COMMENT)
STARTS = (
    tokenize.NEWLINE,
    tokenize.NL,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.COMMENT,
)

Names = frozenset[str]
Typed = dict[tuple[int, str], Names]  # (line, name) of a definition or an alias → its type parameters
Edit = tuple[tuple[int, int], tuple[int, int], str]  # from (line, column) to, and the text that replaces it


def parse_newer(source: str, filename: str) -> ast.Module:
    """The syntax tree of code that only a newer Python can parse. Raises SyntaxError."""
    try:
        text, typed = _without_parameters(source)
    except (tokenize.TokenError, IndexError) as error:
        raise SyntaxError(str(error)) from None
    tree = ast.parse(text, filename)
    return ast.fix_missing_locations(_Untyped(typed).visit(tree)) if typed else tree


def with_lazy_annotations(node: ast.stmt, missing: str) -> ast.stmt | None:
    """The statement with its annotations as strings if one of them uses the name `missing`; else None."""
    named = [
        name
        for annotation in _annotations(node)
        for name in ast.walk(annotation)
        if isinstance(name, ast.Name) and name.id == missing
    ]
    if not named:
        return None
    late: ast.stmt = _LazyAnnotations().visit(copy.deepcopy(node))
    return ast.fix_missing_locations(late)


def _without_parameters(source: str) -> tuple[str, Typed]:
    """The source without type parameters, and which ones there were."""
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in SPACE]
    typed: Typed = {}
    edits: list[Edit] = []
    for k, token in enumerate(tokens[:-2]):
        name, after = tokens[k + 1], tokens[k + 2]
        if token.string in ("def", "class") and name.type == tokenize.NAME and after.string == "[":
            end = _closing(tokens, k + 2)
            typed[token.start[0], name.string] = _parameters(tokens[k + 2 : end + 1])
            edits.append((after.start, tokens[end].end, ""))
        elif _is_alias(tokens, k):
            parameters: Names = frozenset()
            if after.string == "[":
                end = _closing(tokens, k + 2)
                parameters = _parameters(tokens[k + 2 : end + 1])
                edits.append((after.start, tokens[end].end, ""))
            typed[token.start[0], name.string] = parameters
            edits.append((token.start, name.end, name.string))
        elif token.string == "except":
            edits += _parenthesize_exceptions(tokens, k + 1)
    return _edited(source, edits), typed


def _is_alias(tokens: list[tokenize.TokenInfo], k: int) -> bool:
    """Whether `type X = …` or `type X[T] = …` begins at token k."""
    first = k == 0 or tokens[k - 1].type in STARTS or tokens[k - 1].string in (";", ":")
    return (
        first
        and tokens[k].string == "type"
        and tokens[k + 1].type == tokenize.NAME
        and tokens[k + 2].string in ("=", "[")
    )


def _closing(tokens: list[tokenize.TokenInfo], k: int) -> int:
    """The token that closes the bracket opened at token k. Raises IndexError."""
    depth = 0
    while True:
        depth += (tokens[k].string in "([{") - (tokens[k].string in ")]}") if tokens[k].string else 0
        if not depth:
            return k
        k += 1


def _parameters(tokens: list[tokenize.TokenInfo]) -> Names:
    """The names in `[T, U: bound, *Ts, **P]`."""
    found, depth = set(), 0
    for before, token in itertools.pairwise(tokens):
        depth += (before.string in "([{") - (before.string in ")]}") if before.string else 0
        if depth == 1 and before.string in ("[", ",", "*", "**") and token.type == tokenize.NAME:
            found.add(token.string)
    return frozenset(found)


def _parenthesize_exceptions(tokens: list[tokenize.TokenInfo], k: int) -> list[Edit]:
    """The edits that put parentheses around the exceptions in `except A, B:`; token k follows `except`."""
    k += tokens[k].string == "*"
    start, depth, commas = k, 0, False
    while depth or tokens[k].string != ":":
        if tokens[k].type == tokenize.NEWLINE or tokens[k].string == "as":
            return []
        depth += tokens[k].string in ("(", "[", "{")
        depth -= tokens[k].string in (")", "]", "}")
        commas = commas or (not depth and tokens[k].string == ",")
        k += 1
    if not commas:
        return []
    return [(tokens[start].start, tokens[start].start, "("), (tokens[k].start, tokens[k].start, ")")]


def _edited(source: str, edits: list[Edit]) -> str:
    """The source after these edits. If a removed text spans lines, as many lines remain, joined by backslashes."""
    lines = [f"{line}\n" for line in source.split("\n")]  # as the tokenizer counts them
    for (top, left), (bottom, right), text in sorted(edits, reverse=True):
        rest = lines[bottom - 1][right:]
        lines[top - 1] = lines[top - 1][:left] + text + ("\\\n" if bottom > top else "")
        for k in range(top, bottom - 1):
            lines[k] = "\\\n"
        lines[bottom - 1] = rest if bottom > top else lines[top - 1] + rest
    return "".join(lines)


class _Untyped(ast.NodeTransformer):
    """Restores the visible effects of type parameters in a tree from which they were removed."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self.known: Names = frozenset()

    def visit(self, node: ast.AST) -> Any:
        name = getattr(node, "name", None) or _target(node)
        own = self.typed.get((getattr(node, "lineno", 0), name)) if name else None
        if own is None:
            return self._visited(node)
        if isinstance(node, ast.Assign):
            node.value = _parse_expression(
                f"type({name!r}, (), {{'__class_getitem__': classmethod(lambda alias, _: alias)}})"
            )
            return node
        before, self.known = self.known, self.known | own
        if isinstance(node, ast.ClassDef) and own and not own & _named(node.bases):
            node.bases.append(
                _parse_expression(
                    f"__import__('typing').Generic[{', '.join(map(_type_variable, sorted(own)))}]"
                )
            )
        node = self._visited(node)
        self.known = before
        return node

    def _visited(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Name) and node.id in self.known and isinstance(node.ctx, ast.Load):
            return _parse_expression(_type_variable(node.id))
        if self.known:
            _stringify_annotations(node, self.known)
        return self.generic_visit(node)


class _LazyAnnotations(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        _stringify_annotations(node, None)
        return super().generic_visit(node)


def _stringify_annotations(node: ast.AST, only_using: Names | None) -> None:
    """Turn a node's own annotations into strings; only those that use one of `only_using`, if that is not None."""
    for field in ("annotation", "returns"):
        value = getattr(node, field, None)
        if isinstance(value, ast.expr) and (only_using is None or only_using & _named([value])):
            setattr(node, field, ast.Constant(ast.unparse(value)))


def _annotations(node: ast.AST) -> list[ast.expr]:
    found = [getattr(inner, field, None) for inner in ast.walk(node) for field in ("annotation", "returns")]
    return [value for value in found if isinstance(value, ast.expr)]


def _named(nodes: list[ast.expr]) -> Names:
    return frozenset(n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name))


def _target(node: ast.AST) -> str | None:
    first = node.targets[0] if isinstance(node, ast.Assign) else None
    return first.id if isinstance(first, ast.Name) else None


def _type_variable(name: str) -> str:
    return f"__import__('typing').TypeVar({name!r})"


def _parse_expression(expression: str) -> ast.expr:
    return ast.parse(expression, mode="eval").body
