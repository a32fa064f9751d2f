"""The public check of an answer that calls a wrong earlier one says where to look first, whatever goes wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from public_checks import first_message, names_with

from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab

LAB = Lab.in_repository(Path(__file__).resolve().parents[2], "lstm-gru")
FIRST = "q7 builds on last_valid, which is not right yet: look at q6 first."
HEAD = "import torch\n\n\ndef last_valid(outputs, lengths):\n    rows = torch.arange(len(outputs))\n"
WRONG = {chaff.id: chaff.source for chaff in load_bank(LAB).chaffs if chaff.question == "q6"} | {
    "returns nothing": HEAD + "    outputs[rows, lengths - 1]\n",
    "another shape": HEAD + "    return outputs[rows, lengths - 1][:, None]\n",
    "float32": HEAD + "    return outputs[rows, lengths - 1].float()\n",
    "squeezed": HEAD + "    return outputs[rows, lengths - 1].squeeze()\n",
    "no tensor": HEAD + "    return outputs[rows, lengths - 1].tolist()\n",
    "raises": HEAD + "    return outputs[rows, lengths]\n",
}
RIGHT = {
    "by index": HEAD + "    return outputs[rows, lengths - 1]\n",
    "by gather": "def last_valid(outputs, lengths):\n    at = (lengths - 1)[:, None, None].expand(-1, 1, outputs.shape[2])\n"
    "    return outputs.gather(1, at)[:, 0]\n",
    "one by one": "import torch\n\n\ndef last_valid(outputs, lengths):\n"
    "    return torch.stack([row[n - 1] for row, n in zip(outputs, lengths)])\n",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_q7_finds_with_a_wrong_last_valid_names_q6(check, wrong: str) -> None:
    result = check("q7", names_with(LAB, WRONG[wrong]))
    if result.score < 1:  # q7 does not see every mistake of q6
        assert FIRST in first_message(result)


def test_most_mistakes_of_last_valid_are_seen_by_q7(check) -> None:
    seen = [check("q7", names_with(LAB, code)).score < 1 for code in WRONG.values()]
    assert sum(seen) > len(seen) / 2


@pytest.mark.parametrize("right", RIGHT)
def test_a_wrong_classifier_with_a_right_last_valid_is_not_sent_to_q6(check, right: str) -> None:
    names = names_with(LAB, RIGHT[right])
    names["SequenceClassifier"].forward = lambda self, tokens, lengths: self.head(
        self.recurrent(self.embedding(tokens))[0][:, 0]
    )
    result = check("q7", names)
    assert result.score < 1 and "look at q6" not in first_message(result)
