"""An answer that the notebook kept under another name, as a default or in a class: the reference replaces it there, too."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest

from gatelab.sandbox.worker.runtime import Runtime
from gatelab.sandbox.worker.written_modules import NoModules, WrittenModules

WRONG = """
def step(x):
    return "own"

class Layer:
    size = 3
    def __init__(self, width):
        self.width = width
    def call(self, x):
        return "own", x
"""
REFERENCE = """
def step(x):
    return "reference"

class Layer:
    def __init__(self, width):
        self.width = width
    def call(self, x):
        return "reference", x
"""


def given(source: str, into: tuple[str, ...] = (), wrong: str = WRONG, alone: bool = True) -> dict[str, Any]:
    """The namespace after `source`, over wrong answers, when the references have been put there."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell, text in enumerate((wrong, source)):
        exec(compile(text, f"cell {cell}", "exec"), namespace)
    runtime = Runtime(namespace, NoModules() if alone else WrittenModules())
    request = {"sources": [REFERENCE], "names": ["step", "Layer"], "into": list(into)}
    assert runtime.handle({"op": "inject", "arguments": request}) == {"value": None}
    return namespace


KEPT = {
    "another name": "other = step\ndef use(): return other(1)",
    "a default": "def use(f=step): return f(1)",
    "a default by keyword": "def use(*, f=step): return f(1)",
    "a closure": "def make(f):\n    return lambda: f(1)\nuse = make(step)",
    "a decorated function's default": "import functools\ndef shown(f):\n    @functools.wraps(f)\n    def call(): return f()\n    return call\n"
    "@shown\ndef use(f=step): return f(1)",
    "a static method": "class A:\n    f = staticmethod(step)\ndef use(): return A().f(1)",
    "a class attribute": "class A:\n    f = step\ndef use(): return A.f(1)",
    "a nested class": "class A:\n    class B:\n        f = staticmethod(step)\ndef use(): return A.B.f(1)",
    "a method's default": "class A:\n    def f(self, g=step): return g(1)\ndef use(): return A().f()",
    "a property": "class A:\n    f = property(step)\ndef use(): return A().f",
    "a partial": "from functools import partial\nother = partial(step, 1)\ndef use(): return other()",
    "a static partial": "from functools import partial\nclass A:\n    f = staticmethod(partial(step, 1))\ndef use(): return A.f()",
    "a dict": "table = {'a': step}\ndef use(): return table['a'](1)",
    "a list": "table = [step]\ndef use(): return table[0](1)",
    "a tuple": "table = (step, 1)\ndef use(): return table[0](1)",
    "a dict in a dict": "table = {'a': {'b': step}}\ndef use(): return table['a']['b'](1)",
    "a list of pairs": "table = [('a', step)]\ndef use(): return dict(table)['a'](1)",
    "four containers deep": "table = [{'a': ([{'b': step}],)}]\ndef use(): return table[0]['a'][0][0]['b'](1)",
    "one tuple in two places": "pair = (step,)\ntable = {'a': [pair], 'b': [pair]}\ndef use(): return table['b'][0][0](table['a'][0][0] is table['b'][0][0])",
    "a named tuple": "from collections import namedtuple\nSteps = namedtuple('Steps', 'a')\ntable = Steps(step)\ndef use(): return table.a(1)",
    "a typed tuple": "from typing import Any, NamedTuple\nclass Steps(NamedTuple):\n    a: Any\ntable = [Steps(step)]\ndef use(): return table[0].a(1)",
    "an ordered dict": "from collections import OrderedDict\ntable = OrderedDict(a=step)\ndef use(): return table['a'](1)",
    "a dict with a default": "from collections import defaultdict\ntable = defaultdict(lambda: None, a=step)\ndef use(): return table['a'](1)",
    "an own kind of dict": "class Table(dict):\n    def items(self): raise RuntimeError\n    def __len__(self): raise RuntimeError\ntable = Table(a=step)\ndef use(): return table['a'](1)",
    "an own kind of list": "class Table(list): pass\ntable = Table([step])\ndef use(): return table[0](1)",
    "a namespace": "from types import SimpleNamespace\ntable = SimpleNamespace(a=step)\ndef use(): return table.a(1)",
    "an object": "class A: pass\ntable = A()\ntable.f = step\ndef use(): return table.f(1)",
    "a table in an object": "class A: pass\ntable = A()\ntable.f = {'a': [step]}\ndef use(): return table.f['a'][0](1)",
    "an object in an object": "class A: pass\ntable = A()\ntable.a = A()\ntable.a.f = step\ndef use(): return table.a.f(1)",
    "a frozen dataclass": "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    f: object\ntable = A(step)\ndef use(): return table.f(1)",
    "a module": "import torch\nclass A(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.f = step\ntable = A()\ndef use(): return table.f(1)",
    "beside a lot of data": "data = {'a': [[[k] for k in range(150)] for _ in range(150)]}\ntable = {'a': {'b': step}}\ndef use(): return table['a']['b'](1)",
    "a base": "class A(Layer): pass\ndef use(): return A(2).call(1)[0]",
    "a base called by super": "class A(Layer):\n    def __init__(self):\n        super().__init__(2)\n    def call(self, x): return super().call(self.width)\n"
    "def use(): return A().call(1)[0]",
}  # fmt: skip


