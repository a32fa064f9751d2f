"""Every attempt through otter and nbgrader, as they are installed, with the lab's own limits: `make hostile`."""

from __future__ import annotations

import pytest
from kit_lab import kit_lab

from hostile import doors
from hostile.build import attempts
from hostile.checks import *  # noqa: F403
from hostile.checks import parametrize
from hostile.target import target_of

LAB = kit_lab()
TARGET = target_of(LAB)
ATTEMPTS = list(attempts(TARGET))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc, {"nbgrader": ATTEMPTS, "otter": ATTEMPTS})


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory: pytest.TempPathFactory) -> doors.Class:
    """The whole bank in one course, autograded in one run."""
    course = doors.whole_course(tmp_path_factory.mktemp("nbgrader"), LAB)
    return doors.grade(doors.nbgrader, course, TARGET, ATTEMPTS)


@pytest.fixture(scope="module")
def otter(tmp_path_factory: pytest.TempPathFactory) -> doors.Class:
    """The whole bank, an `otter run` for each submission."""
    course = doors.whole_course(tmp_path_factory.mktemp("otter"), LAB, mistakes=2)
    return doors.grade(doors.otter, course, TARGET, ATTEMPTS)
