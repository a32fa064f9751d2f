"""The public checks of what builds on earlier names: with the student's own versions where those are right."""

from __future__ import annotations

import pytest
from test_own_versions import OWN, edited

from gatelab.bank.fingerprints import namespace
from gatelab.lab import Lab


def names_with(lab: Lab, edits: dict[str, list[tuple[str, str]]]) -> dict:
    """The namespace of the references with these edits, by question."""
    names = namespace(lab)
    for id, some in edits.items():
        exec(compile(edited(lab.reference(id), *some), f"<{id}>", "exec"), names)
    return names


@pytest.mark.parametrize("what", OWN)
def test_what_an_own_version_has_more_is_there_when_it_is_checked(check, lab: Lab, what: str) -> None:
    names = names_with(lab, OWN[what])
    for question in OWN[what]:
        result = check(question, names)
        assert result.passed_all, repr(result)
