"""What the kit's own tests share. (The hidden suites have a conftest of their own and run apart from this one.)"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatelab.engine import Engine
from gatelab.lab import Lab

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The kit's folder."""
    return ROOT


@pytest.fixture(scope="session")
def lab() -> Lab:
    return Lab.in_repository(ROOT)


@pytest.fixture(scope="session")
def engine(lab: Lab) -> Iterator[Engine]:
    """The real engine; one for all tests of a process, as for a class."""
    with Engine(lab) as engine:
        yield engine
