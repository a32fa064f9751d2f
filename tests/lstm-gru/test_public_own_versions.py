"""The public checks of what builds on earlier names: with the student's own versions where those are right."""

from __future__ import annotations

import pytest
from own_versions import OWN, edited

from gatelab.audit.fingerprints import namespace
from gatelab.lab.spec import Lab


def names_with(lab: Lab, edits: dict[str, list[tuple[str, str]]]) -> dict:
    """The namespace of the references with these edits, by question."""
    names = namespace(lab)
    for id, some in edits.items():
        exec(compile(edited(lab.reference(id), *some), f"<{id}>", "exec"), names)
    return names


# What goes round the methods that CONTRACT.md names is graded by what it gives; the public check sees the methods alone.
ROUND = "a Seq2Seq whose step is another method's"
LENGTHS = OWN["an LSTM that takes lengths"]


@pytest.mark.parametrize("what", [what for what in OWN if what != ROUND])
def test_additions_of_an_own_version_are_available_in_the_check(check, lab: Lab, what: str) -> None:
    names = names_with(lab, OWN[what])
    for question in OWN[what]:
        result = check(question, names)
        assert result.passed_all, repr(result)


def test_a_wrong_own_version_is_replaced_by_a_stand_in(check, lab: Lab) -> None:
    plain = [("            outputs.append(h)\n        return torch.stack(outputs, dim=1), (h, c)\n", "            outputs.append(h * 0.9)\n        return torch.stack(outputs, dim=1), (h, c)\n")]  # fmt: skip
    names = names_with(lab, {"q3": plain})
    own = names["LSTM"]
    assert not check("q3", names).passed_all
    assert check("q8", names).passed_all and names["LSTM"] is own


def test_what_a_stand_in_lacks_is_reported_with_the_reason_for_the_stand_in(check, lab: Lab) -> None:
    names = names_with(lab, LENGTHS | {"q3": [*LENGTHS["q3"][:-1], (LENGTHS["q3"][-1][0], LENGTHS["q3"][-1][1].replace("outputs.append(h)", "outputs.append(h * 0.9)"))]})  # fmt: skip
    shown = repr(check("q8", names))
    assert "unexpected keyword argument 'lengths'" in shown
    assert "A stand-in replaced your `LSTM` here, because yours is not right yet" in shown


def test_a_mistake_with_the_students_own_version_is_reported_and_not_what_the_stand_in_lacks(
    check, lab: Lab, bank
) -> None:
    chaff = next(chaff for chaff in bank.chaffs_of("q8") if chaff.id == "decoder-state-not-carried")
    names = names_with(lab, LENGTHS | {"q8": [*LENGTHS["q8"], *chaff.edits]})
    shown = repr(check("q8", names))
    assert chaff.misconception in shown and "unexpected keyword" not in shown


def test_a_check_calls_once_if_nothing_is_wrong(check, lab: Lab) -> None:
    names = names_with(lab, {})
    calls: list[str] = []
    own = names["Seq2Seq"]
    names["Seq2Seq"] = lambda *sizes: calls.append("made") or own(*sizes)
    assert check("q8", names).passed_all
    assert len(calls) == 2  # the model with given weights, and the one that shows what it reads
