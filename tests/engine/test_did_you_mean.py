"""A message about a mistyped word ends with the word that was meant."""

from __future__ import annotations

from gatelab.did_you_mean import meant


def test_a_message_ends_with_the_word_or_with_nothing() -> None:
    assert meant(" sofmax ", ["softmax", "relu"]) == " (did you mean softmax?)"
    assert meant("xyz", ["softmax", "relu"]) == ""
