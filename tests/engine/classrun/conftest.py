"""A graded class for tests of its marks, and one of the tiny lab; each test has a copy of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.class_fixtures import again, fresh, graded, marked  # noqa: F401  (fixtures)
from helpers.tiny_class import Tiny


@pytest.fixture(scope="module")
def graded_tiny(shared_server: None, tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("graded"))
    said = tiny.grade()
    assert said.exit_code == 0, said.output
    assert {name: row["total"] for name, row in tiny.rows().items()} == {
        "ada": "10",
        "bob": "9",
        "cleo": "7.6",
    }
    return tiny


@pytest.fixture
def tiny(graded_tiny: Tiny, tmp_path: Path) -> Tiny:
    """A graded class of the tiny lab."""
    return graded_tiny.copy(tmp_path)
