"""Right work that was written under a newer Python than the grader's, as Colab's is, has all its points.

Every case is the solved notebook with one change.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from gatelab.sandbox.worker.type_parameters import parse_newer
from helpers.solved_notebook import Cells, answer, before_q1, swap, use_in_q1
from helpers.solved_notebook import full as has_all

pytestmark = pytest.mark.one_in(3, at=1)


def on_top(source: str, use: str) -> Callable[[Cells], None]:
    """These lines on top of q1's answer, and one in it that uses what they define."""

    def change(cells: Cells) -> None:
        use_in_q1(cells, use)
        answer(cells, "q1")["source"] = source + answer(cells, "q1")["source"]

    return change


SYNTAX = {
    "a function with a type parameter": on_top("def first[T](xs: list[T]) -> T:\n    return xs[0]\n", "x = first([x])"),
    "bounds over several lines": on_top("def same[\n    T: (float, int),  # one\n    *Ts,\n](v: T) -> T:\n    return v\n", "x = same(x)"),
    "a class with a type parameter": on_top("class Box[T]:\n    v: T\n    def __init__(self, v: T):\n        self.v = v\n    def map[U](self, f) -> 'Box[U]':\n        return Box[U](f(self.v))\n", "x = Box[torch.Tensor](x).map(lambda v: v).v"),
    "a layer with a type parameter": on_top("class Same[T](nn.Module):\n    def forward(self, x: T) -> T:\n        return x\n", "x = Same[int]()(x)"),
    "a class on a generic one": on_top("class A[T]:\n    def get(self, x: T) -> T:\n        return x\nclass B[T](A[T]): ...\n", "x = B[int]().get(x)"),
    "names for types": on_top("type Gates = dict[str, Tensor]\ntype Pair[T] = tuple[T, T]\ndef same(x: Pair[int] | None) -> Gates:\n    return x\n", "x = same(x)"),
    "a default of a type parameter": on_top("class Box[T = int]:\n    v = 1\n", "assert Box[str]().v == 1"),
    "several exceptions without brackets": on_top("def quiet(v):\n    try:\n        return v\n    except ValueError, TypeError:\n        return None\n", "x = quiet(x)"),
    "annotations that nobody reads": on_top("class Node:\n    last: Node | None = None\n    def child(self) -> Node:\n        return self\n", "assert Node().child().last is None"),
    "a t-string": on_top("", "shape = t'{x.shape[0]} rows of {x.shape[1]:>{4}}'"),
    "a t-string that is read": on_top("from string.templatelib import Interpolation, Template\nname = 'a'\nhello = t'hello {name!r}' rt'\\d {name=}'\ndef render(t: Template) -> str:\n    made = ''\n    for part in t:\n        match part:\n            case str() as text:\n                made += text\n            case Interpolation(value, expression, conversion, _):\n                made += f'{expression}:{conversion}:{value}'\n    return made\n", "assert render(hello) == r'hello name:r:a\\d name=name:r:a' and hello.values == ('a', 'a')"),
    "a t-string over lines, and one in it": on_top("inner = t'''\n{ t'{1}' }\n  {{}}'''\n", "assert inner.strings == ('\\n', '\\n  {}') and inner.interpolations[0].value.values == (1,)"),
    "copies with changes": on_top("import copy\nfrom dataclasses import dataclass\n@dataclass(frozen=True)\nclass Settings:\n    one: int = 2\nsettings = copy.replace(Settings(), one=1)\n", "x = x * settings.one"),
    "a name of the library": on_top("from itertools import batched, chain\nfrom typing import override, TypeIs\nclass A:\n    @override\n    def get(self, x):\n        return x\n", "x = A().get(x); assert list(batched('abc', 2)) == [('a', 'b'), ('c',)] and chain"),
    "a class of pydantic": on_top("from typing import Generic, TypeVar\nfrom pydantic import BaseModel\nT = TypeVar('T')\nclass Sizes(BaseModel, Generic[T]):\n    one: int\n    other: T\n", "x = x * Sizes[int](one='1', other=2).one"),
    "a default of typing_extensions.TypeVar": on_top("from typing import Generic\nfrom typing_extensions import ParamSpec, TypeVar, TypeVarTuple\nT = TypeVar('T', default=torch.Tensor)\nP = ParamSpec('P', default=[int])\nTs = TypeVarTuple('Ts')\nclass Box(Generic[T]):\n    v = 1\n", "x = x * Box[int]().v"),
    "a default of typing.TypeVar": on_top("import typing\nfrom typing import Generic, ParamSpec, TypeVar, Union\nT = TypeVar('T', bound='Tensor', default=torch.Tensor)\nS = TypeVar('S', infer_variance=True)\nP = ParamSpec('P', default=[int])\nclass Box(Generic[S, T]):\n    v: Union[T, None] = 1\nassert isinstance(T, TypeVar) and isinstance(P, ParamSpec)\n", "x = x * Box[int]().v; assert T.__default__ is torch.Tensor and T.has_default() and not S.has_default()"),
    "names of later libraries": on_top("import copy, math, operator\nfrom pathlib import Path\nfrom collections.abc import Buffer\nPath('runs').mkdir()\nPath('a.txt').write_text('1')\nPath('a.txt').copy('b.txt')\nPath('b.txt').move_into('runs')\nPath('a.txt').copy_into('runs')\n", "assert [files for _, _, files in Path('runs').walk()] and sorted(p.name for p in Path('runs').iterdir()) == ['a.txt', 'b.txt'] and not Path('b.txt').exists() and math.fma(2, 3, 4) == 10 and operator.is_none(None) and isinstance(b'', Buffer)"),
}  # fmt: skip


