"""A hidden suite and a public check say the same sentence about the same mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gatelab.handed_out.checking.calling import Student
from gatelab.handed_out.checking.differ import (
    Finding,
    Part,
    agree,
    gradients_agree,
    has_shapes,
    is_number,
    untouched,
)
from gatelab.handed_out.checking.key_paths import WHOLE, KeyPath
from gatelab.handed_out.checking.record import Call
from gatelab.testkit import close, close_grads, near, same, unchanged
from gatelab.testkit.failed import LeftChanged

Answer = Callable[..., Any]
ROWS = {WHOLE: Part("rows", "R C")}
X, Y = (
    torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], dtype=torch.float64),
    torch.tensor([[1.0, 2.0, -0.5], [-1.25, 0.5, 3.0]], dtype=torch.float64),
)


def right(x: Tensor, y: Tensor) -> Tensor:
    return x * y


def changes(x: Tensor, y: Tensor) -> Tensor:
    return x.mul_(y)


def called(answer: Answer, gradients: list[KeyPath] | None = None) -> Call:
    return Student({"answer": answer}).call("answer", X, Y, names="x y", gradients=gradients)


def named(grads: dict[KeyPath, Tensor | None]) -> dict[str, Any]:
    """The gradients as a suite has them."""
    return {"xy"[int(path[0])]: grad for path, grad in grads.items()}


def public(look: Callable[[], None]) -> str:
    with pytest.raises(Finding) as found:
        look()
    return str(found.value)


def hidden(look: Callable[[], None]) -> str:
    with pytest.raises(AssertionError) as failed:
        look()
    return getattr(failed.value, "message", "") or str(failed.value)


def both_say(of_the_public_check: str, of_the_suite: str) -> None:
    """The public check may add something at either end, and continue a sentence of its own."""
    assert of_the_suite.rstrip(".")[1:] in of_the_public_check, (of_the_public_check, of_the_suite)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, y: x * y + 1,
        lambda x, y: (x * y).T,
        lambda x, y: (x * y).float(),
        lambda x, y: x * y / 0.0,
        lambda x, y: (x * y)[:, :1],
    ],
    ids=["value", "axes", "dtype", "inf", "one column"],
)
def test_suite_and_check_say_the_same_about_values(axes: None, wrong: Answer) -> None:
    call = called(wrong)
    theirs = public(lambda: agree(call, call.like(right), ROWS))
    ours = hidden(lambda: close(wrong(X, Y), right(X, Y), "rows", "R C", dtype=torch.float64))
    first = ours.partition(" (got")[0].partition(";")[
        0
    ]  # then come the numbers, more of them in a public check
    both_say(theirs, first)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, y: (x * y).detach(),
        lambda x, y: x.detach() * y,
        lambda x, y: x * y.detach() + 0 * y,
        lambda x, y: x * y + (x - x.detach()) * y.detach(),
    ],
    ids=["cut", "cut at one", "a gradient of 0", "a gradient that is doubled"],
)
def test_suite_and_check_say_the_same_about_gradients(wrong: Answer) -> None:
    call = called(wrong, gradients=[WHOLE])
    want = call.like(right)
    theirs = public(lambda: gradients_agree(call, want))
    ours = hidden(lambda: close_grads(named(call.grads), named(want.grads), {}))
    both_say(theirs, ours.removeprefix("The values are there").partition(" (got")[0].partition(" (`")[0])


def test_a_gradient_that_is_0_may_be_missing() -> None:
    call = called(lambda x, y: x * 1.0, gradients=[WHOLE])
    want = call.like(lambda x, y: x + 0.0 * y)
    gradients_agree(call, want)
    close_grads(named(call.grads), named(want.grads), {})


def test_suite_and_check_say_the_same_about_an_argument_changed_in_place() -> None:
    theirs = public(lambda: untouched(called(changes)))
    after = X.clone()
    changes(after, Y)
    with pytest.raises(LeftChanged) as failed:
        unchanged({"0": after}, {"0": X}, {"0": "x"})
    both_say(theirs, failed.value.message.removeprefix("The call"))


@pytest.mark.parametrize("value", [True, 2.0, "2"])
def test_suite_and_check_say_the_same_about_a_number_of_another_type(value: Any) -> None:
    theirs = public(lambda: is_number(called(lambda x, y: value), int, 2))
    both_say(theirs, hidden(lambda: same(value, 2, "the result")).partition(", but it is")[0])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, y: x * y + 1,
        lambda x, y: (x * y).T,
        lambda x, y: (x * y).astype(np.float32),
        lambda x, y: (x * y).astype(">f8")[:, ::-1],
        lambda x, y: x * y / 0.0,
        lambda x, y: torch.from_numpy(x * y),
    ],
    ids=["value", "axes", "dtype", "view", "inf", "tensor"],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_suite_and_check_say_the_same_about_arrays(axes: None, wrong: Answer) -> None:
    x, y = X.numpy(), Y.numpy()
    call = Student({"answer": wrong}).call("answer", x, y, names="x y")
    want = Student({"answer": lambda x, y: x * y}).call("answer", x, y)
    theirs = public(lambda: agree(call, want, {WHOLE: Part("rows", "R C", np.ndarray)}))
    ours = hidden(lambda: close(wrong(x, y), x * y, "rows", "R C", dtype=(x * y).dtype))
    both_say(theirs, ours.partition(" (got")[0].partition(";")[0].partition(", but it is")[0])


def test_a_public_check_takes_arrays_and_names_them() -> None:
    rows = {(0,): Part("rows", "R C", np.ndarray), (1,): Part("sums", "R", np.ndarray)}

    def answered(value: Any) -> Call:
        return Student({"answer": lambda: value}).call("answer")

    x = X.numpy()
    right = answered((x, x.sum(axis=1)))
    agree(right, answered((x + 1e-13, x.sum(axis=1))), rows)
    has_shapes(right, rows, {(0,): (2, 3), (1,): (2,)})
    for value, said in [
        ((X, x), r"rows should be a numpy array, but it is a float64 tensor of shape \(2, 3\)"),
        ((np.array(["a"]), x), "rows should be an array of real numbers, but it is a numpy array of <U1"),
        ((x, [x]), r"sums should be one numpy array \(R\), yours is a list of 1"),
    ]:
        with pytest.raises(Finding, match=said):
            agree(answered(value), right, rows)


def test_suite_and_check_say_the_same_about_what_is_not_a_tensor() -> None:
    theirs = public(
        lambda: agree(called(lambda x, y: (2.0,)), called(lambda x, y: (x,)), {(0,): ROWS[WHOLE]})
    )
    both_say(theirs, hidden(lambda: close(2.0, X, "rows", "R C")).partition(", but it is")[0])


@pytest.mark.parametrize("off", [0.0, 3e-6, 5e-5, -5e-5, 1e-3])
def test_suite_and_public_check_allow_float32_the_same(off: float) -> None:
    x, y = X.float(), Y.float()

    def answer(x: Tensor, y: Tensor) -> Tensor:
        return x * y + off

    call = Student({"answer": answer}).call("answer", x, y, names="x y", gradients=[WHOLE])
    want = call.like(right)
    texts = []
    for look in (
        lambda: agree(call, want, ROWS),
        lambda: close(call.value, x * y, "answer", "R C", dtype=torch.float32),
        lambda: gradients_agree(call, want),
    ):
        try:
            look()
        except (Finding, AssertionError) as error:
            texts.append(str(error))
    assert len(texts) == (3 if abs(off) > 1e-5 else 0)


@pytest.mark.parametrize(
    "answer", [lambda x, y: (x * y)[:1], lambda x, y: {"product": x * y}, lambda x, y: [x, y]]
)
def test_gradients_of_a_wrong_result_are_a_finding_and_not_an_error(answer: Answer) -> None:
    call = called(answer, gradients=[WHOLE])
    assert "the values are not right" in public(lambda: gradients_agree(call, called(right, [WHOLE])))


@pytest.mark.parametrize(
    ("got", "want", "is_near"),
    [
        (torch.ones(2), torch.ones(2) + 1e-6, True),
        (torch.ones(2).double(), torch.ones(2).double() + 1e-6, False),
        (torch.ones(2), torch.ones(2).double() + 1e-6, False),
        (torch.ones(2).double(), torch.ones(2) + 1e-6, True),
        (torch.ones(2), torch.ones(3), False),
        (torch.ones(2), torch.ones(1), False),
        (np.ones(2), np.ones(2) + 1e-12, True),
        (np.ones(2), torch.ones(2), False),
        (1.0, torch.tensor(1.0), False),
        (torch.tensor([float("nan")]), torch.tensor([float("nan")]), False),
        (None, None, False),
    ],
)
def test_two_results_are_near_by_the_tolerance_of_the_second(got: Any, want: Any, is_near: bool) -> None:
    assert near(got, want) == is_near


def test_close_allows_what_the_dtype_of_the_wanted_numbers_does() -> None:
    rows = torch.ones(2, 3)
    close(rows + 1e-6, rows, "the rows", "R C")
    with pytest.raises(AssertionError, match="differ"):
        close(rows + 1e-6, rows.double(), "the rows", "R C")


@pytest.mark.parametrize("got", [None, 0.0, torch.zeros(0, 2), torch.zeros(1), np.zeros(0)])
def test_nothing_is_near_an_empty_tensor_but_another_of_its_shape(got: object) -> None:
    assert near(torch.zeros(0), torch.zeros(0)) and not near(got, torch.zeros(0))
