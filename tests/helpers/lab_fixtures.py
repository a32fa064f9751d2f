"""The engine and the bank of a conftest's `lab`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank, load_bank
from gatelab.lab.spec import Lab


@pytest.fixture(scope="session")
def engine(lab: Lab) -> Iterator[Engine]:
    """The real engine; one for all tests of a process, as for a class."""
    with Engine(lab) as engine:
        yield engine


@pytest.fixture(scope="session")
def bank(lab: Lab) -> Bank:
    return load_bank(lab)