@pytest.mark.parametrize("name", SYNTAX)
def test_syntax_of_a_newer_python_costs_nothing(graded: Callable, name: str) -> None:
    report = graded(SYNTAX[name], "q1")
    assert has_all(report, "q1")
    assert report.cells == []


def test_annotations_of_the_answer_itself_may_name_missing_things(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        swap(answer(cells, "q1"), "(logits):", "(logits: Weights) -> tuple[Tensor, Gates]:")

    assert has_all(graded(change, "q1"), "q1")


def test_an_error_below_what_was_rewritten_has_the_students_line(graded: Callable) -> None:
    report = graded(
        on_top("def first[\n    T,\n](x: T) -> T:\n    return x\n", "raise ValueError('here')"), "q1"
    )
    said = report.question("q1").parts[0].student_text
    assert "ValueError: here" in said and "line 8: raise ValueError('here')" in said, said


def test_invalid_code_is_shown_as_it_is_written(graded: Callable) -> None:
    report = graded(on_top("def first[T](x: T) -> T\n    return x\n", "pass"), "q1")
    said = report.question("q1").parts[0].student_text
    assert "SyntaxError" in said and "line 1: def first[T](x: T) -> T" in said, said


MISSING = {
    "a part of the library that needs another one": "from torch.utils.tensorboard import SummaryWriter\nwriter = SummaryWriter('runs')\nwriter.add_scalar('a', 1, 0)\n",
    "the same under another name": "import torch.utils.tensorboard as board\nwriter = board.SummaryWriter()\n",
    "a name that this version has not": "from torch.nn.utils import clip_grad_norm_, writer_of_tomorrow as writer\nassert clip_grad_norm_\n",
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
def test_what_only_logs_costs_nothing_where_it_is_missing(graded: Callable, name: str) -> None:
    change = before_q1(MISSING[name], use="writer.add_scalar('n', len(x), 0)")
    assert has_all(graded(change, "q1"), "q1")


INSIDE = {
    "the class": ("from torch.utils.tensorboard import SummaryWriter", "SummaryWriter('runs')"),
    "the module": ("import torch.utils.tensorboard as board", "board.SummaryWriter(log_dir='runs')"),
    "a module below it": ("import tensorboard\n    from torch.utils.tensorboard.writer import SummaryWriter", "SummaryWriter()"),
}  # fmt: skip


@pytest.mark.parametrize("name", INSIDE)
def test_what_only_logs_costs_nothing_where_a_function_misses_it(graded: Callable, name: str) -> None:
    imports, writer = INSIDE[name]
    logs = f"def log(value):\n    {imports}\n    with {writer} as writer:\n        writer.add_scalar('n', value, 0)\n"
    assert has_all(graded(on_top(logs, "log(len(x))"), "q1"), "q1")


def test_whether_a_part_of_the_library_can_be_used_is_answered_truly(graded: Callable) -> None:
    asks = "try:\n    from torch.utils.tensorboard import SummaryWriter\n    LOGS = True\nexcept ImportError:\n    LOGS = False\n"
    assert has_all(graded(on_top(asks, "assert not LOGS"), "q1"), "q1")


def test_code_that_needs_the_value_of_a_missing_name_reports_which(graded: Callable) -> None:
    report = graded(
        on_top("from torch.nn.functional import gates_of_tomorrow\n", "x = x + gates_of_tomorrow(x)"), "q1"
    )
    said = report.question("q1").parts[0].student_text
    assert "cannot import name 'gates_of_tomorrow' from 'torch.nn.functional'" in said, said


@pytest.mark.parametrize(
    "source",
    [
        "type = 3\ntype(x)",
        "x = [type for type in y]",
        "print(type)\ntype\n",
        "match x:\n    case 1:\n        type(x)",
    ],
)
def test_code_that_has_nothing_new_stays_as_it_is(source: str) -> None:
    assert ast.dump(parse_newer(source, "cell")) == ast.dump(ast.parse(source))
