"""The form of a solution cell: signatures, docstrings, one stub for each function, and lines marked as given.

It is checked twice, independently: in the master, where every statement must be part of a solution or given, and in the
released cell, which must contain nothing else.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from gatelab.build import syntax
from gatelab.build.markers import GIVEN, given_mark
from gatelab.build.regions import Fault, Region
from gatelab.handed_out import stub
from gatelab.source_without_comments import is_string
from gatelab.text import brief

HOW_TO_FIX = f"put it into a solution region, or end its line with `{GIVEN}` if students get it"


@dataclass
class Form:
    """What students get of a master's solution cell besides signatures, docstrings and stubs."""

    given: set[str] = field(default_factory=set)  # statements, as ast.dump writes them
    comments: set[str] = field(default_factory=set)  # comments, without their mark
    stubbed: set[str] = field(default_factory=set)  # what gets a stub of its own: `softmax`, `Layer.forward`
    bound: set[str] = field(default_factory=set)  # names that given statements at the cell's top level bind


def of_master(source: str, regions: list[Region]) -> Form:
    """The form of a master's solution cell.

    Raises Fault if a statement is neither part of a solution nor given, or if a region does not consist of whole statements in the
    body of one function.
    """
    return _Master(source, regions).form


class _Master:
    def __init__(self, source: str, regions: list[Region]) -> None:
        self.lines = source.split("\n")
        self.regions = regions
        self.form = Form()
        self.filled: set[Region] = set()
        self.covered: set[int] = set()  # lines of given statements
        comments = syntax.comments(source)
        for line, (text, _) in comments.items():
            if given_mark(text) and GIVEN in text.removesuffix(GIVEN):
                raise Fault(line, f"`{GIVEN}` is here twice, and students would read the first; delete one")
        self.marked = {line for line, (text, _) in comments.items() if given_mark(text)}
        for region in regions:
            for line in sorted(self.marked):
                if region.holds(line):
                    raise Fault(
                        line,
                        f"`{GIVEN}` is inside a solution region; end the region above it or delete the mark",
                    )
        self._check_body(syntax.parse(source).body, ast.Module, "")
        for region in regions:
            if region not in self.filled:
                raise Fault(
                    region.begin,
                    "the solution region holds no statement; write the solution or delete its markers",
                )
        self._check_comments(comments)

    def _check_body(self, body: list[ast.stmt], kind: type[ast.AST], name: str) -> None:
        """Check that every statement of a body (of the cell, a class or a function) is part of a region, given, a definition or a docstring."""
        used: list[Region] = []
        for index, statement in enumerate(body):
            first, last = syntax.span(statement)
            region = next((r for r in self.regions if r.begin <= last and first <= r.end), None)
            if region is not None and region.holds(first) and region.holds(last):
                if index and isinstance(body[index - 1], ast.Return | ast.Raise) and region not in used:
                    raise Fault(
                        region.begin,
                        f"the stub of {name} would follow a return and never be reached; put the region above it",
                    )
                self._check_solution(statement, region, kind, name)
                used += [region] if region not in used else []
            elif kind is not ast.Module and index == 0 and is_string(statement):
                if region:
                    raise Fault(region.begin, "a marker is inside a docstring; close the string before it")
            elif self._is_given(statement):
                if index and syntax.span(body[index - 1])[1] == first:
                    raise Fault(
                        first,
                        f"two statements share the mark `{GIVEN}`; give each statement a line of its own",
                    )
                if region:
                    raise Fault(region.begin, f"a marker is inside a statement marked `{GIVEN}`")
                self.form.given.add(ast.dump(statement))
                self.covered.update(range(first, last + 1))
                if kind is ast.Module:
                    self.form.bound |= syntax.bound(statement)
            elif isinstance(statement, ast.ClassDef) and kind is ast.Module:
                self._check_decorators(statement)
                syntax.check_signature(statement)
                self._check_body(statement.body, ast.ClassDef, statement.name)
            elif isinstance(statement, syntax.FUNCTIONS) and kind is not ast.FunctionDef:
                self._check_function(statement, f"{name}.{statement.name}" if name else statement.name)
            else:
                self._refuse(statement, region)
        if kind is ast.Module and used:
            self._check_region_of_cell(body, used)
        elif len(used) > 1:
            raise Fault(
                used[1].begin,
                f"a second solution region in def {name}; a function gets one stub, so join the two",
            )
        elif kind is ast.FunctionDef and not used:
            raise Fault(
                syntax.span(body[0])[0],
                f"{name} has no solution region, so its stub would be missing; add the markers, "
                f"or end its `def` line with `{GIVEN}` if students get all of it",
            )

    def _check_solution(self, statement: ast.stmt, region: Region, kind: type[ast.AST], name: str) -> None:
        if kind is ast.ClassDef:
            raise Fault(
                region.begin,
                f"a solution region in the body of class {name}, outside of its methods, would leave the class without them; give each method its own region",
            )
        if kind is ast.Module and isinstance(statement, syntax.DEFINITIONS):
            raise Fault(
                region.begin,
                f"the solution region holds the whole of {statement.name}; leave signature and docstring outside, a region in each function",
            )
        if region in self.filled:
            return
        self.filled.add(region)
        for line, word in ((region.begin, "BEGIN"), (region.end, "END")):
            text = self.lines[line - 1]
            if len(text) - len(text.lstrip()) != statement.col_offset:
                raise Fault(
                    line,
                    f"the {word} marker is not indented like its solution; indent it by {statement.col_offset} spaces",
                )

    def _check_function(self, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> None:
        self._check_decorators(function)
        syntax.check_signature(function)
        if isinstance(function, ast.AsyncFunctionDef):
            raise Fault(
                function.lineno,
                f"{function.name} is async: calling its stub would raise nothing; write a plain function",
            )
        self._check_body(function.body, ast.FunctionDef, name)
        self.form.stubbed.add(name)

    def _check_region_of_cell(self, body: list[ast.stmt], used: list[Region]) -> None:
        """Check a region outside of all functions. It must end the cell, because nothing after its stub would be run."""
        if len(used) > 1:
            raise Fault(
                used[1].begin,
                "a second solution region outside of all functions; join the two, one stub stops the cell",
            )
        if self.form.stubbed:
            raise Fault(
                used[0].begin,
                f"a solution region outside of all functions, next to {sorted(self.form.stubbed)[0]}, whose own stub it would take over; indent it or give it a cell of its own",
            )
        last = body[-1]
        if not used[0].holds(syntax.span(last)[1]):
            raise Fault(
                syntax.span(last)[0],
                "it comes after a solution region that is outside of all functions, where its stub stops the cell; put it above",
            )
        self.form.stubbed.add("")

    def _check_decorators(self, definition: syntax.Definition) -> None:
        for decorator in definition.decorator_list:
            lines = range(decorator.lineno, syntax.last_line(decorator) + 1)
            if not self.marked.intersection(lines):
                raise Fault(
                    decorator.lineno,
                    f"a decorator would be released; end its line with `{GIVEN}` if students get it",
                )
            self.form.given.add(ast.dump(decorator))
            self.covered.update(lines)

    def _is_given(self, statement: ast.stmt) -> bool:
        """Whether a statement is given: a simple one if any of its lines is marked, a compound one if its first line is."""
        first, last = syntax.span(statement)
        if hasattr(statement, "body"):
            return statement.lineno in self.marked
        return bool(self.marked.intersection(range(first, last + 1)))

    def _refuse(self, statement: ast.stmt, region: Region | None) -> None:
        first, last = syntax.span(statement)
        if region and (first <= region.begin <= last) and (first <= region.end <= last):
            raise Fault(
                region.begin,
                "the solution region is inside a statement; let it hold whole statements of a function's body",
            )
        if region:
            line = region.begin if first <= region.begin <= last else region.end
            raise Fault(line, "the marker cuts a statement in two; let the region hold whole statements")
        text = self.lines[first - 1].strip()
        raise Fault(
            first, f"`{brief(text)}` is outside of the solution regions and would be released; {HOW_TO_FIX}"
        )

    def _check_comments(self, comments: dict[int, tuple[str, bool]]) -> None:
        """Check that every comment is in a region, belongs to a given statement or is marked as given: students read comments too."""
        for line, (text, alone) in comments.items():
            in_region = any(r.begin <= line <= r.end for r in self.regions)
            if in_region:
                continue
            if line in self.covered or (alone and given_mark(text) and text != GIVEN):
                self.form.comments.add(text.removesuffix(GIVEN).rstrip())
            elif given_mark(text):
                raise Fault(
                    line, f"`{GIVEN}` marks nothing here; it ends the line of a statement or of a comment"
                )
            else:
                raise Fault(
                    line,
                    f"the comment `{brief(text)}` is outside of the solution regions and would be released; end it with `{GIVEN}` if students get it, or write it into the docstring",
                )


def check_released(source: str, form: Form, id: str) -> None:
    """Raise Fault if a released cell contains anything but signatures, docstrings, stubs and what the master marks as given."""
    wanted = ast.dump(ast.parse(stub.line(id)).body[0])
    stubbed: set[str] = set()

    def body(statements: list[ast.stmt], owner: str, kind: type) -> None:
        stubs = 0
        for index, statement in enumerate(statements):
            dumped = ast.dump(statement)
            if dumped == wanted and kind is not ast.ClassDef:
                stubs += 1
            elif dumped in form.given or (kind is not ast.Module and index == 0 and is_string(statement)):
                continue
            elif isinstance(statement, ast.ClassDef | ast.FunctionDef) and kind is not ast.FunctionDef:
                syntax.check_signature(statement)
                for decorator in statement.decorator_list:
                    if ast.dump(decorator) not in form.given:
                        raise Fault(
                            decorator.lineno,
                            "the released cell shows a decorator that the master does not give",
                        )
                body(statement.body, f"{owner}.{statement.name}".lstrip("."), type(statement))
            else:
                raise Fault(
                    statement.lineno, "the released cell shows a statement that the master does not give"
                )
        if stubs > 1 or (kind is ast.FunctionDef and stubs == 0):
            line = statements[0].lineno
            raise Fault(line, f"{owner or 'the released cell'} has {stubs} stubs instead of one")
        if stubs:
            stubbed.add(owner)

    body(syntax.parse(source).body, "", ast.Module)
    if stubbed != form.stubbed:
        names = ", ".join(sorted(stubbed ^ form.stubbed))
        raise Fault(1, f"the stubs of the released cell are not those of the master: {names}")
    for line, (text, _) in syntax.comments(source).items():
        if text not in form.comments:
            raise Fault(line, "the released cell shows a comment that the master does not give")
