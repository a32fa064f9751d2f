"""Common exceptions, those of recurrent layers among them, are shown in full even after a reference was given: the policy lists their messages."""

from __future__ import annotations

import pytest

from gatelab.lab.spec import Lab
from gatelab.testkit.words import Words
from helpers.common_errors import MISTAKES, OWN, is_shown_where_a_reference_was_given

pytestmark = pytest.mark.usefixtures("kit_terms")


@pytest.mark.parametrize("about", MISTAKES)
def test_a_common_exception_is_shown_where_a_reference_was_given(lab: Lab, about: str) -> None:
    is_shown_where_a_reference_was_given(
        about, Words({3: OWN}, ["lstm_step", *lab.policy.names], lab.policy.messages)
    )
