"""Where students write answers that a person marks, and what becomes of the cells: every such answer is found, or a person is told to look."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelab.lab.spec import Lab
from gatelab.submission.written import written
from helpers.notebooks import save_notebook
from helpers.tiny_lab import tiny_lab

STUB = "*Write your answer here.*"
ASKED = "## q3 · In your own words\n\nWhat decides the probabilities of a row? (No check reads it.)"
ASKED_NEXT = "---\n## q4 · In your own words, too\n\nWhat do labels change?"
BOTH = "## q5 and q6\n\nOne sentence each, below this text."
END = "## The end\n\nSave the notebook."
MORE = "".join(f'\n[{id}]\ntitle = "{id}"\npoints = 1\nby_hand = true\n' for id in ("q4", "q5", "q6"))
ANSWER, OTHER = "Only the differences between the logits.", "Which probability counts."


def cell(kind: str, source: str, grade_id: str = "") -> dict:
    mark = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "source": source, "metadata": mark, **code}


RELEASE = [
    cell("code", "def softmax(logits):\n    raise NotImplementedError", "q1-solution"),
    cell("code", 'grader.check("q1")', "q1"),
    cell("markdown", ASKED),
    cell("markdown", STUB, "q3"),
    cell("markdown", ASKED_NEXT),
    cell("markdown", STUB, "q4"),
    cell("markdown", BOTH),
    cell("markdown", STUB, "q5"),
    cell("markdown", STUB, "q6"),
    cell("markdown", END),
]
Q3 = 3


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    root = tmp_path_factory.mktemp("found")
    made = tiny_lab(root, by_hand=True)
    table = made.assignment / "lab.toml"
    table.write_text(table.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    save_notebook(book(RELEASE), root / "release" / made.name / made.notebook)
    return Lab.in_repository(root)


def book(cells: list[dict]) -> dict:
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}


def new(source: str, kind: str = "markdown") -> dict:
    return cell(kind, source)


def own(source: str, kind: str = "markdown") -> list[dict]:
    """The release with this text in q3's cell."""
    cells = copy.deepcopy(RELEASE)
    cells[Q3].update(source=source, cell_type=kind)
    return cells


def above(source: str) -> list[dict]:
    """The release with this text in place of q3's question."""
    cells = own(STUB)
    cells[Q3 - 1]["source"] = source
    return cells


def with_cells(*below: dict, source: str = STUB) -> list[dict]:
    """The release with this text in q3's cell and cells below it."""
    cells = own(source)
    cells[Q3 + 1 : Q3 + 1] = copy.deepcopy(below)
    return cells


def merged(first: int, last: int, cells: list[dict]) -> list[dict]:
    one = copy.deepcopy(cells[first])
    one["source"] = "\n\n".join(each["source"] for each in cells[first : last + 1])
    return [*cells[:first], one, *cells[last + 1 :]]


def solved(cells: list[dict]) -> list[dict]:
    """With a code answer, so that the release's text of that cell is gone."""
    cells = copy.deepcopy(cells)
    cells[0]["source"] = "def softmax(logits):\n    return logits.softmax(dim=1)"
    return cells


WRITTEN: dict[str, tuple[list[dict], str]] = {
    "in its cell": (own(ANSWER), ANSWER),
    "in its cell, now raw": (own(ANSWER, "raw"), ANSWER),
    "in its cell, now code": (own(f"# {ANSWER}", "code"), f"# {ANSWER}"),
    "below the untouched cell": (with_cells(new(ANSWER)), ANSWER),
    "below it, in raw": (with_cells(new(ANSWER, "raw")), ANSWER),
    "below it, as a comment": (with_cells(new(f"# {ANSWER}", "code")), f"# {ANSWER}"),
    "below it, as prose in a code cell": (with_cells(new(ANSWER, "code")), ANSWER),
    "in two cells": (with_cells(new(OTHER), source=ANSWER), f"{ANSWER}\n\n{OTHER}"),
    "in both halves of a split cell": (with_cells(cell("markdown", OTHER, "q3"), source=ANSWER), f"{ANSWER}\n\n{OTHER}"),
    "in a copy of the cell": (with_cells(cell("markdown", ANSWER, "q3")), ANSWER),
    "in the same words in a copy": (with_cells(cell("markdown", ANSWER, "q3"), source=ANSWER), ANSWER),
    "below the question's text": (above(f"{ASKED}\n\n{ANSWER}\n\n{OTHER}"), f"{ANSWER}\n\n{OTHER}"),
    "on the question's last line": (above(f"{ASKED} {ANSWER}"), ANSWER),
    "within the question's text": (above(ASKED.replace("\n\n", f"\n\n{ANSWER}\n\n")), ANSWER),
    "in place of the question's text": (above(f"{ASKED.splitlines()[0]}\n\n{ANSWER}"), ANSWER),
    "in a cell merged with the question": (merged(Q3 - 1, Q3, own(ANSWER)), ANSWER),
    "in a cell merged with the next question": (merged(Q3, Q3 + 1, own(ANSWER)), f"{ANSWER}\n\n{ASKED_NEXT}"),
    "at the end, its cell moved": (own("")[:Q3] + RELEASE[Q3 + 1 :] + [cell("markdown", ANSWER, "q3")], ANSWER),
    "in a cell whose question was deleted": ([each for each in own(ANSWER) if each["source"] != ASKED], ANSWER),
    "in a new cell, its own deleted": ([*own("")[:Q3], new(ANSWER), *RELEASE[Q3 + 1 :]], ANSWER),
}  # fmt: skip
NEEDS_MARKS = {
    "in a cell merged with the next question",
    "at the end, its cell moved",
    "in a cell whose question was deleted",
}


