"""A sentence about a part of an answer is grammatical, whatever its suite calls the part."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gatelab.handed_out.checking.calling import Student
from gatelab.handed_out.checking.differ import Finding, describe, is_number
from gatelab.handed_out.checking.grammar import is_plural, verb, with_article
from gatelab.testkit import close, kind, same

SINGULAR = [
    "the loss", "the radius", "the axis", "the bias", "the canvas", "the price", "s", "h", "the new h",
    "h_n", "outputs[0]", "totals(days)", "`prices`", "head.weights", "prices['open']", "gates[\"r\"]",
    "the gradient of the weights", "the gradient that reaches prices", "the days' mean", "the price in euros",
    "the seed", "the embed", "the row given", "the loss averaged over the days", "the share (of all prices)",
    "the sum, worked out from your own prices,", "This counts once the prices are right, and they are not yet: the mean",
    "With markets that are closed, the mean", "one of the rows", "every row", "the series", "",
]  # fmt: skip
PLURAL = [
    "outputs", "the prices", "Prices", "prices for one day", "the open and the close", "the losses", "the biases", "the axes", "the indices",
    "the areas", "the ratios", "the outputs of the layer", "the prices with no tax", "the padded rows", "the prices given",
    "the rows sorted by day", "the values, doubled,", "The mean is right, but not this: the values", "For one day, the prices", "LSTMs",
    "the one-to-one maps", "the maxima", "both of them", "the rows (the first three)", "the logits of each step",
]  # fmt: skip


@pytest.mark.parametrize("name", SINGULAR)
def test_one_thing_takes_a_singular_verb(name: str) -> None:
    assert (verb(name, "has"), verb(name, "is"), verb(name, "holds")) == ("has", "is", "holds")


@pytest.mark.parametrize("name", PLURAL)
def test_several_things_take_a_plural_verb(name: str) -> None:
    assert (verb(name, "has"), verb(name, "is"), verb(name, "holds")) == ("have", "are", "hold")


@given(
    st.sampled_from(["price", "row", "market", "loss", "bias", "box", "axis"]),
    st.sampled_from(
        ["", " of the days", " in euros", " that your answers gave", ", without those of the banks,"]
    ),
    st.sampled_from(["", "For all markets, ", "The days are right: "]),
    st.sampled_from(["", "the ", "the first ", "the padded "]),
)
def test_only_the_noun_decides(noun: str, after: str, before: str, article: str) -> None:
    many = {"loss": "losses", "bias": "biases", "box": "boxes", "axis": "axes"}.get(noun, f"{noun}s")
    assert not is_plural(f"{before}{article}{noun}{after}")
    assert is_plural(f"{before}{article}{many}{after}")


@given(st.from_regex(r"[a-z]+(_[a-z]+s|\[\d\]|\(x\)|\.[a-z]+s)", fullmatch=True))
def test_code_counts_as_one_thing(name: str) -> None:
    assert not is_plural(name) and not is_plural(f"{name} of the prices")


def test_every_sentence_about_several_says_are() -> None:
    """Also those about a single number, and about plain values."""
    one, two = torch.tensor([1.0]).double(), torch.tensor([2.0]).double()
    for look, said in [
        (lambda: close(one, two, "the prices", "D"), "the prices are 1; they should be 2."),
        (lambda: close(one, one + 1e-5, "the prices", "D"), "the prices are 1, which is off by 1e-05."),
        (lambda: close(one, torch.ones(2), "the prices", "D"), "the prices have shape (1,); expected (2,)"),
        (lambda: same([1], [2], "the counts"), "the counts are [1], which is not right."),
        (lambda: same([1], [2], "the count"), "the count is [1], which is not right."),
    ]:
        with pytest.raises(AssertionError) as failed:
            look()
        assert str(failed.value).startswith(said)
    call = Student({"answer": lambda: 3}).call("answer")
    with pytest.raises(Finding, match=r"the result is 3; it should be 4\."):
        is_number(call, int, 4)


def test_both_sides_take_the_same_article() -> None:
    class Entry(list):
        """A list of a student's own."""

    assert [with_article(what) for what in ("object", "list", "unit", "")] == [
        "an object",
        "a list",
        "a unit",
        "a ",
    ]
    assert describe(torch.tensor([1])) == "an int64 tensor of shape (1,)"
    assert describe(torch.tensor([True])) == "a bool tensor of shape (1,)"
    assert describe(Entry([1])).startswith("an Entry of 1") and kind(Entry([1])) == "an Entry with 1 entry"
