"""The exchange's inbound folder: whose is a submission whose student's ID, or whose lab, has a plus in its name?"""

from __future__ import annotations

import pytest

from gatelab.submission.platforms import arrivals

TIME = "2026-11-26 06:28:36 UTC"


@pytest.mark.parametrize("user", ["ada", "ada+rnn@example.org", "a+b+c", "rnn+"])
@pytest.mark.parametrize("lab", ["rnn", "rnn+lstm"])
@pytest.mark.parametrize("end", ["", "+x1"])
def test_the_id_is_everything_before_the_labs_name(user: str, lab: str, end: str) -> None:
    name = f"{user}+{lab}+{TIME}{end}"
    assert arrivals([name], lab)[name].key == user


@pytest.mark.parametrize(
    "name", [f"ada+other+{TIME}", f"+rnn+{TIME}", "ada+rnn+yesterday", f"ada+rnn2+{TIME}"]
)
def test_what_is_not_of_this_lab_is_nobodys(name: str) -> None:
    assert arrivals([name], "rnn") == {}
