"""Common exceptions, those of recurrent layers among them, are shown in full even after a reference was given: the policy lists their messages."""

from __future__ import annotations

import pytest
from common_errors import MISTAKES, raised

from gatelab.handed_out.checking.plain import meaning
from gatelab.lab.spec import Lab
from gatelab.testkit.words import WITHHELD, Words

pytestmark = pytest.mark.usefixtures("kit_terms")

OWN = """
class Layer:
    def emb(self, tokens, *, lengths): ...

class Model(nn.Module):
    def forward(self, tokens, lengths):
        emb = self.emb(tokens)
        try:
            open("emb")
        except OSError:
            self.x = {"__setitem__": ...}
        raise ValueError(f"bad shape {emb.shape} at step {t}: {emb.dtype}")
"""


@pytest.mark.parametrize("about", MISTAKES)
def test_a_common_exception_is_shown_where_a_reference_was_given(lab: Lab, about: str) -> None:
    error = raised(MISTAKES[about])
    if not error:
        return  # this version of PyTorch allows it
    words = Words({3: OWN}, ["lstm_step", *lab.policy.names], lab.policy.messages)
    words.given = True
    shown = words.error(error)
    assert shown["message"] != WITHHELD, error["message"]
    assert meaning(shown["type"], shown["message"]) == meaning(error["type"], error["message"])
