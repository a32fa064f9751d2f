"""Python 3.14's t-strings, and `string.templatelib` with their types, for a grader that runs an older Python.

new_fstrings.py rewrites each as an f-string with a specially named field; this module turns that into a template.
"""

from __future__ import annotations

import ast
import string
import sys
from collections.abc import Callable, Iterator
from typing import Any

from gatelab.sandbox.worker.made_modules import made_module
from gatelab.sandbox.worker.new_fstrings import TEMPLATE

MODULE = "string.templatelib"


class Interpolation:
    """A field of a template: its value and its source."""

    __match_args__ = ("value", "expression", "conversion", "format_spec")

    def __init__(
        self, value: Any, expression: str = "", conversion: str | None = None, format_spec: str = ""
    ) -> None:
        self.value, self.expression = value, expression
        self.conversion, self.format_spec = conversion, format_spec

    def __repr__(self) -> str:
        return (
            f"Interpolation({self.value!r}, {self.expression!r}, {self.conversion!r}, {self.format_spec!r})"
        )


class Template:
    """Strings with a field between each pair of them."""

    def __init__(self, *parts: str | Interpolation) -> None:
        texts, fields = [""], []
        for part in parts:
            if isinstance(part, str):
                texts[-1] += part
            else:
                fields.append(part)
                texts.append("")
        self.strings, self.interpolations = tuple(texts), tuple(fields)

    @property
    def values(self) -> tuple[Any, ...]:
        return tuple(field.value for field in self.interpolations)

    def __iter__(self) -> Iterator[str | Interpolation]:
        for k, text in enumerate(self.strings):
            if text:
                yield text
            yield from self.interpolations[k : k + 1]

    def __add__(self, other: Any) -> Any:
        return Template(*self, *other) if isinstance(other, Template) else NotImplemented

    def __repr__(self) -> str:
        return f"Template(strings={self.strings!r}, interpolations={self.interpolations!r})"


def convert(value: Any, conversion: str | None) -> Any:
    """The value converted as `!r`, `!s` or `!a` says."""
    written: dict[str | None, Callable[[Any], Any]] = {None: lambda v: v, "r": repr, "s": str, "a": ascii}
    return written[conversion](value)


def install_templates() -> None:
    """Make the types importable under their name in Python 3.14."""
    if sys.version_info < (3, 14):
        module = made_module(MODULE)
        module.__dict__.update(Template=Template, Interpolation=Interpolation, convert=convert)
        sys.modules[MODULE] = string.templatelib = module  # type: ignore[attr-defined]  # it is new there


def with_templates(tree: ast.Module) -> ast.Module:
    """The tree with a template in place of each marked f-string."""
    made: ast.Module = _Templates().visit(tree)
    return ast.fix_missing_locations(made)


class _Templates(ast.NodeTransformer):
    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        parts = [part for part in node.values if not _is_marker(part)]
        self.generic_visit(node)
        if len(parts) == len(node.values):
            return node
        made = [_field(part) if isinstance(part, ast.FormattedValue) else part for part in parts]
        return ast.copy_location(_call_of_this_module("Template", made), node)


def _is_marker(part: ast.expr) -> bool:
    return (
        isinstance(part, ast.FormattedValue)
        and isinstance(part.value, ast.Name)
        and part.value.id == TEMPLATE
    )


def _field(part: ast.FormattedValue) -> ast.expr:
    written = ast.Constant(ast.unparse(part.value))
    conversion = ast.Constant(chr(part.conversion) if part.conversion > 0 else None)
    return _call_of_this_module(
        "Interpolation", [part.value, written, conversion, part.format_spec or ast.Constant("")]
    )


def _call_of_this_module(name: str, given: list[Any]) -> ast.Call:
    """A call of one of this module's classes; it works whatever the notebook binds to the name."""
    of_the_module = f"__import__({MODULE!r}, fromlist=['']).{name}"
    return ast.Call(ast.parse(of_the_module, mode="eval").body, given, [])


def is_inserted(node: ast.Call) -> bool:
    """Whether the call was inserted by this module and not written in the notebook."""
    return bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value == MODULE
