# Written by gatelab build from autograder/gatelab/handed_out/handin/answers.py; change it there.
"""Looks at the answers in a notebook's file without running it: what is written, what is missing, and what its writer may not have noticed."""

from __future__ import annotations

import ast
import contextlib
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import given, progress
from ..lists import all_of
from ..marks import is_experiment, mark_of, question_of, unchanged
from ..near import similar_name
from ..stub import is_stub
from .notebook import Notebook, copies, source


@dataclass
class State:
    """What the file says about each question."""

    answered: list[str] = field(default_factory=list)  # IDs, in the order of the lab
    unanswered: list[str] = field(default_factory=list)
    # By hand, in a file that lost its marks: whether they are answered cannot be told.
    unknown: list[str] = field(default_factory=list)
    # Answered question → what is missing in its answer.
    parts: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    faulty: list[str] = field(default_factory=list)  # a sentence for each answer that is not valid Python
    broken: list[str] = field(default_factory=list)  # a sentence for each other cell that is not
    # IDs of questions that were run with changes which are not in the file.
    unsaved: list[str] = field(default_factory=list)

    @property
    def is_anything_there(self) -> bool:
        """Whether something is answered, or, in a lab without questions in code, may be."""
        return bool(self.answered or (self.unknown and not self.unanswered))

    @property
    def left(self) -> list[str]:
        """What is not answered, in the order of the lab: `q1`, or for a partly answered question `q2 (names)`."""
        order = [question["id"] for question in progress.table()["questions"]]
        parts = {id: f"{id} ({', '.join(names)})" for id, names in self.parts.items()}
        return [parts.get(id, id) for id in order if id in parts or id in self.unanswered]


def look(notebook: Notebook, folder: Path) -> State:
    """Find out what is answered, and what is odd. `folder`: the notebook's folder, which has Jupyter's record."""
    state, defined = State(), _definitions(notebook)
    unmarked = not any(mark_of(cell) for cell in notebook.cells)
    for question in progress.table()["questions"]:
        id = question["id"]
        if question["by_hand"] and unmarked:
            state.unknown.append(id)
            continue
        if question["by_hand"]:
            written = _written_by_hand(notebook, id)
            if written is None:
                state.warnings.append(
                    f"{id}: its cell for the answer is gone; a person may not find what you wrote."
                )
        else:
            written = _written(notebook, question, defined, state)
        (state.answered if written else state.unanswered).append(id)
    if state.unknown:
        state.warnings.append(
            f"the program that saved this notebook took out what tells its cells apart: whether {all_of(state.unknown)} "
            f"{'are' if len(state.unknown) > 1 else 'is'} answered cannot be seen here. The grader goes by the text above an answer: leave it there."
        )
    if not state.is_anything_there:
        state.warnings.append(
            f"{notebook.path.name} answers no question in code. Is your work in another file?"
            if state.unknown
            else f"nothing is written in {notebook.path.name}: it is as it was handed out. Is your work in another file?"
        )
    state.broken = _broken(notebook)
    state.warnings += copies(notebook, folder)
    _compare_with_what_ran(notebook, folder, defined, state)
    return state


Definition = tuple[int, str, ast.stmt]  # the cell's number, its text, the statement


def _definitions(notebook: Notebook) -> dict[str, list[Definition]]:
    """Name that the lab asks for → its definitions, from top to bottom."""
    found: dict[str, list[Definition]] = {
        name: [] for question in progress.table()["questions"] for name in question["names"]
    }
    for number, text in notebook.code():
        try:
            body = progress.statements(text)
        except (SyntaxError, ValueError):
            continue
        for statement in body:
            for name in progress.bound(statement):
                if name in found:
                    found[name].append((number, text, statement))
    return found


