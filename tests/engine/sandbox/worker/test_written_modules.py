"""The modules that a notebook wrote are found without a search at every call."""

import sys
import types

import pytest

from gatelab.sandbox.worker.cells import Notebook
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
    assert WrittenModules().loaded() == [own]


def test_a_module_that_is_loaded_after_the_first_search_is_found(load):
    written = WrittenModules()
    assert written.loaded() == []
    own = load("mine_2")
    assert written.loaded() == [own]


def test_a_module_that_is_loaded_again_is_found_in_its_new_form(load):
    load("mine_3")
    written = WrittenModules()
    written.loaded()
    del sys.modules["mine_3"]
    again = load("mine_3")
    assert written.loaded() == [again]


def test_modules_of_a_new_working_folder_are_found(load, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    inner = load("mine_4", other)
    load("mine_5")
    written = WrittenModules()
    assert len(written.loaded()) == 2
    monkeypatch.chdir(other)
    assert written.loaded() == [inner]


def test_a_module_that_is_replaced_in_its_place_is_found_in_its_new_form(load, monkeypatch):
    load("mine_6")
    load("theirs_6", "/usr/lib/elsewhere")
    written = WrittenModules()
    written.loaded()
    fresh = types.ModuleType("mine_6")
    fresh.__file__ = sys.modules["mine_6"].__file__
    monkeypatch.setitem(sys.modules, "mine_6", fresh)
    assert written.loaded() == [fresh]


IN_PLACE_OF_A_MODULE = {
    "an object that refuses to be read": """
class Missing:
    def __getattr__(self, name):
        raise ImportError("seaborn is not installed")
sys.modules["seaborn"] = Missing()
""",
    "a module that refuses to be read": """
class Missing(types.ModuleType):
    def __getattribute__(self, name):
        raise SystemExit(name)
sys.modules["seaborn"] = Missing("seaborn")
""",
    "a module that is loaded when it is first used": """
import importlib.util
found = importlib.util.find_spec("this")
lazy = importlib.util.LazyLoader(found.loader)
found.loader = lazy
sys.modules["this"] = module = importlib.util.module_from_spec(found)
lazy.exec_module(module)
""",
    "nothing": "sys.modules['seaborn'] = None\n",
}


@pytest.mark.parametrize("source", IN_PLACE_OF_A_MODULE.values(), ids=IN_PLACE_OF_A_MODULE.keys())
def test_nothing_that_a_notebook_puts_among_the_modules_is_called(monkeypatch, tmp_path, capsys, source):
    """A notebook that stands in for a missing library is loaded to its end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    notebook = Notebook()
    assert "error" not in notebook.run_cell(f"import sys, types\n{source}answer = 3\n", 0, 10.0)
    notebook.settle()
    assert notebook.namespace["answer"] == 3
    assert capsys.readouterr().out == "", "`this` prints when it is loaded"