@pytest.mark.parametrize("where", KEPT)
def test_a_kept_answer_is_replaced(where: str) -> None:
    assert given(KEPT[where])["use"]() == "reference"


LEFT = {
    "a base with an attribute more": "class A(Layer):\n    def call(self, x):\n        self.size\n        return super().call(x)\ndef use(): return A(2).call(1)[0]",
    "an answer of the same name from before": "before = lambda x: 'own'\ndef use(): return before(1)",
    "a copy": "import types\ncopied = types.FunctionType(step.__code__, globals())\ndef use(): return copied(1)",
}  # fmt: skip


@pytest.mark.parametrize("where", LEFT)
def test_a_value_that_is_not_the_answer_or_needs_more_than_the_reference_has_is_kept(where: str) -> None:
    assert given(LEFT[where])["use"]() == "own"


def test_a_base_that_takes_more_arguments_is_kept() -> None:
    wrong = WRONG.replace("def call(self, x)", "def call(self, x, again=1)")
    names = given("class A(Layer):\n    def call(self, x): return super().call(x, again=2)\n", wrong=wrong)
    assert names["A"](2).call(1) == ("own", 1)


def test_a_name_bound_to_something_else_keeps_it() -> None:
    names = given("other = step\nother = len\nfound = [1, 2]\n")
    assert names["other"] is len and names["found"] == [1, 2]


def test_a_library_function_used_as_an_answer_stays_everywhere_else() -> None:
    names = given("other = len\n", wrong="step = len\nclass Layer: pass\n")
    assert names["other"] is len and names["step"](1) == "reference"


def test_an_answer_extended_in_the_cell_of_the_question_is_kept_on_top_of_the_reference() -> None:
    source = "class Layer(Layer):\n    def both(self, x): return self.call(x)\n\nclass Model:\n    def use(self): return Layer(2).both(1)\n"
    assert given(source, into=("Model",))["Model"]().use() == ("reference", 1)
    assert not hasattr(given(source)["Layer"], "both")  # of an earlier question: replaced as a whole


def test_an_extension_that_python_cannot_put_on_the_reference_is_replaced_as_a_whole() -> None:
    """Instances with `__slots__` of their own have another layout."""
    wrong = WRONG.replace("    size = 3", "    __slots__ = ('width',)")
    source = "class Layer(Layer):\n    __slots__ = ('more',)\n    def both(self, x): return self.call(x)\n\ndef model(): return Layer(1).call(2)"
    assert given(source, ("model",), wrong)["model"]() == ("reference", 2)


def test_a_step_that_a_check_defines_replaces_kept_answers_and_is_removed_afterwards() -> None:
    """As a hidden suite does it, with the original kept under another name."""
    names = given("class A:\n    f = staticmethod(step)\n")
    runtime = Runtime(names, NoModules())
    for source, expected in (
        ("_usual = step\ndef step(x): return 'put', _usual(x)\n", ("put", "reference")),
        ("step = globals().pop('_usual', step)", "reference"),
    ):
        runtime.handle({"op": "define", "arguments": {"source": source}})
        assert names["A"].f(1) == names["step"](1) == expected


def test_objects_of_an_unhashable_class_do_not_stop_the_replacement() -> None:
    source = """
class Meta(type):
    def __eq__(cls, other): raise RuntimeError("no")
class Unhashable(metaclass=Meta): pass
one = Unhashable()
other = step
"""
    assert given(source)["other"](1) == "reference"


def test_odd_objects_do_not_stop_the_replacement() -> None:
    source = """
class Meta(type):
    def __setattr__(cls, name, value): raise RuntimeError("no")
class Stubborn(metaclass=Meta):
    f = staticmethod(step)
class Sly:
    def __getattr__(self, name): raise RuntimeError(name)
    def __eq__(self, other): raise RuntimeError("eq")
class Unhashed:
    def __init__(self): self.f = step
    def __getattribute__(self, name): raise RuntimeError(name)
    def __setattr__(self, name, value): object.__setattr__(self, name, value) if name == "f" else 1 / 0
    def __hash__(self): raise RuntimeError("hash")
    __dict__ = property(lambda self: 1 / 0)
sly, table, unhashed = Sly(), [Sly()], Unhashed()
table.append((table, {"a": table}))
table.append(table)
other = step
"""
    assert given(source)["other"](1) == "reference"


def test_a_module_next_to_the_notebook_is_searched_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept_here.py").write_text(f"{WRONG}\nother = step\ndef use(f=step): return f(1), other(1)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names = given(
        "use = kept_here.use\n", wrong="import kept_here\nfrom kept_here import step, Layer\n", alone=False
    )
    assert isinstance(names["kept_here"], types.ModuleType)
    assert names["use"]() == ("reference", "reference")