def _written(
    notebook: Notebook, question: dict[str, Any], defined: dict[str, list[Definition]], state: State
) -> bool:
    """Whether a question in code is answered. Adds what is odd about the answer to the warnings, and what is missing to `parts`."""
    id, written, missing = question["id"], False, []
    touched = _touched(notebook, id)
    for name in question["names"]:
        places = defined[name]
        if not places:
            text, slip = _in_text(notebook, name), _invalid_definition(notebook, name)
            remarks = state.faulty if slip and not text else state.warnings
            remarks.append(f"{id}: {text or slip or _not_defined(notebook, id, name)}")
            written = written or bool(text or slip) or touched  # under another name
            missing += [] if text or slip else [f"`{name}`"]
            continue
        answer = next((place for place in places[::-1] if not _is_whole_stub(place[2])), None)
        if odd := _unnoticed(notebook, question, name, places, answer, touched):
            state.warnings.append(f"{id}: {odd}")
        _, text, statement = answer or places[-1]
        stubs = _stubs(statement, text, id)
        touched = touched or _has_own_code(statement, text, id)
        written = written or not stubs or touched
        missing += [f"`{name}`"] if stubs and not touched else _ended_by_stub(statement, id)
    if written and missing:
        state.parts[id] = missing
    return written


def _not_defined(notebook: Notebook, id: str, name: str) -> str:
    """The sentence that a name is defined nowhere, and where a similar one is defined, if there is one, or that its cell is gone."""
    asked = {own for question in progress.table()["questions"] for own in question["names"]}
    others: dict[str, int] = {}
    for number, text in notebook.code():
        others |= dict.fromkeys(_may_be_answers(text) - asked, number)
    nowhere, other = f"`{name}` is defined nowhere in the file", similar_name(name, others)
    if other:
        return f"{nowhere}. There is `{other}` in cell {others[other]}; is that your answer? It must be called `{name}`."
    marks = [mark_of(cell) for cell in notebook.cells]
    if any(marks) and id not in map(_question_answered_in, marks):
        return (
            f"{nowhere}, and the cell that was handed out for it is gone. A fresh copy of the notebook, from the handout, has it: "
            "copy it from there."
        )
    return f"{nowhere}."


def _may_be_answers(text: str) -> set[str]:
    """The names in a cell that were not handed out and may be those of a function, a class or a dict."""
    lines, found = text.split("\n"), set()
    with contextlib.suppress(SyntaxError, ValueError):
        for step in filter(_may_answer, progress.statements(text)):
            found |= {
                name for name in progress.bound(step) if not given.is_given(name, lines[step.lineno - 1])
            }
    return found


def _may_answer(statement: ast.stmt) -> bool:
    """Whether what a statement binds may be a function, a class or a dict, as far as its text shows."""
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    return not isinstance(
        value,
        ast.Constant
        | ast.JoinedStr
        | ast.List
        | ast.Tuple
        | ast.Set
        | ast.UnaryOp
        | ast.Compare
        | ast.ListComp
        | ast.SetComp,
    ) and not (
        isinstance(value, ast.BinOp) and not isinstance(value.op, ast.BitOr)
    )  # dicts are joined by `|`


def _unnoticed(
    notebook: Notebook,
    question: dict[str, Any],
    name: str,
    places: list[Definition],
    answer: Definition | None,
    touched: bool,
) -> str:
    """What the student may not have noticed about the definitions of a name, and what to do; "" if there is nothing.

    A cell that was handed out for an answer cannot be deleted in Jupyter, so the advice is to move the answer into it.
    """
    id, (number, text, statement) = question["id"], places[-1]
    stubs = _stubs(statement, text, id)
    own = next((k for k, _, _ in places if _is_handed_out(notebook, k)), None)
    if answer and _is_whole_stub(statement):
        stays = own == number != answer[0]
        way = f"Move yours into cell {number}, in place of the stub." if stays else "Delete the stub."
        return (
            f"below your `{name}` in cell {answer[0]} is the stub as handed out, in cell {number}: the check reads the stub, the "
            f"grader reads yours. {way}"
        )
    if len(places) > 1:
        others = ", ".join(str(place[0]) for place in places[:-1])
        several = f"`{name}` is defined {len(places)} times (cell {others}, then cell {number}); the last one counts"
        if stubs and own != number:
            return f"{several}, and that is the stub as handed out: delete it."
        if own is None or own == number:
            return f"{several}, delete the others."
        still = all(_is_whole_stub(step) for k, _, step in places if k == own)
        what = "the stub, which is still there" if still else "what is there"
        return f"{several}. Move it into cell {own}, which was handed out for it, in place of {what}."
    if stubs and touched:
        return (
            f'the line `raise NotImplementedError("{id}: …")` is still in {stubs[0]}; what is below it is never run. '
            "Delete that line when you have written your answer."
        )
    return ""


