"""Tests of what must hold for hostile submissions at every door: no undeserved points, nothing hidden in what comes back, a true
status, every other submission unchanged, nothing left behind.

A test module imports all of this and adds a fixture for every door, which returns the class that was graded through it, and a
`pytest_generate_tests` that says which attempts are graded where.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from gatelab.build.leaks import Needle, hidden_needles, normal
from hostile.build import Attempt
from hostile.doors import AFTER, BEFORE, MARK, WRONG, Class

__all__ = [
    "door",
    "test_an_attempt_gains_nothing",
    "test_an_attempt_has_a_truthful_status",
    "test_every_submission_has_an_outcome_and_is_unchanged",
    "test_no_process_and_no_file_outside_the_folder_is_left",
    "test_submissions_before_and_after_them_are_graded",
    "test_what_the_student_gets_back_contains_nothing_hidden",
]

STOLEN = "STOLEN"  # what an attempt prints if it succeeded
# Words of hidden suites and references that nothing a student gets back may contain.
HIDDEN = (
    STOLEN,
    "@part(",
    "close(",
    "torch.allclose(",
    "expected =",
    "want =",
    "Traceback (most recent",
)
# An expected value would appear as a float64. The numbers in messages are rounded to four digits or fewer.
DIGITS = 6
NUMBER = re.compile(r"\d+\.(\d+)")
MAX_LINE = 1500  # characters of one line of what comes back
# The worker can choose the sizes in an error's message. There must be few, so that they cannot spell anything.
SIZES = re.compile(
    r"(?:Your code raised |could not continue with your code \()\w+: (.*?)(?: \(cell |\)\. Compare |$)"
)
MAX_DIGITS = 20


def parametrize(metafunc: pytest.Metafunc, doors: Mapping[str, Sequence[Attempt]]) -> None:
    """Run a test for every door (the name of its fixture) or, if it takes an attempt, for every door and attempt."""
    if "attempt" in metafunc.fixturenames:
        pairs = [(door, attempt) for door, attempts in doors.items() for attempt in attempts]
        ids = [f"{door}-{attempt.id}" for door, attempt in pairs]
        metafunc.parametrize(("door", "attempt"), pairs, indirect=["door"], ids=ids)
    elif "door" in metafunc.fixturenames:
        metafunc.parametrize("door", list(doors), indirect=True)


@pytest.fixture
def door(request: pytest.FixtureRequest) -> Class:
    """The class that was graded through this door."""
    return request.getfixturevalue(request.param)


def test_an_attempt_gains_nothing(door: Class, attempt: Attempt) -> None:
    deserved = dict(door.outcomes[WRONG].points)
    given = door.outcomes[attempt.id].points
    assert {id: points for id, points in given.items() if points > deserved[id]} == {}


def test_an_attempt_has_a_truthful_status(door: Class, attempt: Attempt) -> None:
    outcome = door.outcomes[attempt.id]
    if outcome.status == "graded":
        assert door.answered.keys() <= outcome.points.keys() and not outcome.reason
    else:
        assert outcome.status == "ungradable" and outcome.reason and not any(outcome.points.values())


def test_what_the_student_gets_back_contains_nothing_hidden(door: Class, attempt: Attempt) -> None:
    outcome = door.outcomes[attempt.id]
    own = {normal(line) for cell in attempt.cells for line in cell.split("\n")}
    lines = [line for line in outcome.said.split("\n") if normal(line) and normal(line) not in own]
    assert lines, "the search below would find nothing"
    could = attempt.literals.get("TRIES") in door.off  # then it reports that, and may do nothing else
    hidden = [word for word in (*HIDDEN, *door.target.hidden_words) if word != STOLEN or not could]
    assert [line for line in lines if any(word in line for word in hidden) or _exact(line)] == []
    assert [line for line in lines if len(line) > MAX_LINE] == []
    assert [size for line in lines for size in SIZES.findall(line) if _digits(size) > MAX_DIGITS] == []
    text = "\n".join(normal(line) for line in lines)
    assert [needle.text for needle in _needles(door.target.lab.hidden) if needle.text in text] == []
    assert "<script>alert" not in outcome.page


def test_every_submission_has_an_outcome_and_is_unchanged(door: Class) -> None:
    folders = {path.name for path in (door.target.lab.assignment.parents[1] / "submitted").iterdir()}
    assert door.outcomes.keys() == folders
    assert door.changed == []


def test_submissions_before_and_after_them_are_graded(door: Class) -> None:
    for name in (BEFORE, AFTER):
        points = door.outcomes[name].points
        assert {id: points[id] for id in door.answered} == door.answered, name


def test_no_process_and_no_file_outside_the_folder_is_left(door: Class) -> None:
    assert door.left == []
    assert not MARK.exists()


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _exact(line: str) -> bool:
    """Whether a line that the grader wrote contains a number with all its digits."""
    numbers = (found[0].replace(".", "").lstrip("0") for found in NUMBER.finditer(line))
    return any(len(digits) >= DIGITS for digits in numbers)


@cache
def _needles(hidden: Path) -> list[Needle]:
    """The lines of the suites, without the sentences in them that a student is meant to read."""
    sentences = {
        normal(node.value)
        for path in hidden.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value
    }
    return [
        needle for needle in hidden_needles(hidden) if not any(needle.text in words for words in sentences)
    ]
