"""A lab without torch: numpy arrays go to a student's function and come back as arrays, and are compared by their numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import numpy as np
import pytest
import torch

from gatelab.grading.alike import equal_answers
from gatelab.grading.engine import Engine
from gatelab.handed_out.checking.equal import alike
from gatelab.report.record.model import Report
from gatelab.sandbox.worker.runtime import Runtime
from gatelab.sandbox.worker.values import Box, NotPlain, Ref, Shelf, ValueProblem, decode, encode
from gatelab.sandbox.worker.written_modules import NoModules
from gatelab.testkit import Several, close, kind, same, unchanged
from gatelab.testkit.failed import LeftChanged
from gatelab.testkit.student import Remote
from gatelab.testkit.trace import size
from gatelab.testkit.words import Words
from helpers.tiny_lab import tiny_lab
from helpers.wire import across

pytestmark = pytest.mark.usefixtures("shared_server")
GRID = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "int64", "int32", "int8", "uint8", "bool"]
)
@pytest.mark.parametrize("shape", [(0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_an_array_arrives_with_shape_dtype_and_numbers(dtype: str, shape: tuple[int, ...]) -> None:
    array = (np.random.default_rng(1).standard_normal(shape) * 3).astype(dtype)
    got = across({"a": (array, [array])})["a"]
    for one in (got[0], got[1][0]):
        assert type(one) is np.ndarray and one.dtype == array.dtype and np.array_equal(one, array)


@pytest.mark.parametrize(
    "view", [GRID[::-1], GRID.T, GRID[:, ::2], GRID.astype(">f8"), np.broadcast_to(GRID[0], (5, 4))]
)
def test_a_view_arrives_with_its_own_numbers_and_can_be_written_to(view: np.ndarray) -> None:
    got = across(view)
    assert np.array_equal(got, view) and got.dtype == np.float64
    got += 1
    assert not np.array_equal(got, view)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (np.array([object()]), "a numpy array of object"),
        (np.array(["a"]), "a numpy array of <U1"),
        (np.array([1j]), "a numpy array of complex128"),
        (np.zeros(2, dtype=[("x", "f8")]), r"a numpy array of \[\('x', '<f8'\)\]"),
        (np.ma.masked_array([1.0], [True]), "a MaskedArray"),
        (object(), "an object"),
        ({1}, "a set"),
    ],
)
def test_what_cannot_cross_is_refused_in_a_sentence_and_stays_in_a_worker(value: Any, what: str) -> None:
    with pytest.raises(NotPlain, match=f"^{what} cannot be sent: send numbers, texts, lists, tuples, dicts"):
        encode([value], Box())
    shelf = Shelf()
    assert decode(encode(value, Box(), shelf), {}) == Ref(0, type(value).__name__)


@pytest.mark.parametrize("empty", [np.empty((0, 1 << 40)), torch.empty(1 << 40, 0), torch.empty((1,) * 40)])
def test_a_shape_that_no_answer_has_is_too_large_and_no_fault_of_the_line(empty: Any) -> None:
    with pytest.raises(ValueProblem, match="too large"):
        encode(empty, Box())


@pytest.mark.parametrize(
    ("tree", "tensors"),
    [
        ({"array": "t0"}, {}),
        ({"array": "t0"}, {"t0": torch.zeros(2, dtype=torch.bfloat16)}),
        ({"array": ["t0"]}, {"t0": torch.zeros(2)}),
        ({"array": 0}, {"t0": torch.zeros(2)}),
    ],
)
def test_a_made_up_array_is_not_a_value(tree: Any, tensors: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ValueProblem):
        decode(tree, tensors)


DIFFER = [
    (GRID, GRID + 1),
    (GRID, GRID.T),
    (GRID, GRID.astype(np.float32)),
    (GRID, GRID.tolist()),
    (GRID, torch.from_numpy(GRID)),
    (np.array([1, 2]), np.array([1, 3])),
    (np.array([True]), np.array([False])),
    (np.array(["a"]), np.array(["b"])),
    (np.array([1j]), np.array([2j])),
    (np.float32(1), np.float32(2)),
    (1j, 2j),
    (torch.tensor([1j]), torch.tensor([2j])),
]  # fmt: skip


@pytest.mark.parametrize("shown", [lambda one: one, lambda one: (1, [one]), lambda one: {"mean": one}])
def test_two_answers_are_compared_inside_of_arrays(shown: Callable[[Any], Any]) -> None:
    for a, b in DIFFER:
        assert alike(shown(a), shown(a)) and not alike(shown(a), shown(b)), (a, b)
    assert alike(shown(GRID), shown(GRID + 1e-9))
    assert alike(shown(np.array([np.nan])), shown(np.array([np.nan])))
    assert alike(shown(np.array([None, 2.0])), shown(np.array([None, 2.0])))
    for a, b in DIFFER[:6]:
        assert equal_answers({"value": shown(a)}, {"value": shown(a)})
        assert not equal_answers({"value": shown(a)}, {"value": shown(b)})
    assert size(shown(GRID)) > GRID.nbytes


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (GRID.tolist(), "the rows should be a numpy array, but it is a list with 3 entries."),
        (torch.from_numpy(GRID), "the rows should be a numpy array, but it is a tensor of shape (3, 4)."),
        (GRID.T, "the rows have shape (4, 3); expected (3, 4)"),
        (GRID.astype(np.float32), "the rows have dtype float32; expected float64."),
        (np.full_like(GRID, np.nan), "the rows hold nan"),
        (-GRID, "11 of 12 numbers differ"),
    ],
)
def test_close_takes_arrays(got: Any, said: str) -> None:
    close(GRID + 1e-13, GRID, "the rows", "R C", dtype=np.float64)
    close(np.array([1, 2]), np.array([1, 2]), "the counts", "R")
    with pytest.raises(AssertionError) as failed:
        close(got, GRID, Several("the rows"), "R C", dtype=np.float64)
    assert said in str(failed.value)


def test_close_says_that_an_array_is_not_a_tensor() -> None:
    with pytest.raises(
        AssertionError, match=r"should be a tensor, but it is a numpy array of shape \(3, 4\)"
    ):
        close(GRID, torch.from_numpy(GRID), "the rows", "R C")


@pytest.mark.parametrize("want", [np.array(["a"]), np.array([1j]), [1.0], 2.0])
def test_close_says_what_it_cannot_compare_with(want: Any) -> None:
    with pytest.raises(
        TypeError,
        match=r"""close is to compare "the rows" with (a|an) .*; it compares with a tensor or with a numpy array of real numbers""",
    ):
        close(GRID, want, "the rows", "R C")


def test_same_looks_into_arrays() -> None:
    for value in (np.array([1, 2]), [np.array([1, 2])], {"a": (np.array([True]), 1)}, torch.tensor([1, 2])):
        same(value, value, "it")
    for got, want in [
        (np.array([1, 2]), np.array([1, 3])),
        (np.array([1.0, 2.0]), np.array([1, 2])),
        ([np.array([1])], [np.array([2])]),
        ([1, 2], np.array([1, 2])),
        (np.array([1, 2]), [1, 2]),
        ((1, np.array([2])), [1, np.array([2])]),
        ({"a": np.array([2])}, {"b": np.array([2])}),
        (np.array([1, 2]), 3),
        (torch.tensor([1, 2]), torch.tensor([1, 3])),
    ]:
        with pytest.raises(AssertionError, match="it "):
            same(got, want, "it")


def test_an_array_changed_in_place_is_reported() -> None:
    unchanged({"0": GRID.copy()}, {"0": GRID}, {"0": "x"})
    for after in ({"0": GRID + 1}, {}, {"0": torch.from_numpy(GRID)}):
        with pytest.raises(LeftChanged, match="changed its argument x in place; make a new array instead"):
            unchanged(after, {"0": GRID}, {"0": "x"})


@pytest.mark.parametrize("value", [np.longdouble(2.5), np.array(2.5), np.float32(2.5), np.float64(2.5)])
def test_a_numpy_scalar_crosses_as_the_number(value: Any) -> None:
    assert across([value, {"a": value}]) == [2.5, {"a": 2.5}] and type(across(value)) is float


CHANGES: dict[str, Any] = {
    "add": lambda x: x.__iadd__(1),
    "add_inside": lambda x: x[0].__iadd__(1),
    "replace": lambda x: x.__setitem__(0, x[0] + 1),
}


@pytest.mark.parametrize("driven", [False, True])
def test_an_array_changed_in_place_is_noticed_whoever_calls(driven: bool) -> None:
    """A tensor is too; in a list also another tensor or array in its place."""
    runtime = Runtime(dict(CHANGES), NoModules())

    def asked(name: str, value: Any) -> dict[str, Any]:
        if driven:
            source = f"def main(ns, value):\n    ns['{name}'](value)"
            return runtime.handle({"op": "run", "arguments": {"source": source, "values": {"value": value}}})
        arguments = {
            "target": name,
            "method": None,
            "args": (value,),
            "kwargs": {},
            "upstream": None,
            "parameters": True,
        }
        return runtime.handle({"op": "call", "arguments": arguments})

    for make, word in ((lambda: GRID.copy(), "array"), (lambda: torch.from_numpy(GRID.copy()), "argument")):
        assert asked("add", make())["left"] == [("add", word)]
        assert asked("add_inside", [make()])["left"] == [("add_inside", word)]
        if not driven:
            after = asked("replace", [make()])["after"]
            with pytest.raises(LeftChanged, match=r"changed its argument x\[0\] in place"):
                unchanged(after, {"0.0": make()}, {"0.0": "x[0]"})


def test_a_value_is_described_with_its_article() -> None:
    assert kind(GRID) == "a numpy array of shape (3, 4)"
    of_texts: Any = SimpleNamespace(_words=Words({}))
    assert kind(Remote(Ref(0, "ndarray"), of_texts)) == "a numpy array of something other than real numbers"
    assert (kind(2), kind(2.0), kind("x"), kind({})) == (
        "an int",
        "a float",
        "a str",
        "a dict with 0 entries",
    )


# --- a lab whose suite knows numpy alone, graded ---

SUITE = '''
"""q1, with arrays."""
import numpy as np

from gatelab.testkit import Several, close, part, unchanged

LOGITS = np.array([[0.0, 1.0, 2.0], [3.0, 1.0, 5.0]])


@part("q1", "rows", 4)
def test_rows(student):
    reply = student.softmax(LOGITS)
    powers = np.exp(LOGITS)
    close(reply.value, powers / powers.sum(axis=1, keepdims=True), Several("the rows"), "N K")
    unchanged(reply.after, {"0": LOGITS}, {"0": "logits"})
'''
ANSWER = "import numpy as np\ndef softmax(logits):\n    p = np.exp(logits)\n    return "
ANSWERS = {
    "right": f"{ANSWER}p / p.sum(axis=1, keepdims=True)",
    "list": f"{ANSWER}(p / p.sum(axis=1, keepdims=True)).tolist()",
    "wrong": f"{ANSWER}p / p.sum(axis=0, keepdims=True)",
    "changed": "import numpy as np\ndef softmax(logits):\n    p = np.exp(logits)\n    logits *= 2\n    return p / p.sum(axis=1, keepdims=True)",
    "drawn": f"{ANSWER}p * np.random.rand()",
}  # fmt: skip


def graded(tmp_path: Path, suite: str, answers: dict[str, str]) -> dict[str, Report]:
    lab = tiny_lab(tmp_path / "kit")
    (lab.hidden / "test_q1_softmax.py").write_text(suite, encoding="utf-8")
    reports = {}
    with Engine(lab, jobs=1) as engine:
        for name, source in answers.items():
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
            nbformat.write(notebook, tmp_path / f"{name}.ipynb")
            reports[name] = engine.grade(tmp_path / f"{name}.ipynb", questions=["q1"])
    return reports


def test_a_suite_of_arrays_tells_right_from_wrong(tmp_path: Path) -> None:
    reports = graded(tmp_path, SUITE, ANSWERS)
    told = {name: report.questions[0].parts[0].student_text for name, report in reports.items()}
    assert {name: report.questions[0].points for name, report in reports.items()} == {
        "right": 4, "list": 0, "wrong": 0, "changed": 0, "drawn": 0,
    }  # fmt: skip
    assert "the rows should be a numpy array, but it is a list with 2 entries" in told["list"]
    assert "the rows have the right shape, but" in told["wrong"]
    assert "changed its argument logits in place; make a new array instead" in told["changed"]
    assert "drawn at random" in told["drawn"]


def test_what_a_suite_cannot_send_is_its_own_fault(tmp_path: Path) -> None:
    """Nobody loses a point for it."""
    suite = SUITE.replace("student.softmax(LOGITS)", "student.softmax({1, 2})")
    report = graded(tmp_path, suite, {"right": ANSWERS["right"]})["right"]
    assert report.status != "graded"
    assert (
        "a hidden suite asks for something that cannot reach the student's code: a set cannot be sent"
        in report.reason
    )


def test_an_odd_answer_that_a_suite_compares_with_loses_its_part_and_is_graded(tmp_path: Path) -> None:
    suite = SUITE.replace(
        "close(", "close(LOGITS, student.softmax(LOGITS).value, 'again', 'N K')\n    close(", 1
    )
    assert suite != SUITE
    odd = "def softmax(logits):\n    return None\n"
    report = graded(tmp_path, suite, {"odd": odd})["odd"]
    assert report.status == "graded" and report.questions[0].points == 0
