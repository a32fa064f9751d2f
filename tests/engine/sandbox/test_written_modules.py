"""The modules that a notebook wrote, found without a search at every call."""

import sys
import types

import pytest

from gatelab.sandbox.worker.written_modules import WrittenModules


@pytest.fixture
def load(monkeypatch, tmp_path):
    """Loads a module as if it came from a file in a folder, by default the current one."""
    monkeypatch.chdir(tmp_path)

    def load(name: str, folder: object = tmp_path) -> types.ModuleType:
        module = types.ModuleType(name)
        module.__file__ = f"{folder}/{name}.py"
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return load


def test_modules_in_the_folder_are_found_and_others_are_not(load):
    own, _ = load("mine_1"), load("theirs_1", "/usr/lib/elsewhere")
    assert WrittenModules().now() == [own]


def test_a_module_that_is_loaded_after_the_first_search_is_found(load):
    written = WrittenModules()
    assert written.now() == []
    own = load("mine_2")
    assert written.now() == [own]
    assert written.now() is written.now(), "nothing new: no further search"


def test_a_module_that_is_loaded_again_is_found_in_its_new_form(load):
    load("mine_3")
    written = WrittenModules()
    written.now()
    del sys.modules["mine_3"]
    again = load("mine_3")
    assert written.now() == [again]


def test_after_a_change_of_the_folder_its_modules_count(load, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    inner = load("mine_4", other)
    load("mine_5")
    written = WrittenModules()
    assert len(written.now()) == 2
    monkeypatch.chdir(other)
    assert written.now() == [inner]
