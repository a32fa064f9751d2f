"""The exchange's inbound folder: the student is found even if the ID or the lab's name contains a plus."""

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
def test_a_folder_that_is_not_for_this_lab_has_no_owner(name: str) -> None:
    assert arrivals([name], "rnn") == {}
