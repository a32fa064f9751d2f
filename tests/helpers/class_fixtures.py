"""A graded class, and one that is also marked by hand; each test gets its own copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.marked_class import Class, class_of


@pytest.fixture(scope="module")
def graded(shared_server: None, tmp_path_factory: pytest.TempPathFactory) -> Class:
    base = tmp_path_factory.mktemp("graded")
    kit, _ = class_of(base)
    graded = Class(base, kit)
    assert graded.run().exit_code == 1  # for the PDF
    return graded


@pytest.fixture(scope="module")
def marked(graded: Class, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """ada has 1.5, bob 2, Jörg Ü 0, and the PDF, which somebody has read, 1."""
    marked = graded.copy(tmp_path_factory.mktemp("marked"))
    marked.give(**{"ada": "1,5", "bob": 2, "Jörg Ü": 0, "essay.pdf": 1})
    assert "Marks read from" in marked.run().output
    return marked


@pytest.fixture
def fresh(graded: Class, tmp_path: Path) -> Class:
    return graded.copy(tmp_path)


@pytest.fixture
def again(marked: Class, tmp_path: Path) -> Class:
    return marked.copy(tmp_path)
