"""A message about a mistyped word ends with the word that was meant."""

from __future__ import annotations

from gatelab.did_you_mean import did_you_mean


def test_a_message_ends_with_the_word_or_with_nothing() -> None:
    assert did_you_mean(" sofmax ", ["softmax", "relu"]) == " (did you mean softmax?)"
    assert did_you_mean("xyz", ["softmax", "relu"]) == ""
