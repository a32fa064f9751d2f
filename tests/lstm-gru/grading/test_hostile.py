"""Hostile submissions: no undeserved point, nothing stolen, nothing left behind, a truthful status, the class goes on.

A twelfth of the lab's own attempts at each run through the class command, some with the whole lab and some that fit any lab through
otter or nbgrader, which take turns. tests/engine/grading/test_hostile_attempts.py sends those that fit any lab at the tiny one. With
GATELAB_ALL all of both are sent at the whole lab; `make hostile` sends them through the other doors too. What is aimed at those two themselves is in test_otter.py, test_otter_intake.py and
test_nbgrader.py.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from cut_lab import cut_to
from kit_lab import kit_lab

from gatelab.build.leaks import hidden_needles
from gatelab.lab.spec import Lab
from helpers.shares import ROUND, WHOLE, share, turn_of
from hostile import checks, doors
from hostile.build import Attempt, attempts
from hostile.checks import *  # noqa: F403
from hostile.checks import parametrize
from hostile.target import target_of

LAB = kit_lab()
TARGET = target_of(LAB)
ATTEMPTS = list(attempts(TARGET))
OWN = {attempt.id for attempt in attempts(TARGET, own=True)}
# Quick ones of different minds: they steal, spoil, end the process, deceive otter, nbgrader or the reader.
FEW = [
    attempt
    for attempt in ATTEMPTS
    if attempt.id
    in (
        "disk-searched",
        "exit-while-loading",
        "markup-in-errors",
        "other-submissions",
        "otter-log-planted",
        "points-in-the-metadata",
    )
]
# Seven attempts run into the limits of q1. With the lab's own 60 s each would wait three times for the 8 s that one call
# may take; here they wait for one, and then for the question's limit. `make hostile` grades with the lab's limits.
SECONDS = 10

# Every attempt answers q1, wrongly, and few of them another question. What does not speak of a name that a later question asks for
# is graded with these two; what does, with the whole lab.
FIRST = ("q1", "q2")


LATER_NAMES = [name for id, spec in LAB.questions.items() if id not in FIRST for name in spec.names]


def speaks_of_later_questions(attempt: Attempt) -> bool:
    return WHOLE or any(re.search(rf"\b({'|'.join(LATER_NAMES)})\b", cell) for cell in attempt.cells)


LATER = [attempt for attempt in ATTEMPTS if speaks_of_later_questions(attempt)]
OTHERS = [attempt for attempt in ATTEMPTS if attempt not in LATER and attempt.id in OWN]
# Training takes a correct submission 20 s, and no attempt aims at it.
TRAINED = ("q7", "q11")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    turn = turn_of(metafunc.config)
    open_now = ["class_command", *share(["whole_lab", "otter", "nbgrader"], 3, turn // ROUND)]
    parametrize(metafunc, {door: sent(door, turn) for door in open_now})


# Door → what goes through it, and one in how many of it at each run.
SENT = {"class_command": (OTHERS, 16), "whole_lab": (LATER, 9), "otter": (FEW, 6), "nbgrader": (FEW, 6)}


def sent(door: str, turn: int) -> Sequence[Attempt]:
    attempts, every = SENT[door]
    return share(attempts, every, turn)


@pytest.fixture(scope="module")
def class_command(tmp_path_factory: pytest.TempPathFactory, turn: int) -> doors.Class:
    """Most of this run's share of the lab's own as one class."""
    course = doors.whole_course(tmp_path_factory.mktemp("class"), LAB, SECONDS)
    later = [id for id in Lab.in_repository(course).questions if id not in FIRST]
    return doors.grade(
        partial(doors.class_command, questions=FIRST),
        course,
        TARGET,
        sent("class_command", turn),
        leave_empty=later,
    )


@pytest.fixture(scope="module")
def whole_lab(tmp_path_factory: pytest.TempPathFactory, turn: int) -> doors.Class:
    course = doors.whole_course(tmp_path_factory.mktemp("whole"), LAB, SECONDS)
    return doors.grade(doors.class_command, course, TARGET, sent("whole_lab", turn), leave_empty=TRAINED)


@pytest.fixture(scope="module")
def few_questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lab with the first two, and one that is marked by hand."""
    return cut_to(doors.whole_course(tmp_path_factory.mktemp("cut"), LAB), [*FIRST, "q12a"])


@pytest.fixture(scope="module")
def otter(few_questions: Path, tmp_path_factory: pytest.TempPathFactory, turn: int) -> doors.Class:
    course = shutil.copytree(few_questions, tmp_path_factory.mktemp("otter") / "course")
    return doors.grade(doors.otter_inside, course, TARGET, sent("otter", turn))


@pytest.fixture(scope="module")
def nbgrader(few_questions: Path, tmp_path_factory: pytest.TempPathFactory, turn: int) -> doors.Class:
    course = shutil.copytree(few_questions, tmp_path_factory.mktemp("nbgrader") / "course")
    return doors.grade(doors.nbgrader, course, TARGET, sent("nbgrader", turn))


SECRETS = (
    "q1: STOLEN root:x:0:0",
    "h should be 0.731058578630005",
    "Traceback (most recent call last):",
    "x" * 2000,
)


@pytest.mark.parametrize("said", [*SECRETS, None], ids=["file", "number", "traceback", "flood", "suite"])
def test_a_secret_that_leaks_is_detected(said: str | None, lab: Lab) -> None:
    said = said or max((needle.text for needle in hidden_needles(lab.hidden)), key=len)
    attempt = ATTEMPTS[0]
    door = doors.Class(TARGET, {attempt.id: doors.Outcome("graded", "", {}, f"q1\n{said}\n")}, {}, [], [])
    with pytest.raises(AssertionError, match="== \\[\\]"):
        checks.test_what_the_student_gets_back_contains_nothing_hidden(door, attempt)


def test_there_are_at_least_sixty_attempts_and_each_says_what_it_tries() -> None:
    assert len(ATTEMPTS) >= 60
    assert all(attempt.what.endswith(".") and attempt.cells for attempt in ATTEMPTS)
