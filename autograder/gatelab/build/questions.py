"""Checks a master's cells against the table of questions: every question has its own cells, and no other cell defines its answer."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from nbformat import NotebookNode

from gatelab.build import form, regions, syntax
from gatelab.build.errors import BuildError
from gatelab.build.regions import Fault, is_solution, question_id
from gatelab.lab.spec import Lab
from gatelab.lab.table import QuestionSpec
from gatelab.text import cell_start

# The metadata that a cell may have; all of it is released.
METADATA = {"nbgrader", "tags", "cellView", "jupyter"}
NBGRADER = {
    "grade",
    "grade_id",
    "locked",
    "points",
    "schema_version",
    "solution",
    "task",
    "cell_type",
    "checksum",
}
_TAG = re.compile(r"[a-z][a-z0-9_-]{0,30}")


def check_cell(cell: NotebookNode, lab: Lab) -> None:
    """Raise Fault if a cell is not of the kind that its metadata says, or would release something that no marker allows."""
    found = regions.find(cell)
    _check_metadata(cell)
    if is_solution(cell):
        _check_solution(cell, found, lab.questions[question_id(cell)])
    elif cell.metadata.get("nbgrader", {}).get("grade"):
        _check_grade_cell(cell)
    elif cell.cell_type == "raw":
        raise Fault(
            1, "a raw cell would be released though nobody sees it on the page; make it a text or take it out"
        )
    elif cell.cell_type == "markdown" and "<!--" in cell.source:
        line = cell.source[: cell.source.index("<!--")].count("\n") + 1
        raise Fault(line, "an HTML comment would be released though nobody sees it on the page; take it out")


def _check_metadata(cell: NotebookNode) -> None:
    unknown = sorted(set(cell.metadata) - METADATA)
    unknown += [f"nbgrader.{key}" for key in sorted(set(cell.metadata.get("nbgrader", {})) - NBGRADER)]
    unknown += [f"tag {tag!r}" for tag in cell.metadata.get("tags", []) if not _TAG.fullmatch(str(tag))]
    if unknown:
        raise Fault(1, f"its metadata would release {', '.join(unknown)}; take it out of the cell's head")


def _check_solution(cell: NotebookNode, found: list[regions.Region], question: QuestionSpec) -> None:
    kind = "markdown" if question.by_hand else "code"
    if cell.cell_type != kind:
        why = "is marked by hand" if question.by_hand else "is not marked by hand"
        raise Fault(
            1, f"a {cell.cell_type} cell, but {question.id} {why}: its solution belongs in a {kind} cell"
        )
    if not found:
        raise Fault(
            1,
            "a solution cell without a solution region; put BEGIN and END markers around what students must not see",
        )
    if kind == "code":
        form.of_master(cell.source, found)
        return
    lines = cell.source.split("\n")
    if len(found) > 1:
        raise Fault(found[1].begin, "a written answer has one solution region; join the two")
    region = found[0]
    for number, line in enumerate(lines, start=1):
        if line.strip() and not region.begin <= number <= region.end:
            raise Fault(
                number, "text outside of the solution region would be released; put it into the cell above"
            )
    if not any(line.strip() for line in lines[region.begin : region.end - 1]):
        raise Fault(region.begin, "the solution region is empty; write the answer")


def _check_grade_cell(cell: NotebookNode) -> None:
    """Check that a check cell is one call with the question's ID, because tests written into the cell would be released."""
    id = question_id(cell)
    if cell.cell_type == "code":
        body = _statements(cell.source)
        call = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
        arguments = [*call.args, *call.keywords] if isinstance(call, ast.Call) else []
        values = [each.value for each in arguments if isinstance(each, ast.Constant)]
        if len(arguments) == 1 and values == [id] and "#" not in cell.source:
            return
    raise Fault(
        1,
        f'the check cell of {id} must hold `grader.check("{id}")` and nothing else; tests belong in its suite',
    )


def check_notebook(notebook: NotebookNode, lab: Lab, master: Path) -> None:
    """Raise BuildError unless each question has its cells, with a stub for each name that it asks for."""
    for question in lab.questions.values():
        cells = [c for c in notebook.cells if "nbgrader" in c.metadata and question_id(c) == question.id]
        wanted = (
            {"grade": "grade", "solution": "solution"}
            if not question.by_hand
            else {"grade": "grade and solution"}
        )
        for key, word in wanted.items():
            if not any(cell.metadata["nbgrader"][key] for cell in cells):
                raise BuildError(
                    f"{master}: no cell has the {word} of {question.id}; fix the cell's nbgrader metadata, "
                    "or take the question out of lab.toml until it is written."
                )
        if not question.by_hand:
            _check_names(question, [c for c in cells if is_solution(c)], master)
    _check_other_cells(notebook, lab, master)
    _check_order(notebook, lab, master)


def _check_order(notebook: NotebookNode, lab: Lab, master: Path) -> None:
    """Check that cells, run from top to bottom, find what they need: a check its answer, a question the names that it builds on."""
    asks = {name: question.id for question in lab.questions.values() for name in question.names}
    solutions: dict[str, list[int]] = {id: [] for id in lab.questions}
    checks: dict[str, int] = {}
    for index, cell in enumerate(notebook.cells):
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("solution"):
            solutions[question_id(cell)].append(index)
        if mark.get("grade"):
            checks[question_id(cell)] = index
    for id, question in lab.questions.items():
        if checks[id] < solutions[id][-1]:
            raise BuildError(
                f"{master}: the check of {id} is above its solution; put the cell {id} below all solution cells of {id}."
            )
        for name in question.builds_on:
            if solutions[asks[name]][-1] > solutions[id][0]:
                raise BuildError(
                    f"{master}: {id} is above {asks[name]}, whose {name} it builds on (builds_on in lab.toml); "
                    f"put the cells of {asks[name]} first."
                )


def _check_names(question: QuestionSpec, cells: list[NotebookNode], master: Path) -> None:
    forms = [form.of_master(cell.source, regions.find(cell)) for cell in cells]
    stubbed = {name for each in forms for name in each.stubbed}
    for name in question.names:
        # A value, such as a table of answers, is given, with the stub of the whole cell below it.
        as_value = any(name in each.bound and "" in each.stubbed for each in forms)
        if name not in {stub.split(".")[0] for stub in stubbed} and not as_value:
            raise BuildError(
                f"{master}: {question.id} asks for {name}, but no solution cell of {question.id} gives its signature "
                "with a solution region below it."
            )


def _check_other_cells(notebook: NotebookNode, lab: Lab, master: Path) -> None:
    """Check that the names a question asks for are defined only in its solution cells."""
    asked = {name: question.id for question in lab.questions.values() for name in question.names}
    for cell in notebook.cells:
        own = question_id(cell) if is_solution(cell) else ""
        if cell.cell_type != "code":
            continue
        try:
            statements = _statements(cell.source)
        except Fault:
            continue  # a magic; the search for solution lines reads this cell anyway
        for node in (node for statement in statements for node in ast.walk(statement)):
            name = syntax.bound_name(node)
            if name in asked and asked[name] != own:
                raise BuildError(
                    f"{master}: the cell that starts {cell_start(cell.source)!r} defines {name}, which "
                    f"{asked[name]} asks for and only its solution cell may define."
                )


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError) as error:
        raise Fault(1, "the cell is not valid Python") from error
