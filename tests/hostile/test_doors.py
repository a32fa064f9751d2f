"""Every attempt through otter and nbgrader, as they are installed, with the lab's own limits: `make hostile`."""

from __future__ import annotations

import pytest

from hostile import doors
from hostile.build import attempts
from hostile.checks import *  # noqa: F403
from hostile.checks import parametrize

ATTEMPTS = list(attempts())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc, {"nbgrader": ATTEMPTS, "otter": ATTEMPTS})


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory: pytest.TempPathFactory) -> doors.Class:
    """The whole bank in one course, autograded in one run."""
    return doors.grade(doors.nbgrader, doors.whole_course(tmp_path_factory.mktemp("nbgrader")), ATTEMPTS)


@pytest.fixture(scope="module")
def otter(tmp_path_factory: pytest.TempPathFactory) -> doors.Class:
    """The whole bank, an `otter run` for each submission."""
    course = doors.whole_course(tmp_path_factory.mktemp("otter"), mistakes=2)
    return doors.grade(doors.otter, course, ATTEMPTS)
