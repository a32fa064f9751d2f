"""A sentence about a part of an answer is grammatical: its suite says whether the name is that of several things."""

from __future__ import annotations

import pytest
import torch

from gatelab.handed_out.checking.calling import Student
from gatelab.handed_out.checking.differ import Finding, describe, is_number
from gatelab.handed_out.checking.grammar import Several, pronoun, verb, with_article
from gatelab.testkit import close, kind, same


@pytest.mark.parametrize("name", ["the loss", "outputs", "the open and the close", ""])
def test_whoever_names_it_says_whether_it_is_several_things(name: str) -> None:
    assert [verb(name, one) for one in ("has", "is", "holds")] == ["has", "is", "holds"]
    assert [verb(Several(name), one) for one in ("has", "is", "holds")] == ["have", "are", "hold"]
    assert (pronoun(name), pronoun(Several(name))) == ("it", "they") and f"{Several(name)}" == name


def test_every_sentence_about_several_says_are() -> None:
    """Also those about a single number, and about plain values."""
    one, two = torch.tensor([1.0]).double(), torch.tensor([2.0]).double()
    for look, said in [
        (lambda: close(one, two, Several("the prices"), "D"), "the prices are 1; they should be 2."),
        (
            lambda: close(one, one + 1e-5, Several("the prices"), "D"),
            "the prices are 1, which is off by 1e-05.",
        ),
        (
            lambda: close(one, torch.ones(2), Several("the prices"), "D"),
            "the prices have shape (1,); expected (2,)",
        ),
        (lambda: same([1], [2], Several("the counts")), "the counts are [1], which is not right."),
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
