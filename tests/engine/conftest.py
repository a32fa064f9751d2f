"""The tiny lab, its engine and its bank: the engine's tests use no other lab of the kit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gatelab.handed_out.checking.terms import TERMS, Axis, Terms
from gatelab.lab.spec import Lab
from helpers.imported_suites import forget_suites
from helpers.lab_fixtures import bank, engine  # noqa: F401  (fixtures)
from helpers.tiny_lab import tiny_lab_here


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Its folder; it has no release, and no test writes into it."""
    return tiny_lab_here()


@pytest.fixture(autouse=True)
def _suites_of_this_test(pytestconfig: pytest.Config) -> None:
    """Not if these are such suites themselves, run by hand in the lab's folder."""
    if not hasattr(pytestconfig.option, "submission"):
        forget_suites()


@pytest.fixture
def axes() -> Iterator[None]:
    """Messages speak of axes as in a lab about sequences: one has steps, and of one the places have no name."""
    before = TERMS.set(
        Terms(
            {
                "N": Axis("batch", "sequences"),
                "T": Axis("time", "time steps", "time step"),
                "H": Axis("hidden"),
            }
        )
    )
    yield
    TERMS.reset(before)