def _is_handed_out(notebook: Notebook, number: int) -> bool:
    """Whether a cell was handed out for an answer and cannot be deleted."""
    cell = notebook.cells[number - 1]
    metadata = cell.get("metadata")
    kept = isinstance(metadata, dict) and metadata.get("deletable") is False
    return kept or bool(_question_answered_in(mark_of(cell)))


def _ended_by_stub(statement: ast.stmt, id: str) -> list[str]:
    """The names of the functions in a definition that cannot get past the stub's line: what stands below a `return` is not reached."""
    inner = [statement] if isinstance(statement, given.FUNCTIONS) else getattr(statement, "body", [])
    owner = f"{statement.name}." if isinstance(statement, ast.ClassDef) else ""
    found = []
    for step in inner:
        ends = getattr(step, "body", []) if isinstance(step, given.FUNCTIONS) else []
        last = next((line for line in ends if isinstance(line, ast.Return | ast.Raise)), None)
        if is_stub(last, id):
            found.append(f"`{owner}{step.name}`")
    return found


def _has_own_code(statement: ast.stmt, text: str, id: str) -> bool:
    """Whether a function in a definition has code of the student's beside the stub's line."""
    lines, known = text.split("\n"), given.lines()
    stubs = [node.lineno for node in ast.walk(statement) if isinstance(node, ast.Raise) and is_stub(node, id)]
    return any(given.beside(statement, line, lines, known) for line in stubs)


def _stubs(statement: ast.stmt, text: str, id: str) -> list[str]:
    """The functions in a definition that still contain the stub's line; "the cell" if the stub is at its top level."""
    found = []

    def walk(node: ast.AST, owner: str) -> None:
        for child in ast.iter_child_nodes(node):
            if is_stub(child, id):
                found.append(f"`{owner}`")
            walk(
                child, f"{owner}.{child.name}" if isinstance(child, ast.FunctionDef | ast.ClassDef) else owner
            )

    walk(statement, getattr(statement, "name", ""))
    if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
        body = progress.statements(text)
        found += ["the cell" for node in body if is_stub(node, id)]
    return found


def _is_whole_stub(statement: ast.stmt) -> bool:
    """Whether it has only docstrings before the stub's line (in a class: in each method), which for the grader is not an answer."""
    inner = [statement] if isinstance(statement, ast.FunctionDef) else getattr(statement, "body", [])
    methods = [step for step in inner if isinstance(step, ast.FunctionDef)]
    first = [next((step for step in m.body if not isinstance(step, ast.Expr)), None) for m in methods]
    return bool(first) and all(is_stub(step) for step in first)


def _touched(notebook: Notebook, id: str) -> bool:
    """Whether an answer cell of this question was changed, according to the checksum that it came with."""
    own = [cell for cell in notebook.cells if _question_answered_in(mark_of(cell)) == id]
    return not all(unchanged(cell, source(cell)) for cell in own)


def _written_by_hand(notebook: Notebook, id: str) -> bool | None:
    """Whether there is a written answer; None if its cell is gone."""
    for cell in notebook.cells:
        if mark_of(cell).get("grade_id") == id:
            return bool(source(cell).strip()) and not unchanged(cell, source(cell))
    return None


