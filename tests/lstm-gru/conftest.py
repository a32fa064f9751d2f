"""The kit's lab, its engine and its bank, for the tests of it. (The hidden suites have a conftest of their own and run apart from this one.)"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from kit_lab import kit_lab
from solved_notebook import graded, solved  # noqa: F401  (fixtures)

from gatelab.grading.engine import Engine
from gatelab.handed_out.checking.terms import TERMS
from gatelab.lab.spec import Lab
from helpers.lab_fixtures import bank, engine  # noqa: F401  (fixtures)


@pytest.fixture(scope="session")
def lab() -> Lab:
    return kit_lab()


@pytest.fixture
def kit_terms(lab: Lab) -> Iterator[None]:
    """Messages speak of axes and exceptions as they do while the kit's lab is graded."""
    before = TERMS.set(lab.policy.terms)
    yield
    TERMS.reset(before)


@pytest.fixture(scope="session")
def plain_engine(lab: Lab) -> Iterator[Engine]:
    """An engine without the bank, for wrong work whose points alone matter: comparing it with every known mistake and every pair of
    them takes up to half a minute of processor time."""
    with Engine(Lab(lab.assignment, lab.hidden, None, lab.release)) as plain:
        yield plain


@pytest.fixture(scope="module")
def check(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable]:
    """The public checks, as a student runs them."""
    from public_checks import checking  # brings otter, seconds that few tests need

    with checking(lab, tmp_path_factory.mktemp("student")) as check:
        yield check
