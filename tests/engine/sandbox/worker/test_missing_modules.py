"""A module that is missing here is recognised by the exception's fields, whatever its message says."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from gatelab.sandbox.worker import missing_modules
from gatelab.sandbox.worker.missing_modules import substitute_missing


@pytest.fixture(autouse=True)
def nothing_replaced_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    finder = missing_modules._Finder()
    monkeypatch.setattr(missing_modules, "_PERMANENT", finder)
    yield
    if finder in sys.meta_path:
        sys.meta_path.remove(finder)


@pytest.mark.parametrize("words", ["No module named 'plots'", "kein Modul namens plots", ""])
def test_a_missing_module_is_known_by_its_name_and_not_by_the_words(words: str) -> None:
    assert substitute_missing(ModuleNotFoundError(words, name="plots.lines"))
    assert missing_modules._PERMANENT.roots == {"plots"}


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module named 'plots'"),  # a student's own `raise`
        ImportError("No module named 'plots'", name="plots"),
        ModuleNotFoundError("No module named 'json.lines'", name="json.lines"),
        ModuleNotFoundError("No module named 'gatelab'", name="gatelab"),
    ],
    ids=["without a name", "no missing module", "part of an installed one", "the kit"],
)
def test_nothing_else_is_replaced(error: ImportError) -> None:
    assert not substitute_missing(error) and missing_modules._PERMANENT not in sys.meta_path