def unmarked(cells: list[dict]) -> list[dict]:
    return [each | {"metadata": {}} for each in cells]


def renamed(cells: list[dict]) -> list[dict]:
    cells = copy.deepcopy(cells)
    for each in cells:
        if mark := each["metadata"].get("nbgrader"):
            mark["grade_id"] = f"my-{mark['grade_id']}"
    return cells


SAVED = {"as it is": list, "without metadata": unmarked, "renamed": renamed}
saved_each_way = pytest.mark.parametrize("saved", SAVED.values(), ids=SAVED)


@pytest.mark.parametrize(
    ("where", "how"),
    [(where, how) for where in WRITTEN for how in SAVED if how == "as it is" or where not in NEEDS_MARKS],
)
def test_an_answer_is_found(lab: Lab, tmp_path: Path, where: str, how: str) -> None:
    cells, expected = WRITTEN[where]
    found = written(save_notebook(book(SAVED[how](solved(cells))), tmp_path / "lab.ipynb"), lab)
    assert found["q3"].text == expected
    assert found["q5"].text == found["q6"].text == ""


@saved_each_way
def test_answers_next_to_each_other_are_told_apart(lab: Lab, tmp_path: Path, saved: Callable) -> None:
    cells = copy.deepcopy(RELEASE)
    for place, text in {3: "three", 5: "four", 7: "five", 8: "six"}.items():
        cells[place]["source"] = text
    found = written(save_notebook(book(saved(cells)), tmp_path / "lab.ipynb"), lab)
    assert [found[id].text for id in ("q3", "q4", "q5", "q6")] == ["three", "four", "five", "six"]
    del cells[8]
    found = written(save_notebook(book(saved(cells)), tmp_path / "lab.ipynb"), lab)
    if saved is list:
        assert found["q5"].text == "five" and "was not found" in found["q6"].problem
    else:
        assert found["q5"] == found["q6"] and "cell 8, “five”" in found["q5"].problem


def test_two_questions_merged_into_one_cell_both_have_their_answers(lab: Lab, tmp_path: Path) -> None:
    cells = own(ANSWER)
    cells[5]["source"] = OTHER
    found = written(save_notebook(book(unmarked(merged(2, 5, cells))), tmp_path / "lab.ipynb"), lab)
    assert (found["q3"].text, found["q4"].text) == (ANSWER, OTHER)


@saved_each_way
def test_an_untouched_notebook_has_no_answer_and_nothing_to_look_for(
    lab: Lab, tmp_path: Path, saved: Callable
) -> None:
    cells = [each | {"source": each["source"] + "\r\n"} for each in solved(RELEASE)]
    found = written(save_notebook(book(saved(cells)), tmp_path / "lab.ipynb"), lab)
    assert {(one.text, one.problem) for one in found.values()} == {("", "")}


def test_a_deleted_cell_and_text_elsewhere_are_for_a_person_to_look_at(lab: Lab, tmp_path: Path) -> None:
    deleted = [each for each in RELEASE if each is not RELEASE[Q3]]
    found = written(save_notebook(book(deleted), tmp_path / "lab.ipynb"), lab)
    assert found["q3"].problem == "its cell was not found; look into the notebook"
    assert found["q4"].problem == ""

    elsewhere = [*RELEASE, new(ANSWER)]
    found = written(save_notebook(book(elsewhere), tmp_path / "lab.ipynb"), lab)
    assert "elsewhere" in found["q3"].problem and f"cell 11, “{ANSWER[:39]}" in found["q3"].problem

    noted = solved(own(OTHER))  # code of the student's own is not an answer
    noted.append(new("softmax(torch.zeros(1, 2))", "code"))
    found = written(save_notebook(book(noted), tmp_path / "lab.ipynb"), lab)
    assert found["q3"].text == OTHER and found["q4"].problem == ""