def _invalid_definition(notebook: Notebook, name: str) -> str:
    """A sentence about a cell that seems to define the name but is not valid Python; "" if there is none."""
    for number, text in notebook.code():
        if _starts_definition(text, [name]) and (why := _fault(text)):
            return f"cell {number}, which should define `{name}`, is not valid Python ({why})."
    return ""


def _in_text(notebook: Notebook, name: str) -> str:
    """A sentence about a cell that defines the name but is never run; "" if there is none. (The grader finds the answer there.)"""
    for number, cell in enumerate(notebook.cells, 1):
        kind = {"markdown": "Markdown", "raw": "Raw"}.get(str(cell.get("cell_type")))
        if kind and _starts_definition(source(cell), [name]):
            return (
                f"cell {number}, which should define `{name}`, is a {kind} cell, which is not run: "
                "change it to Code (select it, press Esc, then Y), run it and save."
            )
    return ""


def _broken(notebook: Notebook) -> list[str]:
    """A sentence for each cell that is not valid Python, except experiments and those that `_invalid_definition` reports."""
    names = [name for question in progress.table()["questions"] for name in question["names"]]
    return [
        f"cell {number} is not valid Python ({why}): nothing in it is run.{_of_the_one_above(text)}"
        for number, text in notebook.code()
        if not is_experiment(notebook.cells[number - 1])
        and not _starts_definition(text, names)
        and (why := _fault(text))
    ]


def _of_the_one_above(text: str) -> str:
    """What to do with a cell that begins in the middle of something; "" for any other."""
    if progress.without_indent(text) == text:
        return ""
    return " It begins with an indented line: does it belong to the cell above? Then join the two (select both, press Esc, then Shift+M)."


def _starts_definition(text: str, names: list[str]) -> bool:
    """Whether a line begins a definition of one of these names."""
    if not names:
        return False
    words = "|".join(map(re.escape, names))
    return (
        re.search(rf"^(?:(?:async +)?(?:def|class) +(?:{words})\b|(?:{words}) *=(?!=))", text, re.MULTILINE)
        is not None
    )


def _fault(text: str) -> str:
    """Why a cell's text is not valid Python, and in which line; "" if it is."""
    try:
        with warnings.catch_warnings(action="ignore"):
            body = progress.statements(text)
            # What the grammar alone allows: a `return` outside any function, as in half of one.
            compile(ast.Module(body, []), "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return f"{getattr(error, 'msg', error)}" + (f", line {line}" if line else "")
    return ""


def names_in_experiments(notebook: Notebook) -> set[str]:
    """The names that are bound in experiments' cells."""
    names: set[str] = set()
    for number, text in notebook.code():
        if is_experiment(notebook.cells[number - 1]):
            with contextlib.suppress(SyntaxError, ValueError):
                names.update(given.bound(progress.statements(text)))
    return names


def _compare_with_what_ran(
    notebook: Notebook, folder: Path, defined: dict[str, list[Definition]], state: State
) -> None:
    """Compare what Jupyter ran last with what is in the file."""
    ran = progress.memory(folder)["ran"]
    for question in progress.table()["questions"]:
        for name in question["names"]:
            run = ran.get(name)
            if not isinstance(run, dict) or not isinstance(run.get("time"), int | float) or not defined[name]:
                continue
            if run.get("text") in {progress.text_hash(text) for _, text, _ in defined[name]}:
                continue
            if run["time"] > notebook.saved:
                state.unsaved.append(question["id"])
            else:
                state.warnings.append(
                    f"{question['id']}: `{name}` was changed after it ran last; restart, run all and see whether its check passes."
                )
    state.unsaved = list(dict.fromkeys(state.unsaved))


def _question_answered_in(mark: dict[str, Any]) -> str:
    """The question that an answer cell belongs to; "" for other cells."""
    grade_id = mark.get("grade_id")
    question = question_of(grade_id)
    return question if question != str(grade_id) else ""  # a check's cell has no second part
