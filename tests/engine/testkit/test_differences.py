"""What a failing answer says: the first thing that is wrong, in the student's terms."""

from __future__ import annotations

import pytest
import torch

from gatelab.handed_out.checking.grammar import Several
from gatelab.testkit.compare import close, close_grads, same, unchanged

pytestmark = pytest.mark.usefixtures("axes")

WANT = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4)


def message(got: object, **options: object) -> str:
    with pytest.raises(AssertionError) as error:
        close(got, WANT, Several("outputs"), "N T H", **options)
    return str(error.value)


def test_a_value_that_is_not_a_tensor_is_named_first() -> None:
    assert message(None) == "outputs should be a tensor, but it is None (is a `return` missing?)."
    assert "it is a list" in message([1, 2])


def test_a_wrong_shape_is_reported_with_the_names_of_the_axes() -> None:
    assert message(WANT.transpose(0, 1)) == (
        "outputs have shape (3, 2, 4); expected (2, 3, 4), that is (N batch, T time, H hidden)."
    )


def test_a_wrong_dtype_is_reported_when_it_matters() -> None:
    assert "torch.float32; expected torch.float64" in message(WANT.float(), dtype=torch.float64)
    close(WANT.float(), WANT, "outputs", "N T H")


def test_nan_is_reported_with_the_first_time_step() -> None:
    got = WANT.clone()
    got[1, 1:] = float("nan")
    assert message(got) == "outputs hold nan from time step t = 1."


def test_what_is_wrong_from_a_step_on_is_reported_without_a_guess_at_the_reason() -> None:
    got = WANT.clone()
    got[:, 1:] += 1
    told = "outputs are right up to time step t = 0 and wrong from t = 1 on; the largest difference is 1 at N = 0, T = 1, H = 0"
    assert message(got).startswith(told) and "carried" not in message(got)
    assert message(got, later=lambda t: f"Found out at {t}.").endswith("(got 5). Found out at 1.")


def test_any_other_difference_is_reported_by_size_and_place_with_one_of_the_students_numbers() -> None:
    got = WANT.clone()
    got[1, 0, 2] += 5
    told = message(got)
    assert "1 of 24 numbers differ" in told and "5 at N = 1, T = 0, H = 2" in told and "got 19" in told
    assert "14" not in told.replace("24", "")  # the expected number itself is not given away


def test_more_time_steps_than_are_listed_are_not_ignored() -> None:
    want = torch.zeros(60, dtype=torch.float64)
    for wrong, told in (
        (range(59), "59 of 60 numbers differ, all at t = 0, 1, 2, 3, …; the largest"),
        ([7, 2, 3, 0], "4 of 60 numbers differ, all at t = 0, 2, 3, 7; the largest"),
    ):
        got = want.clone()
        got[list(wrong)] = 1.0
        with pytest.raises(AssertionError, match=told):
            close(got, want, "the norms", "T")


@pytest.mark.parametrize(
    ("got", "want", "told"),
    [
        (0.52, 0.61, "the loss is 0.52; it should be 0.61."),
        (1.0, 1.0 + 1e-5, "the loss is 1, which is off by 1e-05."),
    ],
)
def test_a_single_number_is_shown_next_to_the_right_one(got: float, want: float, told: str) -> None:
    for shape, axes in (((), ""), ((1,), "N"), ((1, 1), "N T")):
        with pytest.raises(AssertionError) as error:
            close(
                torch.full(shape, got, dtype=torch.float64),
                torch.full(shape, want, dtype=torch.float64),
                "the loss",
                axes,
                rtol=0,
            )
        assert str(error.value) == told


def test_a_cut_graph_is_told_apart_from_a_wrong_gradient() -> None:
    want = {"0": torch.ones(2), "1": torch.ones(2)}
    names = {"0": "x", "1": "h"}
    with pytest.raises(AssertionError, match="no gradient flows back"):
        close_grads({"0": None, "1": None}, want, names)
    with pytest.raises(AssertionError, match="No gradient reaches h"):
        close_grads({"0": torch.ones(2), "1": None}, want, names)
    with pytest.raises(AssertionError, match="the gradient that reaches x has the right shape"):
        close_grads({"0": torch.zeros(2), "1": torch.ones(2)}, want, names)


def test_a_bool_or_a_float_is_not_a_count() -> None:
    for got in (True, 3.0, "3"):
        with pytest.raises(AssertionError, match="whole number"):
            same(got, 3, "the count")
    same(3, 3, "the count")


def test_an_argument_changed_in_place_is_named() -> None:
    before = {"1": torch.zeros(2)}
    with pytest.raises(AssertionError, match="changed its argument h in place"):
        unchanged({"1": torch.ones(2)}, before, {"1": "h"})


def test_a_number_does_not_pass_for_a_bool() -> None:
    with pytest.raises(AssertionError, match=r"done should be True or False, but it is an int\."):
        same(1, True, "done")
    same(torch.tensor(True), True, "done")
