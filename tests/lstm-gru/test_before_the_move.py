"""The move of the house (`dff197a1`) changed nothing that a student is told: points, diagnoses and messages are as before it, but for
what was changed on purpose since. Other tests hold today's records to what the graders do, and the feedback pages to the record of the
class; then_and_now.py compares the records."""

from __future__ import annotations

import pytest
from kit_lab import ROOT, kit_lab
from then_and_now import (
    BEFORE,
    CHANGED,
    Added,
    Drawn,
    Other,
    Reworded,
    Rule,
    Told,
    differences,
    in_bank,
    in_class,
    rules,
)

from gatelab.lab.bank import load_bank
from helpers import accepted_texts
from programs import bank_said

CLASS = ROOT / "tests" / "lstm-gru" / "sample" / "said.txt"
LIST = CHANGED.relative_to(ROOT)


@pytest.fixture(scope="module")
def then() -> Told:
    return in_class(BEFORE / "class.txt") | in_bank(accepted_texts.read(BEFORE / "bank.txt"), {})


@pytest.fixture(scope="module")
def now() -> Told:
    """Of the chaffs that were there then."""
    lab, chaffs = kit_lab(), accepted_texts.read(BEFORE / "bank.txt")
    names = {one.key: f"{one.misconception} Hint: {one.hint}" for one in load_bank(lab).chaffs}
    return in_class(CLASS) | in_bank(
        {key: text for key, text in bank_said.read(lab).items() if key in chaffs}, names
    )


@pytest.fixture(scope="module")
def listed(then: Told, now: Told) -> list[Rule]:
    """The rules of the list. Only a comparison of everything tells which of them are used."""
    notes = [place for place in then if place.endswith("/note")]
    return rules(
        {place.removesuffix("/note"): (then[place], now.get(place) or then[place]) for place in notes}
    )


def faults(then: Told, now: Told, listed: list[Rule]) -> list[str]:
    """A text for each difference that is not on the list: what was said, what is said, and what to do."""
    return [
        f"{place} is told otherwise than before the move. If this is an accident, put it right; if it is meant, add it to {LIST} with "
        f"its reason.\n  then: {was or '(nothing)'}\n  now:  {told or '(nothing)'}"
        for place, (was, told) in differences(then, now, listed).items()
    ]


@pytest.fixture(scope="module")
def compared(then: Told, now: Told, listed: list[Rule]) -> tuple[list[str], list[Rule]]:
    """The faults, and the rules that made no difference."""
    found = faults(then, now, listed)
    return found, [rule for rule in listed if not rule.used]


def test_everyone_is_told_what_they_were_told_before_the_move_but_for_what_was_meant(
    compared: tuple[list[str], list[Rule]],
) -> None:
    found, _ = compared
    assert not found, "\n\n".join(found)


def test_every_change_on_the_list_is_one(compared: tuple[list[str], list[Rule]]) -> None:
    _, idle = compared
    assert not idle, "\n".join(
        f"{rule} ({rule.why}): makes no difference; take it out of {LIST}" for rule in idle
    )


def test_every_change_on_the_list_has_a_reason(listed: list[Rule]) -> None:
    assert [str(rule) for rule in listed if not rule.why.strip()] == []


def test_the_records_of_then_are_whole() -> None:
    assert [len(accepted_texts.read(BEFORE / name)) for name in ("class.txt", "bank.txt")] == [29, 317]


@pytest.mark.parametrize(
    ("place", "was", "told"),
    [
        ("alan/points", "26 of 96", "28 of 96"),
        ("alan/q1/points", "6 of 10", "8 of 10"),
        ("q1/all-in-float32/points", "0 by the parts", "1 by the parts"),
        ("q1/all-in-float32/points", "by the parts", "by the parts, named nothing"),
        ("not-json/points", "Not graded", "0 of 96"),
        ("alan/q1/note", "Hint: PyTorch stacks", "Hint: PyTorch orders"),
        ("q1/bias-of-the-input-left-out/note", "b_ih is not added", "b_ih is missing"),
        ("q1/all-in-float32/new-cell-state", "expected torch.float64", "expected torch.float16"),
        ("q1/all-in-float32/arguments-left-alone", "counts once", "will count once"),
        ("alan/q1/input-gate", "15 numbers differ", "15 numbers differ, all at H = 0"),
    ],
)
def test_another_point_or_word_is_told_with_what_to_do(
    then: Told, now: Told, listed: list[Rule], place: str, was: str, told: str
) -> None:
    assert was in now[place]
    [found] = faults({place: then[place]}, {place: now[place].replace(was, told)}, listed)
    assert found.startswith(f"{place} is told otherwise") and told in found and f"add it to {LIST}" in found


@pytest.mark.parametrize("name", ["alan", "q1/all-in-float32", "q3/zeros-in-float32"])
def test_who_is_no_longer_told_anything_is_found(then: Told, listed: list[Rule], name: str) -> None:
    gone = {place: text for place, text in then.items() if place.startswith(f"{name}/")}
    assert f"{name}/points" in gone and f"{name}/note" in gone
    found = faults(gone, {}, listed)
    unwritten = 4 if name == "alan" else 0  # what q11 said of a stub is said no longer
    assert len(found) == len(gone) - unwritten and all("now:  (nothing)" in text for text in found)


def test_what_was_not_said_before_the_move_is_found(listed: list[Rule]) -> None:
    [found] = faults({}, {"ada/q1/input-gate": "Is this right?"}, listed)
    assert "then: (nothing)" in found


@pytest.mark.parametrize(
    "rule",
    [
        Drawn("", then=r"Cell \d"),
        Reworded("", "The cell", "A cell"),
        Added("", now="Yes."),
        Other("", now="a"),
    ],
    ids=lambda rule: str(rule),
)
def test_a_rule_that_makes_no_difference_is_found(rule: Rule) -> None:
    differences({"a/note": "Cell 1. Yes."}, {"a/note": "Cell 1. Yes."}, [rule])
    differences({"b/note": "Cell 1. Yes."}, {"b/note": "Cell 1. Yes. No."}, [rule])
    assert not rule.used
